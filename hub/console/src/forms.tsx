import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Failure } from './ui.js';

/** The parts of a page as links, so that each has an address. */
export function Parts(props: {
  readonly label: string;
  readonly current: string;
  readonly parts: readonly { readonly href: string; readonly title: string }[];
}) {
  return (
    <nav aria-label={props.label} className="tabs">
      {props.parts.map(({ href, title }) => (
        <Link key={href} href={href} className="part" aria-current={href === props.current ? 'page' : undefined}>
          {title}
        </Link>
      ))}
    </nav>
  );
}

/** An action that makes queries stale, given by the first part of their keys. */
export function useAct<Input>(act: (input: Input) => Promise<unknown>, ...stale: readonly string[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: () => Promise.all(stale.map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

/** A button for an action that cannot be undone. It asks for a confirmation. */
export function Confirm(props: {
  readonly action: string;
  readonly subject: string;
  readonly isPending: boolean;
  onConfirm(): void;
}) {
  const [asks, setAsks] = useState(false);
  const { action, subject } = props;
  if (!asks)
    return (
      <button
        type="button"
        disabled={props.isPending}
        aria-label={`${action} ${subject}`}
        onClick={() => setAsks(true)}
      >
        {action}
      </button>
    );
  return (
    <fieldset className="confirm">
      <legend>
        {action} {subject}?
      </legend>
      <button
        type="button"
        className="primary"
        // biome-ignore lint/a11y/noAutofocus: the question takes the place of the button that had the focus
        autoFocus
        onClick={() => {
          setAsks(false);
          props.onConfirm();
        }}
      >
        {action}
      </button>{' '}
      <button type="button" onClick={() => setAsks(false)}>
        Keep
      </button>
    </fieldset>
  );
}

/** A button that copies a text, and confirms it. */
export function CopyButton({ text, className = '' }: { readonly text: string; readonly className?: string }) {
  const [copied, setCopied] = useState<{ readonly text: string; readonly note: string }>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied({ text, note: 'Copied.' });
    } catch {
      setCopied({ text, note: 'The browser does not let the page copy. Select the text instead.' });
    }
  };
  return (
    <>
      <button type="button" className={className} onClick={() => void copy()}>
        Copy
      </button>
      <output>{copied?.text === text && copied.note}</output>
    </>
  );
}

/** A text that the hub shows once, with a button that copies it. */
export function Once({ title, text, onClose }: { readonly title: string; readonly text: string; onClose(): void }) {
  return (
    <section className="steps" aria-label={title}>
      <h2>{title}</h2>
      <p>It is shown only now.</p>
      <pre className="secret">{text}</pre>
      <div className="actions">
        <CopyButton className="primary" text={text} />
        <button type="button" onClick={onClose}>
          I have it
        </button>
      </div>
    </section>
  );
}

/** A form in a frame, with its failure and its button. */
export function Form(props: {
  readonly label: string;
  readonly action: string;
  readonly isPending: boolean;
  readonly error: unknown;
  onSubmit(fields: FormData, form: HTMLFormElement): void;
  readonly children: ReactNode;
}) {
  return (
    <form
      aria-label={props.label}
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit(new FormData(event.currentTarget), event.currentTarget);
      }}
    >
      <fieldset className="form">
        <legend>{props.label}</legend>
        {props.children}
        {Boolean(props.error) && <Failure error={props.error} />}
        <div className="actions">
          <button type="submit" className="primary" disabled={props.isPending}>
            {props.action}
          </button>
        </div>
      </fieldset>
    </form>
  );
}

/** Lets the browser save data of the page as a file. */
export function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
