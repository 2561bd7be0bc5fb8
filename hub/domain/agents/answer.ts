import { jsonLineCost } from '@roundhouse/proto/json-cost';
import { Parts } from '@roundhouse/proto/parts';
import { tooManyValues } from '@roundhouse/proto/work';
import type { RequestOrigin } from '../access/caller.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import { newId } from '../ids.js';
import type { ByteStream, CommandKind, CommandOptions, Fleet, Operation, Reply } from './fleet.js';
import { Misshapen, optional, type Shape, shaped, shapedInTurns } from './shape.js';

/** An operation that an agent was asked for. */
export interface Asked {
  /** The agent's name; absent: the caller of the fleet adds it. */
  readonly agent?: string | undefined;
  readonly operation: Operation['case'];
  readonly kind: CommandKind;
}

/**
 * The options of a command that never runs twice. The command of a step has a name that outlives the hub: the agent answers a second
 * attempt with the outcome of the first. @param what such as `container-restart`
 */
export async function onceCommand({ sendingOnce }: RequestOrigin, agentId: string, what: string) {
  const journal = sendingOnce ? await sendingOnce(agentId) : `${what}-${newId()}`;
  return { kind: 'once', journal } as const;
}

type Asking = Pick<Fleet, 'agent' | 'execute'>;

/**
 * Asks an agent, and reads its answer in the form that the contract says.
 * @throws DomainError as {@link Fleet.execute} and {@link readAnswer}
 */
export async function ask<T extends object>(
  fleet: Asking,
  agentId: string,
  operation: Operation,
  shape: Shape<T>,
  options: CommandOptions,
): Promise<T> {
  const reply = await fleet.execute(agentId, operation, options);
  const asked = askedOf(fleet, agentId, operation.case, options.kind);
  try {
    return await shapedInTurns<T>(answerObject(reply, asked, limitOf(operation)), shape);
  } catch (error) {
    throw asUnreadable(error, asked);
  }
}

/**
 * Asks an agent, and gives its answer as the JSON that a server or the agent wrote. The hub does not parse it.
 * @throws DomainError as {@link Fleet.execute}; `upstream_failed` if the answer is no JSON
 */
export async function askForJson(
  fleet: Asking,
  agentId: string,
  operation: Operation,
  options: CommandOptions,
): Promise<Uint8Array> {
  const reply = await fleet.execute(agentId, operation, options);
  if (reply.case !== 'json') throw unreadable(askedOf(fleet, agentId, operation.case, options.kind));
  return reply.value;
}

/** How many items the hub asked for; infinite if the operation has no limit. */
function limitOf({ value }: Operation): number {
  return ('limit' in value && value.limit) || Number.POSITIVE_INFINITY;
}

/** Describes a question for {@link readAnswer}. */
export function askedOf(
  fleet: Pick<Fleet, 'agent'>,
  agentId: string,
  operation: Operation['case'],
  kind: CommandKind,
): Asked {
  return { agent: fleet.agent(agentId)?.name ?? agentId, operation, kind };
}

/**
 * Reads an operation's answer. The fleet has checked the cost of parsing it.
 * @throws DomainError `upstream_failed` if the answer has another form
 */
export function readAnswer<T extends object>(reply: Reply, shape: Shape<T>, asked: Asked): T {
  try {
    return shaped<T>(answerObject(reply, asked), shape);
  } catch (error) {
    throw asUnreadable(error, asked);
  }
}

/**
 * @param most items of each list
 * @throws Misshapen; DomainError `upstream_failed` if a list is longer
 */
function answerObject(reply: Reply, asked: Asked, most = Number.POSITIVE_INFINITY): object {
  if (reply.case !== 'json') throw new Misshapen();
  const value = objectIn(reply.value);
  const long = Object.values(value).find((member) => Array.isArray(member) && member.length > most);
  if (long) throw unreadable(asked, `holds ${long.length} items, and the hub asked for ${most} at most`);
  return value;
}

function asUnreadable(error: unknown, asked: Asked): unknown {
  return error instanceof Misshapen ? unreadable(asked) : error;
}

/** Reads the notes that an agent sends while it works. A note of another form is left out. */
export function notesOf<T extends object>(shape: Shape<T>, tell: (note: T) => void): (json: Uint8Array) => void {
  return (json) => {
    let note: T;
    try {
      note = shaped<T>(objectIn(json), shape);
    } catch (error) {
      if (!(error instanceof Misshapen)) throw error;
      return;
    }
    tell(note);
  };
}

/** Reads notes on how far the work is: `{"progress":number,"message":string}`. */
export function progressNotes(tell: (progress: number, message: string) => void): (json: Uint8Array) => void {
  type Note = { readonly progress?: number; readonly message: string };
  return notesOf<Note>({ progress: optional('number'), message: 'text' }, ({ progress, message }) => {
    if (progress !== undefined) tell(progress, message);
  });
}

/**
 * The text of a server's result, for an API that parses or changes it in the event loop. A result that is only passed on needs no such check.
 * @throws DomainError `upstream_failed` for a result of too many values
 */
export async function readableText(result: Uint8Array, most?: number): Promise<string> {
  const text = Buffer.from(result.buffer, result.byteOffset, result.byteLength).toString();
  await checkReadable(text, most);
  return text;
}

/** The same check for a text. @param most how many values it may have @throws DomainError `upstream_failed` */
export async function checkReadable(text: string, most?: number): Promise<void> {
  const problem = await tooManyValues(text, most);
  if (problem === undefined) return;
  throw new DomainError('upstream_failed', `The result of the server ${problem}`, { reason: 'result_too_large' });
}

/** The error of an answer that breaks the contract. */
export function unreadable({ agent, operation, kind }: Asked, problem = 'cannot be read'): DomainError {
  const answer = agent === undefined ? "the agent's answer" : `the answer of agent '${agent}'`;
  const named = agent === undefined ? {} : { agent };
  const outcome = kind === 'once' ? { outcome: 'unknown' } : {};
  const details = { reason: 'answer_unreadable', ...named, operation, ...outcome };
  return new DomainError('upstream_failed', `${answer} to '${operation}' ${problem}`, details);
}

/** @throws Misshapen if the bytes are no JSON object */
function objectIn(json: Uint8Array): object {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString());
  } catch {
    throw new Misshapen();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Misshapen();
  return value;
}

/** How long an agent may take to come back after the hub's own restart, milliseconds; its pauses between attempts are at most 20 s long. */
export const RETURN_MS = 25_000;
const LOOK_MS = 100;

/** Waits until an agent is connected; `false` if it comes too late, or the wait was cancelled. */
export async function agentReturned(
  fleet: Pick<Fleet, 'agent'>,
  agentId: string,
  signal: Cancellation,
  limitMs = RETURN_MS,
): Promise<boolean> {
  for (const end = performance.now() + limitMs; !fleet.agent(agentId); ) {
    if (signal.aborted || performance.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

/** The limits of a line: its bytes and its values. Agents cut lines far below them. */
const MOST_LINE = 4 * 1024 * 1024;
const MOST_VALUES = 16;

/** The lines of a stream, each a JSON object. @throws DomainError `upstream_failed` if the agent sends lines of another form */
export async function* jsonLines<T extends object>(
  stream: ByteStream,
  shape: Shape<T>,
  asked: Asked,
): AsyncGenerator<T> {
  const begun = new Parts();
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, from)) {
      begun.add(bytes.subarray(from, feed));
      yield readLine(begun.take(), shape, asked);
      from = feed + 1;
    }
    begun.add(bytes.subarray(from));
    if (begun.length > MOST_LINE) throw unreadable(asked, 'has a line that is too long');
  }
}

function readLine<T extends object>(json: Buffer, shape: Shape<T>, asked: Asked): T {
  const cost = jsonLineCost(json, MOST_VALUES);
  if (cost === undefined || cost > MOST_VALUES) throw unreadable(asked);
  return readAnswer<T>({ case: 'json', value: json }, shape, asked);
}
