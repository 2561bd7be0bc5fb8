import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { countProgram } from '../runner/programs.mjs';
import { Running } from './running.js';

/** The program that users run. */
export const bin = fileURLToPath(new URL('../../agent/bin/roundhouse.mjs', import.meta.url));

/** The environment of a program, without settings of the product from outside. */
function environment(more: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ROUNDHOUSE_'));
  return { ...Object.fromEntries(inherited), ...more };
}

/** A hub or an agent, run as a user runs it; it ends with the test. */
export class Program extends Running {
  readonly #child: ChildProcess;
  output = '';

  /** `through`: a command that runs it, such as `ip netns exec NAME`. */
  constructor(
    t: Pick<Test, 'teardown'>,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    through: readonly string[] = [],
  ) {
    super();
    countProgram(args[0]);
    const [program = process.execPath, ...words] = [...through, process.execPath, bin, ...args];
    this.#child = spawn(program, words, {
      // The program ends with its standard input: a test that is killed leaves no process behind.
      env: environment({ ROUNDHOUSE_PARENT: 'stdin', ...env }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.once('exit', () => this.over());
    this.#child.stdout?.on('data', (chunk) => {
      this.output += chunk;
    });
    if (this.#child.stderr) createInterface(this.#child.stderr).on('line', (line) => this.take(line));
    t.teardown(() => this.stop());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.exited();
  }
}

/** The `roundhouse` commands that this process has run. */
export const recorded: { readonly args: readonly string[]; readonly isTerminal: boolean }[] = [];

/** Runs a `roundhouse` command to its end. */
export async function roundhouse(
  t: Pick<Test, 'teardown'>,
  args: readonly string[],
  { input = '', env = {} as Record<string, string> } = {},
) {
  recorded.push({ args, isTerminal: false });
  const child = spawn(process.execPath, [bin, ...args], { env: environment(env) });
  t.teardown(() => child.kill('SIGKILL'));
  child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
