import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program from `fixtures/` in a separate process, and its lines of standard output. */
export function startChild(
  t: { teardown(end: () => unknown): void },
  name: string,
  args: readonly string[],
  shell?: string,
): {
  child: ChildProcess;
  lines: AsyncIterable<string>;
  exited: Promise<[number | null, NodeJS.Signals | null]>;
  /** The standard error so far. */
  errors: () => string;
} {
  const file = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const command = [process.execPath, ...process.execArgv, file, ...args];
  const [program = '', ...rest] = shell ? ['sh', '-c', `${shell}; exec "$@"`, 'sh', ...command] : command;
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  // By then its output has been read to the end, too.
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  t.teardown(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    return exited;
  });
  return { child, lines: createInterface({ input: child.stdout }), exited, errors: () => errors };
}
