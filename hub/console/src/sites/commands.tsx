import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Form, useAct } from '../forms.js';
import { number, Output, Status } from '../ui.js';

/** How many results of commands the page shows. */
const MOST_RESULTS = 10;

interface Ran {
  /** Its name, if there may be several. */
  readonly container?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit_code: number;
  readonly truncated: boolean;
  readonly duration_ms: number;
}

/** A form that runs a command in a container, and the last results. Leaving the page ends the command. */
export function Commands(props: {
  /** The name of the place where the command runs, for the form. */
  readonly subject: string;
  run(command: string[], options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<Ran>;
  /** More fields. */
  readonly children?: ReactNode;
}) {
  const [results, setResults] = useState<readonly (Ran & { readonly key: number; readonly command: string })[]>([]);
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);
  const run = useAct(async ({ command, shell }: { readonly command: string; readonly shell: boolean }) => {
    const controller = new AbortController();
    running.current = controller;
    const words = shell ? ['sh', '-c', command] : command.trim().split(/\s+/);
    const result = await props.run(words, { signal: controller.signal, timeoutMs: 0 });
    setResults((before) => [{ ...result, command, key: (before[0]?.key ?? 0) + 1 }, ...before].slice(0, MOST_RESULTS));
  });
  return (
    <>
      <Form
        label={`Run a command in ${props.subject}`}
        action="Run"
        isPending={run.isPending}
        error={run.error}
        onSubmit={(fields) => run.mutate({ command: String(fields.get('command')), shell: fields.has('shell') })}
      >
        <p className="muted">
          The command runs once, without input, for a minute at most. Its output comes when it is over.
        </p>
        {props.children}
        <label>
          Command
          <input name="command" required maxLength={4096} autoComplete="off" spellCheck={false} />
        </label>
        <label>
          <input type="checkbox" name="shell" defaultChecked /> The container's shell reads it. Otherwise each word is
          passed on as it is.
        </label>
        {run.isPending && (
          <p>
            <output>The command runs …</output>{' '}
            <button type="button" onClick={() => running.current?.abort(new Error('You ended the command.'))}>
              End it
            </button>
          </p>
        )}
      </Form>
      {results.map(({ key, command, stdout, stderr, exit_code, truncated, duration_ms, container }) => (
        <section key={key} aria-label={`Result of ${command}`}>
          <h2>
            <Status state={exit_code === 0 ? 'completed' : 'failed'} /> {command}{' '}
            <small className="muted">
              exit code {exit_code}
              {container ? ` · ${container}` : ''} · {number(duration_ms)} ms
            </small>
          </h2>
          {truncated && <p className="failure">Only the first MiB of the output is here.</p>}
          {stdout !== '' && <Output label={`Output of ${command}`} text={stdout} />}
          {stderr !== '' && <Output label={`Errors of ${command}`} text={stderr} />}
          {stdout === '' && stderr === '' && <p>The command has written nothing.</p>}
        </section>
      ))}
    </>
  );
}
