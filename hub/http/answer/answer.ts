import { DomainError } from '../../domain/errors.js';
import { Json, RawReply, RedirectReply, RepeatedJson, Reply, SseReply, StreamReply, TextReply } from '../endpoint.js';
import { headerLine } from '../headers.js';
import type { Exchange } from '../request/exchange.js';
import type { Target } from '../request/target.js';
import type { FlowWatch } from './flow.js';
import { headOf, type Responder } from './respond.js';
import type { SseChannels } from './sse.js';
import { openSse } from './sse.js';
import { sendStream } from './stream.js';

/**
 * Turns a handler's result into a response. Resolves at once, except for streams.
 * @throws where the value cannot be rendered, or a stream fails before its first chunk.
 */
export function answer(
  x: Exchange,
  target: Target,
  result: unknown,
  responder: Responder,
  flows: FlowWatch,
  channels: SseChannels,
): Promise<void> | undefined {
  const { mounted, spec } = target;
  const status = spec.status ?? 200;
  if (result instanceof StreamReply) return stream(x, target, result, flows);
  if (result instanceof SseReply) events(x, target, result, channels);
  else if (result instanceof RawReply) {
    const type = result.body === null ? '' : headerLine('Content-Type', result.contentType);
    const block = mounted.block + type + linesOf(result.headers) + responder.retryLines(result.status);
    // Without a length the client would wait for more.
    responder.send(x, result.status, mounted, block, result.body ?? '');
  } else if (result instanceof TextReply) {
    responder.send(x, status, mounted, mounted.block + headerLine('Content-Type', result.contentType), result.text);
  } else if (result instanceof RedirectReply) {
    const location = headerLine('Location', new URL(result.location).href);
    responder.send(x, 302, mounted, mounted.block + location, '');
  } else if (result instanceof StatusReply) {
    const block = mounted.jsonBlock + responder.retryLines(result.status);
    responder.send(x, result.status, mounted, block, JSON.stringify(result.body));
  } else if (status === 204) {
    responder.send(x, status, mounted, mounted.block, null);
  } else {
    const block = result instanceof Reply ? mounted.jsonBlock + linesOf(result.headers) : mounted.jsonBlock;
    responder.send(x, status, mounted, block, bodyOf(x, target, result));
  }
  return undefined;
}

/** Ends the source of a stream that will not be opened; other results of a handler hold nothing. */
export function letGo(x: Exchange, result: unknown): void {
  if (result instanceof SseReply) result.source.ended();
  else if (result instanceof StreamReply)
    Promise.resolve(result.chunks[Symbol.asyncIterator]().return?.()).catch((error: unknown) =>
      x.log.debug({ event: 'stream.source_failed', err: error }, 'stream source'),
    );
}

/** Runs a step before a stream opens. If the step throws, the handler's work is cancelled: no client would read its result. */
function orLetGo<T>(x: Exchange, reply: SseReply | StreamReply, step: () => T): T {
  try {
    return step();
  } catch (error) {
    letGo(x, reply);
    if (error instanceof DomainError) x.abort(error);
    throw error;
  }
}

function bodyOf(x: Exchange, { mounted, spec }: Target, result: unknown): string | Uint8Array {
  const isReply = result instanceof Reply;
  const data: unknown = isReply ? result.data : result;
  if (spec.bare) return data instanceof Json ? data.text : (JSON.stringify(data) ?? '');
  if (data instanceof RepeatedJson && !isReply) return mounted.bodies.body(data.text, x);
  const extra = isReply ? (result.extra as Readonly<Record<string, unknown>>) : undefined;
  return mounted.api.envelope.success(jsonText(data), extra, x);
}

function jsonText(data: unknown): string | undefined {
  if (!(data instanceof Json)) return JSON.stringify(data);
  const { text } = data;
  if (typeof text === 'string') return text;
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString();
}

function linesOf(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => headerLine(name, value))
    .join('');
}

/** `X-Accel-Buffering` tells a proxy such as nginx not to buffer the stream. */
const EVENT_LINES =
  headerLine('Content-Type', 'text/event-stream; charset=utf-8') + headerLine('X-Accel-Buffering', 'no');

function events(x: Exchange, { mounted }: Target, reply: SseReply, channels: SseChannels): void {
  x.status = 200;
  const { headers = {}, finite = false } = reply.options;
  const block = mounted.block + EVENT_LINES;
  const head = orLetGo(x, reply, () => headOf(x, x.status, mounted, block + linesOf(headers)));
  if (x.method !== 'head') {
    orLetGo(x, reply, () => channels.takePlace(x));
    x.endless = !finite;
    openSse(x, head, reply, channels);
    return;
  }
  letGo(x, reply);
  x.detach();
  x.res.cork(() => x.res.writeStatus(head).endWithoutBody());
  x.end(x.status);
}

async function stream(x: Exchange, { mounted, spec }: Target, reply: StreamReply, flows: FlowWatch): Promise<void> {
  x.detach();
  x.status = spec.status ?? 200;
  const head = orLetGo(x, reply, () => {
    const block = mounted.block + headerLine('Content-Type', reply.contentType) + linesOf(reply.headers);
    return headOf(x, x.status, mounted, block);
  });
  if (x.method === 'head') {
    letGo(x, reply);
    x.res.cork(() => x.res.writeStatus(head).endWithoutBody());
    x.end(x.status);
    return;
  }
  x.endless = true;
  await sendStream(x, head, reply.chunks, flows);
}

/** A bare JSON body with a given status: an unhealthy hub answers with the members of a healthy one, and 503. */
export class StatusReply {
  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, unknown>>,
  ) {}
}
