import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { request as begin, pinnedLookup } from '@roundhouse/proto/net/requests';
import { Parts } from '@roundhouse/proto/parts';
import { allowedAddresses, type Reach, reachOf, type Sender } from './site-lookup.js';

/** How long the agent waits for an answer, milliseconds. */
const limitMs = 15_000;

export interface SiteAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The reach of the address that the agent connected to. */
  readonly reach: Reach;
}

export interface SiteRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  /** The largest answer, bytes. */
  readonly most: number;
  /** The server that named this address, by a redirect or in its metadata. */
  readonly from?: Sender | undefined;
  readonly tls?: SecureContextOptions & { readonly rejectUnauthorized?: boolean };
  /** Default: {@link siteLookup}. */
  readonly lookup?: LookupFunction;
}

/**
 * Makes one request. The host is looked up once, and the connection goes to one of its allowed addresses. The caller follows redirects.
 * @throws Error, with the code `EFORBIDDENADDRESS` for an address that is not allowed.
 */
export async function ask(url: URL, request: SiteRequest): Promise<SiteAnswer> {
  const { method, headers, body, most, from, tls, lookup } = request;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(limitMs)]);
  const addresses = await allowedAddresses(url, from, lookup);
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers,
      signal,
      agent: false as const,
      lookup: pinnedLookup(addresses.map(({ address }) => address)),
      ...tls,
    };
    const sent = begin(url, options);
    sent.once('response', (response) => {
      const reach = reachOf(response.socket.remoteAddress ?? '');
      const parts = new Parts();
      response.on('data', (part: Buffer) => {
        parts.add(part);
        if (parts.length > most) response.destroy(new Error(`it answers with more than ${most} bytes`));
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: parts.take(), reach });
      });
    });
    sent.on('error', (error) => {
      const late = signal.aborted && !request.signal.aborted;
      reject(late ? new Error(`no answer within ${limitMs / 1000} s`) : error);
    });
    sent.end(body);
  });
}
