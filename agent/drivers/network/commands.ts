import { tooManyValues } from '@roundhouse/proto/work';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import type { Connection } from './connection.js';
import { type CommandClass, isShow, typedForm } from './platforms/classify.js';
import { mostJsonValues, type Platform } from './platforms/platform.js';
import type { Ran, RunOptions } from './ssh/session.js';

/** One command to be run. */
export interface Command {
  readonly text: string;
  /** 0: the limit of the device's registration. */
  readonly timeoutMs: number;
  readonly structured: boolean;
  /** Answers to questions. A command with answers is a change: the device may take an answer for a command. */
  readonly answers: readonly string[];
}

/** A command, and whether it changes the device. */
type Judged = Command & { readonly class: CommandClass };

/** The result of a command, as the contract's `RunCommands` has it. */
export interface CommandResult {
  readonly command: string;
  readonly output: string;
  readonly success: boolean;
  readonly error?: string;
  readonly class: CommandClass;
  readonly structured?: unknown;
  readonly startedAt: number;
  readonly durationMs: number;
}

const maxCommands = 1000;
const maxBytes = 4096;

/** @throws AgentFailure `invalid_argument` naming the field. */
export function checkCommands(commands: readonly Command[]): void {
  const wrong = (field: string, problem: string): never => {
    throw new AgentFailure('invalid_argument', `${field}: ${problem}`, { field });
  };
  if (commands.length === 0) wrong('commands', 'expected at least one');
  if (commands.length > maxCommands) wrong('commands', `expected at most ${maxCommands}`);
  commands.forEach(({ text, answers }, at) => {
    const field = `commands[${at}]`;
    if (text.trim() === '') wrong(field, 'is empty');
    if (Buffer.byteLength(text) > maxBytes) wrong(field, `is longer than ${maxBytes} bytes`);
    if (/\p{Cc}/u.test(text)) wrong(field, 'expected one line without control characters');
    if (text.includes('?')) wrong(field, "holds a '?', which asks devices for help while a line is typed");
    if (answers.some((answer) => /\p{Cc}/u.test(answer)))
      wrong(`${field}.answers`, 'expected lines without control characters');
  });
}

/** How commands are run. */
interface RunLimits {
  readonly commandMs: number;
  readonly stopOnError: boolean;
  readonly signal: Cancellation;
  /** Called with the number of finished commands. */
  readonly onDone?: ((count: number) => void) | undefined;
}

/**
 * Runs commands one after the other.
 * @throws AgentFailure `no_answer`, `output_too_large`, `connection_lost`, the signal's reason; each with the `results` of the earlier commands.
 */
export async function runCommands(
  connection: Connection,
  platform: Platform,
  commands: readonly Judged[],
  { commandMs, stopOnError, signal, onDone }: RunLimits,
): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  let made: (() => CommandResult) | undefined;
  try {
    for (const [at, command] of commands.entries()) {
      const { timeoutMs, answers } = command;
      const following = stopOnError ? undefined : commands[at + 1];
      const next =
        following !== undefined && isPlain(command) && isPlain(following) ? typedForm(following.text) : undefined;
      const limit = timeoutMs || commandMs;
      const shows = command.class === 'read' && isShow(command.text.trim());
      const options = { timeoutMs: limit, signal, answers, shows, repeats: true, next };
      const running = runOne(connection, platform, command, options);
      // The agent reads the last command's output while the device works on this one.
      if (made !== undefined) results.push(made());
      made = undefined;
      made = await running;
      onDone?.(at + 1);
      if (stopOnError && !made().success) break;
    }
    if (made !== undefined) results.push(made());
  } catch (error) {
    if (!(error instanceof AgentFailure)) throw error;
    throw new AgentFailure(error.kind, error.message, { ...error.details, results });
  }
  // The next caller must not find the device in configuration mode.
  await connection.session.leaveConfig({ timeoutMs: commandMs, signal }).catch(() => connection.close());
  return results;
}

const isPlain = ({ class: kind, structured }: Judged): boolean => kind === 'read' && !structured;

/** Resolves once the command has ended, with a function that returns its result. */
async function runOne(
  { session }: Connection,
  platform: Platform,
  command: Judged,
  options: RunOptions,
): Promise<() => CommandResult> {
  const startedAt = Date.now();
  const start = performance.now();
  const result = (ran: Ran, more: object = {}): (() => CommandResult) => {
    const durationMs = Math.round(performance.now() - start);
    return () => resultOf(command, ran, { ...more, startedAt, durationMs });
  };
  const line = typedForm(command.text);
  const structured = command.structured ? platform.structured(line.trim()) : undefined;
  if (structured !== undefined) {
    const ran = await session.run(structured, options);
    const value = ran.error === undefined ? await parse(ran.output) : undefined;
    if (value !== undefined) return result(ran, { structured: value });
  }
  return result(await session.run(line, options));
}

function resultOf(
  { text, class: kind }: Judged,
  { output, error }: Ran,
  more: Pick<CommandResult, 'structured' | 'startedAt' | 'durationMs'>,
): CommandResult {
  const success = error === undefined;
  return { command: text, output, success, ...(success ? {} : { error }), class: kind, ...more };
}

/** A device's JSON output. Not every command has one, and it is not always complete. */
async function parse(output: string): Promise<unknown> {
  const text = output.trim();
  if (!/^[[{]/.test(text)) return undefined;
  try {
    if ((await tooManyValues(text, mostJsonValues)) !== undefined) return undefined;
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
