import http, { type IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { version } from '../../host/package.js';

/** How long a connection may take to open, milliseconds. */
const CONNECT_MS = 10_000;
/** How long a request or its answer may be silent, milliseconds. The hub writes to its streams more often. */
const SILENCE_MS = 300_000;
/** How long an idle connection stays open, milliseconds: less than at the server. It does not keep the program running. */
const IDLE_MS = 4000;

/** A request. */
export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** The connections, by protocol. */
const agents = new Map<string, http.Agent>();

/**
 * Sends a request, as `fetch` does. Node's own `fetch` takes 140 ms of processor time before its first request, longer than most commands.
 * A redirect is an answer: the other host would get the request's body and its credential.
 * @throws the reason of the signal, or the error of the operating system, which {@link isUnsent} tells apart
 */
export async function send(
  address: URL | string,
  { method = 'GET', headers, body, signal }: Sent = {},
): Promise<Response> {
  const url = new URL(address);
  const isSecure = url.protocol === 'https:';
  // TLS is loaded only if an address has it.
  const { request, Agent } = isSecure ? await import('node:https') : http;
  const agent = agents.get(url.protocol) ?? new Agent({ keepAlive: true, timeout: IDLE_MS });
  agents.set(url.protocol, agent);
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const own = { 'accept-encoding': 'gzip', 'user-agent': `roundhouse/${version}` };
    const sent = request(url, { method, agent, timeout: SILENCE_MS, headers: { ...own, ...headers } });
    let answer: IncomingMessage | undefined;
    const end = (reason: Error) => {
      // The body ends with the reason, not with the loss of its connection.
      answer?.destroy(reason);
      sent.destroy(reason);
    };
    const abort = () => end(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    sent.once('close', () => signal?.removeEventListener('abort', abort));
    sent.once('timeout', () => end(new Error(`no byte came for ${SILENCE_MS / 1000} s`)));
    sent.once('socket', (socket) => {
      if (!socket.connecting) return;
      const tooLate = Object.assign(new Error(`no connection within ${CONNECT_MS / 1000} s`), { syscall: 'connect' });
      const timer = setTimeout(() => end(tooLate), CONNECT_MS);
      const clear = () => clearTimeout(timer);
      socket.once(isSecure ? 'secureConnect' : 'connect', clear).once('close', clear);
    });
    sent.on('error', (error) => reject(signal?.aborted ? signal.reason : firstOf(error)));
    sent.once('response', (message) => {
      answer = message;
      resolve(responseOf(message, url));
    });
    sent.end(body);
  });
}

/** The first error, if a name has several addresses and none of them answers. */
function firstOf(error: Error): Error {
  return error instanceof AggregateError ? error.errors[0] : error;
}

/** Whether an error says that no connection was made: the hub got nothing of the request. */
export function isUnsent(error: unknown): boolean {
  const { syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

/** Answers without a body. */
const bodiless = new Set([204, 205, 304]);

function responseOf(message: IncomingMessage, url: URL): Response {
  const { statusCode: status = 0, statusMessage: statusText = '' } = message;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct))
    for (const value of values) headers.append(name, value);
  const hasBody = !bodiless.has(status);
  if (!hasBody) message.resume();
  const body = hasBody ? (Readable.toWeb(decoded(message)) as ReadableStream<Uint8Array>) : null;
  const response = new Response(body, { status, statusText, headers });
  return Object.defineProperty(response, 'url', { value: url.href });
}

/** The body of an answer, unpacked. */
function decoded(message: IncomingMessage): Readable {
  if (message.headers['content-encoding']?.toLowerCase() !== 'gzip') return message;
  // With Z_SYNC_FLUSH each chunk of a stream is readable at once. The reader of the body gets the error.
  return pipeline(message, createGunzip({ flush: constants.Z_SYNC_FLUSH }), () => {});
}

/** The text of an answer; `undefined` if it has more than `most` characters. Then the rest is not read. */
export async function textWithin({ body }: Response, most: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > most) return undefined;
  }
  return text + decoder.decode();
}
