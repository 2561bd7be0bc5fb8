import type { Client } from 'ssh2';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import { deviceFailure, reasonOf } from '../failure.js';
import { asksForNewPassword, passwordChange } from './credentials.js';
import type { Dialect, Mode } from './dialect.js';
import type { Reading, ReadRules } from './reader.js';
import { screenText } from './screen.js';
import { Shell } from './shell.js';

/** Judges a line before it is typed, in the mode in which the device would get it. @throws AgentFailure where the site's policy forbids it */
export type LineJudge = (line: string, mode: Mode) => void;

/** The result of one command. */
export interface Ran {
  /** Without echo and prompt; `\n` as line end. */
  readonly output: string;
  /** The device's error line, if the output has one of the platform's errors. */
  readonly error?: string;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly signal: Cancellation;
  /** The answers to the device's questions, in order; an empty answer is the Enter key. */
  readonly answers?: readonly string[];
  readonly maxBytes?: number;
  /** The text has several lines, so the echo differs from it. */
  readonly noEcho?: boolean;
  /** The command changes nothing and asks no questions: the reader can tell a prompt inside its output from the prompt at its end. */
  readonly shows?: boolean;
  /** The output is like the last output of the same command. If that contained no prompt, the reader does not look for one. */
  readonly repeats?: boolean;
  /** The command that certainly follows, with `repeats`. It is sent as soon as this command has ended. */
  readonly next?: string;
  readonly judge?: LineJudge;
}

/** Judges a command by its first line: the lines below are the configuration that was given, and were judged as such. */
export function judgeFirstLine({ judge }: RunOptions, command: string, mode: Mode): void {
  judge?.(command.split('\n', 1)[0] ?? '', mode);
}

export interface SessionOptions {
  readonly enablePassword: string;
  readonly timeoutMs: number;
  readonly signal: Cancellation;
}

/** The most output of one command, bytes. */
const maxOutputBytes = 32 * 1024 * 1024;
/** How long a device may be silent during a command, milliseconds. */
const silenceMs = 120_000;
const interruptMs = 3_000;
const maxPlain = 1_000;
/** How much of a line is matched against the error patterns, characters. */
const mostOfError = 4096;

/** One exchange with a device. */
interface Asking {
  readonly echo: string;
  /** See `ReadRules`. */
  readonly twice: boolean;
  readonly trusted: boolean;
  readonly answer: () => string | undefined;
  readonly next?: string;
  /** Default: the platform's questions. */
  readonly questions?: readonly RegExp[];
}

/** Joins patterns with the same flags into one. */
function joined(patterns: readonly RegExp[]): RegExp[] {
  const flags = [...new Set(patterns.map((pattern) => pattern.flags))];
  return flags.map((same) => {
    const sources = patterns.filter((pattern) => pattern.flags === same).map(({ source }) => `(?:${source})`);
    return new RegExp(sources.join('|'), same);
  });
}

/** A device's command line with a known prompt. It runs one command at a time. */
export class Session {
  readonly #shell: Shell;
  readonly #dialect: Dialect;
  #prompt: string;
  #pattern: RegExp;
  /** Whether the device takes a blank line that comes while a command runs. */
  #typesAhead = true;
  /** The platform's errors in as few patterns as possible: every line of every output is matched against them. */
  readonly #errors: readonly RegExp[];
  readonly #isPrompt = (line: string): boolean => this.#pattern.test(line);
  readonly #isPromptLine = (line: string): boolean => this.#dialect.promptLines?.test(line) ?? false;
  /** The next command, which was sent already. */
  #ahead: string | undefined;
  /** Commands whose last output contained no prompt. */
  readonly #plain = new Set<string>();

  private constructor(shell: Shell, dialect: Dialect, prompt: string) {
    this.#shell = shell;
    this.#dialect = dialect;
    this.#prompt = prompt;
    this.#pattern = dialect.promptOf(dialect.base(prompt));
    this.#errors = joined(dialect.errors);
  }

  /**
   * Opens the command line, learns its prompt, gets the rights that the password gives, and switches paging off.
   * @throws AgentFailure `no_prompt`, `password_change_required`, `enable_failed`, `connection_lost`.
   */
  static async open(client: Client, dialect: Dialect, options: SessionOptions): Promise<Session> {
    const until = performance.now() + options.timeoutMs;
    const left = (): number => Math.max(1, until - performance.now());
    const shell = await Shell.open(client, left());
    try {
      const prompt = await learnPrompt(shell, dialect, { timeoutMs: left(), signal: options.signal });
      const session = new Session(shell, dialect, prompt);
      if (session.mode === 'user') await session.#enable(options.enablePassword, { ...options, timeoutMs: left() });
      for (const command of dialect.setup) await session.run(command, { ...options, timeoutMs: left() });
      return session;
    } catch (error) {
      shell.close();
      throw error;
    }
  }

  get mode(): Mode {
    return this.#dialect.mode(this.#prompt);
  }

  /** The present prompt. */
  get prompt(): string {
    return this.#prompt;
  }

  get isOpen(): boolean {
    return this.#shell.isOpen;
  }

  /**
   * Runs one command to its end. A cancelled command is interrupted; if the device ignores that, the session is closed.
   * @throws AgentFailure `policy`, `no_answer`, `output_too_large`, `connection_lost`; the signal's reason.
   */
  async run(command: string, options: RunOptions): Promise<Ran> {
    judgeFirstLine(options, command, this.mode);
    const { answers = [], next } = options;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined && ahead !== command) throw this.#outOfStep();
    let answered = 0;
    const trusted = options.repeats === true && this.#plain.has(command);
    // A device that asks something would take a line that is typed ahead for its answer.
    const twice = options.shows === true && answers.length === 0 && this.#typesAhead && !trusted;
    const text = ahead !== undefined ? '' : twice ? `${command}\n\n` : `${command}\n`;
    const following = next !== undefined && this.#plain.has(next) ? `${next}\n` : undefined;
    const asking = {
      echo: options.noEcho ? '' : command,
      twice,
      trusted,
      answer: () => answers[answered++],
      next: following,
    };
    const reading = await this.#ask(text, options, asking);
    if (following !== undefined && reading.unanswered === undefined) this.#ahead = next;
    // The agent learns this once, and then waits no longer. A pager reads typed-ahead input itself.
    if (twice && (reading.ends === 1 || reading.paged)) this.#typesAhead = false;
    const ran = this.#ran(reading);
    if (twice && reading.ends === 2 && ran.error === undefined) this.#learn(command, ran.output);
    return ran;
  }

  #learn(command: string, output: string): void {
    if (this.#plain.size >= maxPlain || output.split('\n').some((line) => this.#pattern.test(line))) return;
    this.#plain.add(command);
  }

  /** Enters configuration mode. @throws AgentFailure `rejected` if the device does not allow it. */
  async enterConfig(command: string, options: RunOptions): Promise<Ran> {
    const ran = await this.run(command, options);
    if (this.mode === 'config') return ran;
    const why = ran.error ?? (ran.output.trim().split('\n').at(-1) || 'the device does not say why');
    throw deviceFailure('upstream', 'rejected', `the device cannot be configured now: ${why}`, {
      errors: [{ line: command, error: why }],
    });
  }

  /** Leaves configuration mode, and all open blocks. */
  async leaveConfig(options: RunOptions): Promise<void> {
    for (let tries = 0; this.mode === 'config' && tries < 3; tries++) {
      await this.run(this.#dialect.config.leave, { ...options, answers: ['yes', 'yes'] });
    }
  }

  close(): void {
    this.#shell.close();
  }

  async #enable(password: string, options: SessionOptions): Promise<void> {
    const { enable } = this.#dialect;
    if (enable === undefined || password === '') return;
    let asked = 0;
    // If the device asks a second time, the first answer was wrong: the agent sends no more.
    const answer = (): string | undefined => (asked++ === 0 ? password : undefined);
    const asking = { echo: enable.command, twice: false, trusted: false, answer, questions: [enable.password] };
    await this.#ask(`${enable.command}\n`, options, asking);
    if (this.mode !== 'privileged') {
      throw deviceFailure('disconnected', 'enable_failed', 'the device does not accept the enable password');
    }
  }

  async #ask(text: string, options: RunOptions, { echo, twice, trusted, ...asking }: Asking): Promise<Reading> {
    const reply = (): string | undefined => {
      const given = asking.answer();
      return given === undefined ? undefined : `${given}\n`;
    };
    const rules: ReadRules = {
      echo,
      isEnd: this.#isPrompt,
      twice: twice ? this.#isPromptLine : undefined,
      trusted,
      next: asking.next,
      anyPrompt: this.#dialect.anyPrompt,
      pager: this.#dialect.pager,
      question: { patterns: asking.questions ?? this.#dialect.questions, answer: reply },
      maxBytes: options.maxBytes ?? maxOutputBytes,
      timeoutMs: options.timeoutMs,
      silenceMs: Math.min(silenceMs, options.timeoutMs),
      signal: options.signal,
    };
    try {
      const reading = await this.#shell.ask(text, rules);
      this.#arrived(reading.end);
      return reading;
    } catch (error) {
      await this.#interrupt();
      throw error;
    }
  }

  /** Interrupts the running command, so that the next command finds a prompt. If that fails, the session is closed. */
  async #interrupt(): Promise<void> {
    if (!this.#shell.isOpen) return;
    const rules: ReadRules = {
      echo: '',
      isEnd: this.#isPrompt,
      maxBytes: maxOutputBytes,
      timeoutMs: interruptMs,
      silenceMs: interruptMs,
      signal: new AbortController().signal,
    };
    try {
      const { end } = await this.#shell.ask(this.#dialect.interrupt, rules);
      this.#arrived(end);
    } catch (error) {
      this.#shell.close();
      if (!(error instanceof AgentFailure)) throw error;
    }
  }

  #outOfStep(): AgentFailure {
    this.#shell.close();
    return deviceFailure('disconnected', 'connection_lost', 'a command was sent that no caller waits for');
  }

  #arrived(prompt: string): void {
    this.#prompt = prompt;
    // The command has changed the device's name.
    if (!this.#pattern.test(prompt)) this.#pattern = this.#dialect.promptOf(this.#dialect.base(prompt));
  }

  #ran(reading: Reading): Ran {
    let made: Ran | undefined;
    const ran = (): Ran => {
      made ??= this.#made(reading);
      return made;
    };
    // Read on demand, so that the next command need not wait for it.
    return {
      get output() {
        return ran().output;
      },
      get error() {
        return ran().error;
      },
    };
  }

  #made({ raw, end, unanswered, ends }: Reading): Ran {
    const lines = screenText(raw).split('\n');
    for (let times: number = ends; times > 0; times--) {
      const at = lines.findLastIndex((line) => line.trimEnd() === end.trimEnd());
      lines.length = at < 0 ? Math.max(0, lines.length - 1) : at;
    }
    const { promptLines } = this.#dialect;
    // The lines that belong to the prompt, and the blank lines around it.
    while (
      promptLines &&
      lines.length > 0 &&
      (/^\s*$/.test(lines.at(-1) ?? '') || promptLines.test(lines.at(-1) ?? ''))
    ) {
      lines.pop();
    }
    const output = lines.join('\n');
    if (unanswered !== undefined) return { output, error: `the device asks: ${unanswered.trim()}` };
    const isError = (line: string) => this.#errors.some((pattern) => pattern.test(line.slice(0, mostOfError)));
    const error = lines.find(isError);
    return error === undefined ? { output } : { output, error: error.trim() };
  }
}

/** A command line that is ready, with the limits for work on it. */
export interface Work {
  readonly session: Session;
  /** The SSH connection, for uploads. */
  readonly client: Client;
  readonly options: RunOptions;
}

/** The longest greeting of a device, bytes. */
const maxGreeting = 1024 * 1024;
/** How long the agent waits for a prompt before it sends a line end, milliseconds: some devices wait for the Enter key. */
const nudgeMs = 2_000;
const pressAnyKey = /press (?:any key|return|enter)[^\n]*$/i;

/**
 * Learns a session's prompt. A line that looks like a prompt may be part of a banner. It counts if the device repeats it after a line end.
 * @throws AgentFailure `no_prompt`, `password_change_required`, `connection_lost`.
 */
async function learnPrompt(
  shell: Shell,
  dialect: Dialect,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: Cancellation },
): Promise<string> {
  const until = performance.now() + timeoutMs;
  let seen = '';
  let candidate: string | undefined;
  let nudge = '';
  for (;;) {
    const left = until - performance.now();
    if (left <= 0) throw deviceFailure('disconnected', 'no_prompt', 'the device shows no prompt that is known here');
    const line = await next(shell, dialect, { nudge, timeoutMs: left, signal });
    if (line !== undefined && asksForNewPassword(line)) throw passwordChange();
    if (line !== undefined && line === candidate) {
      if (dialect.mode(line) !== 'shell' || dialect.startCommandLine === undefined || seen === line) return line;
      seen = line;
      candidate = undefined;
      nudge = `${dialect.startCommandLine}\n`;
      continue;
    }
    candidate = line !== undefined && dialect.anyPrompt.test(line) ? line : undefined;
    nudge = '\n';
  }
}

/** The line at which the device stops; `undefined` if it does not stop at a prompt. */
async function next(
  shell: Shell,
  dialect: Dialect,
  { nudge, timeoutMs, signal }: { nudge: string; timeoutMs: number; signal: Cancellation },
): Promise<string | undefined> {
  const stops = (line: string): boolean =>
    dialect.anyPrompt.test(line) || asksForNewPassword(line) || pressAnyKey.test(line);
  const limit = Math.min(nudgeMs, timeoutMs);
  const rules: ReadRules = {
    echo: '',
    isEnd: stops,
    pager: dialect.pager,
    maxBytes: maxGreeting,
    timeoutMs: Math.min(timeoutMs, 5 * nudgeMs),
    silenceMs: limit,
    signal,
  };
  try {
    return (await shell.ask(nudge, rules)).end;
  } catch (error) {
    if (error instanceof AgentFailure && reasonOf(error) === 'no_answer') return undefined;
    throw error;
  }
}
