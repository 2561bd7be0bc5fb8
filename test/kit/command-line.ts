import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { tempFolder } from '../temp-folder.js';
import { ADMIN_KEY, type Hub, type Owner } from './hub.js';
import { loadCommandLine } from './product.js';
import { bin, recorded } from './program.js';
import { wait } from './wait.js';

export interface CommandLineOptions {
  /** The typed or piped input; it ends there. Absent: nothing comes, and nothing ends. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A person at a terminal; default: a program behind pipes. */
  readonly isTerminal?: boolean;
  /** The user's home folder; default: a new one. */
  readonly home?: string;
}

/** A stream that a command writes to. */
class Written extends PassThrough {
  /** All that was written. */
  text = '';

  constructor(readonly isTTY: boolean) {
    super();
    this.on('data', (chunk) => {
      this.text += chunk;
    });
  }
}

/** A `roundhouse` command that runs inside the test's process. */
export class RunningCommand {
  readonly #stdin: PassThrough;
  readonly #stdout: Written;
  readonly #stderr: Written;
  readonly #interrupts = new Set<() => void>();
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;

  constructor(args: readonly string[], { input, env = {}, isTerminal = false, home = '/nowhere' }: CommandLineOptions) {
    this.#stdin = Object.assign(new PassThrough(), { isTTY: isTerminal });
    this.#stdout = new Written(isTerminal);
    this.#stderr = new Written(isTerminal);
    if (input !== undefined) this.#stdin.end(input);
    recorded.push({ args, isTerminal });
    const onInterrupt = (listener: () => void) => {
      this.#interrupts.add(listener);
      return () => this.#interrupts.delete(listener);
    };
    this.ended = loadCommandLine().run(args, {
      stdin: this.#stdin,
      stdout: this.#stdout,
      stderr: this.#stderr,
      env,
      home,
      onInterrupt,
    });
  }

  /** Standard output so far. */
  get stdout(): string {
    return this.#stdout.text;
  }

  /** Standard error so far. */
  get stderr(): string {
    return this.#stderr.text;
  }

  /** Waits until the command has written a text to one of both. */
  written(text: string): Promise<boolean> {
    return wait(
      () => `the command writes '${text}'; it wrote ${this.stdout}${this.stderr}`,
      () => (this.stdout + this.stderr).includes(text),
    );
  }

  /** Types a line. */
  type(line: string): void {
    this.#stdin.write(`${line}\n`);
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const listener of this.#interrupts) listener();
  }

  /** The reader of standard output goes away, as `head` does. */
  closeOutput(): void {
    this.#stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  }
}

/** The command line of a user who has a key for a hub. */
export class CommandLine {
  constructor(
    private readonly options: CommandLineOptions,
    /** The user's home folder. */
    readonly home: string,
  ) {}

  /** Starts a command. It is interrupted at the end of the test. */
  start(t: Pick<Owner, 'teardown'>, args: readonly string[], more: CommandLineOptions = {}): RunningCommand {
    const env = { ...this.options.env, ...more.env };
    const command = new RunningCommand(args, { ...this.options, home: this.home, ...more, env });
    t.teardown(() => command.interrupt());
    return command;
  }

  /** Runs a command to its end. `raw` is standard output with its colours. */
  async run(args: readonly string[], more: CommandLineOptions = {}) {
    const env = { ...this.options.env, ...more.env };
    const command = new RunningCommand(args, { input: '', ...this.options, home: this.home, ...more, env });
    const code = await command.ended;
    const { stdout: raw, stderr } = command;
    return { code, raw, stdout: stripVTControlCharacters(raw), stderr: stripVTControlCharacters(stderr) };
  }

  /** Runs a command to its end, as a process of its own whose processor time `npm run bench -- cli` collects in a file. */
  async measured(
    file: string,
    args: readonly string[],
    input: string,
  ): Promise<Awaited<ReturnType<CommandLine['run']>>> {
    recorded.push({ args, isTerminal: false });
    const { ROUNDHOUSE_PARENT: _, ...inherited } = process.env;
    const env = { ...inherited, ...this.options.env, HOME: this.home };
    const script = `TIMEFORMAT='%3U %3S %3R'; exec 3>&2; { time "$@" 2>&3; } 2>> "$0"`;
    const child = spawn('bash', ['-c', script, file, process.execPath, bin, ...args], { env });
    child.stdin.end(input);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, raw: stdout, stdout, stderr };
  }

  /** The result of a command that succeeds, as a program reads it. */
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  async json(...args: readonly string[]): Promise<any> {
    const at = args.indexOf('--');
    const words = at < 0 ? [...args, '--json'] : [...args.slice(0, at), '--json', ...args.slice(at)];
    const { code, stdout, stderr } = await this.run(words);
    if (code !== 0) throw new Error(`roundhouse ${words.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }
}

/** A command line for a hub, with the admin's key in its environment. */
export function commandLine(t: Owner, hub: Pick<Hub, 'url'>, options: CommandLineOptions = {}): CommandLine {
  const env = { ROUNDHOUSE_URL: hub.url, ROUNDHOUSE_API_KEY: ADMIN_KEY, ...options.env };
  return new CommandLine({ ...options, env }, options.home ?? tempFolder(t));
}
