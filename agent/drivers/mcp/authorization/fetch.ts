import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';
import { checkHost } from '../../net/site-lookup.js';
import { networkReason } from '../http-endpoint.js';

/** What a server may take to answer, milliseconds, and how long its answer may be, bytes. */
const limitMs = 15_000;
const limitBytes = 1024 * 1024;

/**
 * How requests of the library are made: bounded, and to no address that is never dialled.
 * @param registered an address of the registration: where it is one without TLS, others may be, too; a server with TLS sends nobody to one without.
 */
export function requestOptions(stopping: AbortSignal, registered: string) {
  const insecure = ['http:', 'ws:'].includes(new URL(registered).protocol);
  return {
    signal: () => AbortSignal.any([stopping, AbortSignal.timeout(limitMs)]),
    [oauth.allowInsecureRequests]: insecure,
    [oauth.customFetch]: async (url: string, options: FetchOptions) => {
      if (!insecure && new URL(url).protocol !== 'https:')
        throw new Error('an address without TLS, named by a server that has it');
      return boundedFetch(url, options);
    },
  } as const;
}

export interface FetchOptions {
  readonly body?: URLSearchParams | string | null | undefined;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly redirect?: 'manual' | 'follow' | 'error';
  readonly signal?: AbortSignal | null | undefined;
}

/** Fetches an answer whole, up to the limit: the library would read one of any length. */
async function boundedFetch(url: string, options: FetchOptions): Promise<Response> {
  await checkHost(new URL(url).hostname).catch((cause: unknown) => {
    throw new TypeError('fetch failed', { cause });
  });
  const { body = null, headers = {}, method = 'GET', redirect = 'manual', signal = null } = options;
  const response = await fetch(url, { body, headers, method, redirect, signal });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.length;
    // Leaving the loop ends the transfer.
    if (bytes > limitBytes) throw new Error(`its answer is longer than ${limitBytes} bytes`);
  }
  const whole = [101, 204, 205, 304].includes(response.status) ? null : Buffer.concat(parts);
  return new Response(whole, { status: response.status, headers: response.headers });
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
