import type { TerminalTicket } from '@roundhouse/sdk';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Form } from '../forms.js';

/** Loaded with the first terminal, because it is larger than the rest of the page. */
const TerminalScreen = lazy(() => import('./terminal.js'));

/** A form that opens a terminal, and the terminal. */
export function Terminals(props: {
  /** The name of the place of the terminal, for the form. */
  readonly subject: string;
  ticket(command: string[], options: { readonly signal: AbortSignal }): Promise<TerminalTicket>;
  /** More fields. */
  readonly children?: ReactNode;
}) {
  const { subject } = props;
  const [program, setProgram] = useState('/bin/sh');
  const [opened, setOpened] = useState<string[]>();
  const [ended, setEnded] = useState('');
  if (opened)
    return (
      <>
        <button type="button" onClick={() => setOpened(undefined)}>
          Close the terminal
        </button>
        <Suspense fallback={<p>Loading …</p>}>
          <TerminalScreen
            subject={subject}
            ticket={(signal) => props.ticket(opened, { signal })}
            onEnd={(reason) => {
              setEnded(reason);
              setOpened(undefined);
            }}
          />
        </Suspense>
      </>
    );
  return (
    <Form
      label={`Open a terminal in ${subject}`}
      action="Open a terminal"
      isPending={false}
      error={null}
      onSubmit={() => setOpened(program.trim().split(/\s+/))}
    >
      <p className="muted">The audit log tells who opens a terminal, where, and for how long.</p>
      {ended !== '' && <p role="status">{ended}</p>}
      {props.children}
      <label>
        Program
        <input
          value={program}
          onChange={(event) => setProgram(event.target.value)}
          required
          maxLength={4096}
          autoComplete="off"
          spellCheck={false}
        />
      </label>
    </Form>
  );
}
