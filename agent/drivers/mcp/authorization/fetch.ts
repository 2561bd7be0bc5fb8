import { tooManyValues } from '@roundhouse/proto/work';
import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';
import { ask } from '../../net/ask.js';
import { networkReason, ServerReach } from '../../net/site-lookup.js';

/** How long a server may take to answer, milliseconds, and how long its answer may be, bytes. */
const limitMs = 15_000;
const limitBytes = 1024 * 1024;
const neverAborted = new AbortController().signal;

/** Why the site does not let its agent send requests to an address; `undefined` if it does. */
export type RefusedAddress = (url: string) => string | undefined;

/** The reach of an address of the registration. */
export type ReachOfAddress = (address: string) => ServerReach;

/**
 * Options for the requests of the library. They limit each request, and refuse addresses that the agent must never dial.
 * @param registered an address of the registration. If it has no TLS, other addresses may lack TLS, too. A server with TLS cannot lead the
 * agent to an address without TLS.
 * @param refused judges every other address, because servers may name any address
 * @param reach of the registered address; connections to the server itself use it, too
 */
export function requestOptions(
  stopping: AbortSignal,
  registered: string,
  refused: RefusedAddress,
  reach = new ServerReach(registered),
) {
  const from = new URL(registered);
  const insecure = ['http:', 'ws:'].includes(from.protocol);
  return {
    signal: () => AbortSignal.any([stopping, AbortSignal.timeout(limitMs)]),
    [oauth.allowInsecureRequests]: insecure,
    [oauth.customFetch]: async (url: string, options: FetchOptions) => {
      if (!insecure && new URL(url).protocol !== 'https:')
        throw new Error('an address without TLS, named by a server with TLS');
      const reason = isOwn(new URL(url), from) ? undefined : refused(url);
      if (reason !== undefined) throw new AgentFailure('refused', reason, { reason, outcome: 'not_run' });
      return boundedFetch(url, options, reach);
    },
  } as const;
}

/** Whether a URL is the registered address itself, or the place of its metadata by the standards. */
function isOwn({ origin, pathname, href }: URL, registered: URL): boolean {
  return href === registered.href || (origin === registered.origin && pathname.startsWith('/.well-known/'));
}

export interface FetchOptions {
  readonly body?: URLSearchParams | string | null | undefined;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly signal?: AbortSignal | null | undefined;
}

/** Fetches a whole answer, up to the limit. The library would read an answer of any length, and look the host up again. */
async function boundedFetch(url: string, options: FetchOptions, from: ServerReach): Promise<Response> {
  const { body, headers = {}, method = 'GET', signal } = options;
  const { lookup } = from;
  const bounds = { signal: signal ?? neverAborted, most: limitBytes };
  const request = { method, headers, body: body?.toString(), ...bounds, from, lookup };
  const answer = await ask(new URL(url), request).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new TypeError('fetch failed', { cause });
  });
  const problem = await tooManyValues(answer.body.toString());
  if (problem !== undefined) throw new Error(`the answer ${problem}`);
  const whole = [101, 204, 205, 304].includes(answer.status) ? null : new Uint8Array(answer.body);
  const lines = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return new Response(whole, { status: answer.status, headers: lines });
}

/** The reason for which a request of the library failed, for people. */
export function explain(error: unknown, address: string): string {
  if (error instanceof AgentFailure) return error.message;
  if (error instanceof oauth.ResponseBodyError) {
    const { error: code, error_description: description } = error;
    return `${address} answered ${code}${description === undefined ? '' : `: ${description.slice(0, 500)}`}`;
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    const [challenge] = error.cause;
    const { error: code, error_description: description } = challenge?.parameters ?? {};
    const said = [code, description].map((text) => (text === undefined ? '' : `: ${text.slice(0, 500)}`));
    return `${address} refuses the client (HTTP ${error.status})${said.join('')}`;
  }
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `${address} did not answer within ${limitMs / 1000} s`;
  if (error instanceof oauth.OperationProcessingError) return `${address} gave an unusable answer: ${error.message}`;
  if (error instanceof TypeError && error.cause instanceof Error) return networkReason(error.cause, address);
  return `${address}: ${error instanceof Error && error.message !== '' ? error.message : 'the answer is unusable'}`;
}

/** An address as it may be shown: without user, password and query. */
export function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
