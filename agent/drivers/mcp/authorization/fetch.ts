import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';
import { ask } from '../../net/ask.js';
import { allowedAddresses, networkReason, type Reach, reachOf, type Sender } from '../../net/site-lookup.js';

/** How long a server may take to answer, milliseconds, and how long its answer may be, bytes. */
const limitMs = 15_000;
const limitBytes = 1024 * 1024;
const neverAborted = new AbortController().signal;

/** Why the site does not let its agent send requests to an address; `undefined` if it does. */
export type RefusedAddress = (url: string) => string | undefined;

/**
 * Options for the requests of the library. They limit each request, and refuse addresses that the agent must never dial.
 * @param registered an address of the registration: without TLS there, other addresses may lack it, too; a server with TLS cannot lead the
 * agent to an address without.
 * @param refused judges every other address, since servers name them as they like
 */
export function requestOptions(stopping: AbortSignal, registered: string, refused: RefusedAddress) {
  const from = new URL(registered);
  const insecure = ['http:', 'ws:'].includes(from.protocol);
  let reach: Reach | undefined;
  // Until the server has answered here, one public address of its name is enough.
  const lookUp = async (): Promise<Reach> => {
    const found = await allowedAddresses(from, undefined);
    return found.some(({ address }) => reachOf(address) === 'public') ? 'public' : 'private';
  };
  const sender: Sender = { host: from.hostname, reach: () => reach ?? lookUp() };
  return {
    signal: () => AbortSignal.any([stopping, AbortSignal.timeout(limitMs)]),
    [oauth.allowInsecureRequests]: insecure,
    [oauth.customFetch]: async (url: string, options: FetchOptions) => {
      if (!insecure && new URL(url).protocol !== 'https:')
        throw new Error('an address without TLS, named by a server that has it');
      const reason = isOwn(new URL(url), from) ? undefined : refused(url);
      if (reason !== undefined) throw new AgentFailure('refused', reason, { reason, outcome: 'not_run' });
      const { response, answer } = await boundedFetch(url, options, sender);
      // A server that answered from a public address stays one, whatever its name means afterwards.
      if (answer.reach === 'public' && new URL(url).host === from.host) reach = 'public';
      return response;
    },
  } as const;
}

/** Whether it is the registered address itself, or where the standards have its metadata. */
function isOwn({ origin, pathname, href }: URL, registered: URL): boolean {
  return href === registered.href || (origin === registered.origin && pathname.startsWith('/.well-known/'));
}

export interface FetchOptions {
  readonly body?: URLSearchParams | string | null | undefined;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly signal?: AbortSignal | null | undefined;
}

/** Fetches an answer whole, up to the limit: the library would read one of any length, and follow a name to wherever it points by then. */
async function boundedFetch(url: string, options: FetchOptions, from: Sender) {
  const { body, headers = {}, method = 'GET', signal } = options;
  const request = { method, headers, body: body?.toString(), signal: signal ?? neverAborted, most: limitBytes, from };
  const answer = await ask(new URL(url), request).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new TypeError('fetch failed', { cause });
  });
  const whole = [101, 204, 205, 304].includes(answer.status) ? null : new Uint8Array(answer.body);
  const lines = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return { answer, response: new Response(whole, { status: answer.status, headers: lines }) };
}

/** Why a request of the library did not do what it was to do, for people. */
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
