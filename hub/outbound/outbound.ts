import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { pinnedLookup, request } from '@roundhouse/proto/net/requests';
import { DomainError } from '../domain/errors.js';
import { type OwnAddresses, type ResolveHost, UrlGuard } from '../domain/net/url-guard.js';
import type { HttpOutcome, HttpRequest, Post, Posted, Requester, WebhookSender } from '../domain/webhooks/deliverer.js';

export interface OutboundOptions {
  readonly allowPrivate: boolean | readonly string[];
  readonly own: () => OwnAddresses;
  readonly version: string;
  /** Default: the look-up of the operating system. */
  readonly resolve?: ResolveHost | undefined;
}

/** The sender of the hub's own requests, and the guard that checks their addresses. */
export function createOutbound({ allowPrivate, own, version, resolve = resolveHost }: OutboundOptions): {
  readonly guard: UrlGuard;
  readonly sender: WebhookSender & Requester;
} {
  const guard = new UrlGuard({ resolve, allowPrivate, own, localAddresses });
  return { guard, sender: new HttpSender(guard, version) };
}

/** The running look-ups. Each takes a thread, so a name that gets no answer must not take several. */
const running = new Map<string, Promise<readonly string[]>>();

/** A host's addresses, from the operating system. @throws Error if the host has none */
function resolveHost(host: string): Promise<readonly string[]> {
  let found = running.get(host);
  if (!found) {
    found = lookup(host, { all: true, verbatim: true }).then((entries) => entries.map(({ address }) => address));
    running.set(host, found);
    const forget = () => running.delete(host);
    found.then(forget, forget);
  }
  return found;
}

/** The addresses of this machine. */
function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => entries?.map(({ address }) => address) ?? []);
}

/** How many bytes of an answer are read: a run of a workflow keeps no more. */
const MOST_ANSWER_BYTES = 48 * 1024;
const MOST_HEADER_BYTES = 16 * 1024;

type Answer = Omit<HttpOutcome, 'durationMs' | 'error'>;

/**
 * Makes requests over HTTP and HTTPS. Every attempt opens a new connection, to an address that the guard has just allowed. So neither a redirect nor
 * a changed DNS entry leads to another address.
 */
export class HttpSender implements WebhookSender, Requester {
  readonly #guard: UrlGuard;
  readonly #userAgent: string;

  constructor(guard: UrlGuard, version: string) {
    this.#guard = guard;
    this.#userAgent = `Roundhouse/${version}`;
  }

  async post({ headers, ...post }: Post): Promise<Posted> {
    const json = { 'Content-Type': 'application/json', ...headers };
    const { answer: _, ...posted } = await this.request({ ...post, method: 'POST', headers: json });
    return posted;
  }

  async request({ url, timeoutMs, signal, ...what }: HttpRequest): Promise<HttpOutcome> {
    const started = performance.now();
    const done = (outcome: Omit<HttpOutcome, 'durationMs'>): HttpOutcome => {
      return { ...outcome, durationMs: Math.round(performance.now() - started) };
    };
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs);
    const stop = () => ending.abort(new Error('The hub is shutting down'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    try {
      const target = new URL(url);
      const addresses = await untilAborted(this.#guard.addresses(target), ending.signal);
      return done({ ...(await this.#send(target, addresses, what, ending.signal)), error: null });
    } catch (error) {
      return done({ statusCode: null, retryAfterMs: null, answer: null, error: messageOf(error) });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Resolves once the answer is complete, has broken off or has reached the limit: its status counts in each case. */
  #send(
    url: URL,
    addresses: readonly string[],
    { method, headers, body }: Pick<HttpRequest, 'method' | 'headers' | 'body'>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const bytes = Buffer.from(body);
    return new Promise((resolve, reject) => {
      const sent = request(url, {
        method,
        agent: false,
        lookup: pinnedLookup(addresses),
        maxHeaderSize: MOST_HEADER_BYTES,
        headers: {
          ...(bytes.length > 0 || method === 'POST' ? { 'Content-Length': bytes.length } : {}),
          'User-Agent': this.#userAgent,
          Connection: 'close',
          ...headers,
        },
      });
      const abort = () => sent.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      sent.once('close', () => signal.removeEventListener('abort', abort));
      sent.on('error', reject);
      sent.once('response', (response) => {
        const { statusCode = null } = response;
        const retryAfterMs = retryAfter(response.headers['retry-after']);
        const { 'content-type': type = '' } = response.headers;
        const chunks: Buffer[] = [];
        let read = 0;
        response.on('data', (chunk: Buffer) => {
          read += chunk.length;
          chunks.push(chunk);
          if (read > MOST_ANSWER_BYTES) sent.destroy();
        });
        response.on('error', () => {});
        response.once('close', () => {
          const text = Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString();
          resolve({ statusCode, retryAfterMs, answer: { type, text, cut: !response.complete } });
        });
      });
      if (signal.aborted) abort();
      sent.end(bytes);
    });
  }
}

/** Seconds or a date (RFC 9110), as milliseconds from now. */
function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The message of an error, which holds no part of the URL except its host. */
function messageOf(error: unknown): string {
  if (error instanceof DomainError) return `Refused: the URL ${error.message}`;
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  if (!(error instanceof Error)) return 'Failed';
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.message.slice(0, 200) : `${code}: ${error.message.slice(0, 200)}`;
}
