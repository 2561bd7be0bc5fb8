import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Caller, Operation } from './caller.js';
import { connectionFailed, failureIn, isObject, RoundhouseError } from './errors.js';
import { Stream, StreamBound, type StreamOptions } from './stream.js';

/** The events of a tool call: its progress, and its result. `progress` and `message` are MCP's notifications of those names. */
export type CallEvent<Result> =
  | {
      readonly type: 'progress';
      readonly data: { readonly progress: number; readonly total?: number; readonly message?: string };
    }
  | {
      readonly type: 'message';
      readonly data: { readonly level: string; readonly logger?: string; readonly data: unknown };
    }
  /** So many messages were left out, since they were not taken fast enough. */
  | { readonly type: 'dropped'; readonly data: { readonly count: number } }
  /** The last one. */
  | { readonly type: 'result'; readonly data: Result };

type Sent = readonly [params: readonly string[], body: unknown, query: object | undefined];

/** The text of an answer as it comes. @throws RoundhouseError `CONNECTION_FAILED` where it breaks off */
async function* textOf(
  caller: Caller,
  operation: Operation,
  [params, body, query]: Sent,
  signal: AbortSignal,
  of: 'lines' | 'events',
) {
  const response = await caller.open(operation, params, body, query, { signal });
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  const bound = new StreamBound(caller.maxAnswerBytes, of);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (!bound.holds(value)) throw bound.failure(operation.id);
      yield decoder.decode(value, { stream: true });
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof RoundhouseError ? error : connectionFailed(error, operation, caller.baseUrl);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** The parts of a request that follows a log: the operation, its arguments, and the parameter that asks for new lines. */
type Followed = [
  caller: Caller,
  operation: Operation,
  params: readonly string[],
  body: unknown,
  query: object | undefined,
  options: StreamOptions | undefined,
  flag: string,
];

function follow<T>(
  [caller, operation, params, body, query, options, flag]: Followed,
  read: (lines: AsyncGenerator<string, void, undefined>) => AsyncGenerator<T, void, undefined>,
): Stream<T> {
  const sent: Sent = [params, body, { ...query, [flag]: true }];
  return new Stream(
    (signal) => read(linesOf(textOf(caller, { ...operation, answer: 'text' }, sent, signal, 'lines'))),
    options,
  );
}

async function* entriesOf<T>(lines: AsyncIterable<string>, { id }: Operation): AsyncGenerator<T, void, undefined> {
  for await (const line of lines) if (line.trim() !== '') yield parsed(line, id) as T;
}

/** The JSON value of a line or an event. @throws RoundhouseError `INVALID_ANSWER` */
function parsed(text: string, operation: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(unreadable('An item of the stream is no JSON', operation), { cause });
  }
}

const unreadable = (message: string, operation: string) =>
  new RoundhouseError({ code: 'INVALID_ANSWER', status: 200, message, operation });

/** A log's lines as they are written. */
export function followText(...log: Followed): Stream<string> {
  return follow(log, (lines) => lines);
}

/** A log's entries as they are written. */
export function followLines<T>(...log: Followed): Stream<T> {
  return follow<T>(log, (lines) => entriesOf(lines, log[1]));
}

/** A call that reports its progress as events of a stream. It is never sent twice. @throws RoundhouseError the failure of the call */
export function callStream<Result>(
  caller: Caller,
  operation: Operation,
  params: readonly string[],
  body: unknown,
  query: object | undefined,
  options: StreamOptions | undefined,
  flag: string,
): Stream<CallEvent<Result>> {
  const sent: Sent = [params, body, { ...query, [flag]: true }];
  return new Stream(async function* (signal) {
    let come: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (event) => come.push(event) });
    for await (const chunk of textOf(caller, { ...operation, answer: 'response' }, sent, signal, 'events')) {
      parser.feed(chunk);
      const events = come;
      come = [];
      for (const event of events) {
        const read = readEvent<Result>(event, operation);
        yield read;
        if (read.type === 'result') return;
      }
    }
    throw connectionFailed(new Error('the stream ended before the result'), operation, caller.baseUrl);
  }, options);
}

function readEvent<Result>({ event = 'message', data }: EventSourceMessage, { id }: Operation): CallEvent<Result> {
  const body = parsed(data, id);
  if (event === 'error') {
    const { code = 'INTERNAL_ERROR', message = 'The call failed', details } = failureIn(body);
    throw new RoundhouseError({ code, status: 200, message, details: details ?? {}, operation: id });
  }
  const shown = event === 'result' && isObject(body) ? body.data : body;
  if (!isObject(shown)) throw unreadable(`The event '${event}' of the stream holds no object`, id);
  return { type: event, data: shown } as CallEvent<Result>;
}
