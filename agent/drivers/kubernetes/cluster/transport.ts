import type { Agent, IncomingMessage } from 'node:http';
import { request as begun, SWITCHED_PROTOCOL } from '@roundhouse/proto/net/requests';
import { Parts } from '@roundhouse/proto/parts';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { ChunkedResponses } from '../../net/chunked-responses.js';
import { clusterFailure, notKubernetes, statusFailure } from './failure.js';

/** One request to a cluster. */
export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  /** Makes a new connection for each request: for a request whose kept connection was closed. */
  readonly freshAgent: Agent;
  /** How long the answer may take to begin, milliseconds. */
  readonly timeoutMs: number;
  /** Ends the exchange, the answer's body included. */
  readonly signal: Cancellation;
  /** Reads the answer, if it comes in many small chunks. */
  readonly chatty?: ChunkedResponses;
}

/** How many bytes of a refusal are read. */
const refusalBytes = 256 * 1024;

/**
 * Sends a request, and resolves with the answer once it begins, if it is a success. It follows no redirects, because the
 * credentials are for this address only.
 * @throws AgentFailure `unreachable`, `tls`, `not_kubernetes`, `timeout`, the cluster's refusals, the signal's reason.
 */
export async function exchange(asked: Exchange): Promise<IncomingMessage> {
  const response = await begin(asked);
  const { statusCode: status = 0, headers } = response;
  if (status >= 200 && status < 300) return response;
  const body = await readText(response, { ...asked, limit: refusalBytes, cut: true });
  throw statusFailure({ address: asked.url.host, status, body, retryAfter: headers['retry-after'] });
}

function begin(asked: Exchange): Promise<IncomingMessage> {
  const { url, method, headers, body, agent, timeoutMs, signal, chatty } = asked;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = begun(url, { method, headers: { ...headers } as Record<string, string | string[]>, agent });
    chatty?.read(request);
    const abort = (): void => {
      request.destroy(signal.reason instanceof Error ? signal.reason : undefined);
    };
    const late = (): void => {
      request.destroy(clusterFailure('timeout', 'timeout', `${url.host} did not answer within ${timeoutMs} ms`));
    };
    const timer = setTimeout(late, timeoutMs);
    signal.addEventListener('abort', abort);
    request.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
    request.once('response', (response: IncomingMessage) => {
      clearTimeout(timer);
      resolve(response);
    });
    let sent = false;
    request.once('finish', () => {
      sent = true;
    });
    request.on('error', (error) => {
      const stale = request.reusedSocket && method === 'GET' && codeOf(error) === 'ECONNRESET';
      // The cluster closed the kept connection at the moment of its use.
      if (stale) begin({ ...asked, agent: asked.freshAgent }).then(resolve, reject);
      else reject(transportFailure(error, url.host, sent && method !== 'GET'));
    });
    request.end(body);
  });
}

/**
 * Reads an answer's body as text.
 * @throws AgentFailure as for {@link exchange}; `failed` if the body is longer than `limit` bytes, unless `cut` is set.
 */
export async function readText(
  response: IncomingMessage,
  {
    url,
    method,
    signal,
    timeoutMs,
    limit,
    cut,
  }: Pick<Exchange, 'url' | 'method' | 'signal' | 'timeoutMs'> & {
    readonly limit: number;
    readonly cut?: boolean;
  },
): Promise<string> {
  const body = new Parts();
  const late = (): void => {
    response.destroy(
      clusterFailure('timeout', 'timeout', `${url.host} did not finish its answer within ${timeoutMs} ms`),
    );
  };
  const timer = setTimeout(late, timeoutMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (body.length + chunk.length > limit) {
        if (cut) break;
        throw clusterFailure('upstream', 'failed', `the answer of ${url.host} is longer than ${limit} bytes`);
      }
      body.add(chunk);
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : brokenOff(error, url.host, method !== 'GET');
  } finally {
    clearTimeout(timer);
  }
  return body.take().toString();
}

const tlsCodes =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$|ERROR_IN_)/;

/**
 * The failure for a connection that broke in the middle of an answer.
 * @param unsure The cluster may or may not have carried out the request.
 */
export function brokenOff(error: unknown, address: string, unsure: boolean): AgentFailure {
  if (error instanceof AgentFailure) return error;
  const kind = unsure ? 'lost' : 'disconnected';
  return clusterFailure(kind, 'connection_lost', `the connection to ${address} was lost`, { code: codeOf(error) });
}

/**
 * The meaning of a broken connection.
 * @param unsure The cluster may or may not have carried out the request.
 */
export function transportFailure(error: unknown, address: string, unsure: boolean): AgentFailure {
  if (error instanceof AgentFailure) return error;
  const code = codeOf(error);
  if (unsure) return brokenOff(error, address, true);
  if (tlsCodes.test(code)) {
    const message = `${address} cannot be trusted, or does not speak TLS: ${tlsReason(error, code)}`;
    return clusterFailure('disconnected', 'tls', message, { code, outcome: 'not_run' });
  }
  if (code === SWITCHED_PROTOCOL) return notKubernetes(address, 'it switches to another protocol');
  if (code.startsWith('HPE_')) return notKubernetes(address, 'that is not HTTP');
  return clusterFailure(
    'disconnected',
    'unreachable',
    `${address} is out of reach: ${code || 'the connection broke'}`,
    {
      code,
      outcome: 'not_run',
    },
  );
}

/** Node's message about a certificate, or the code of an OpenSSL error, whose messages help no user. */
function tlsReason(error: unknown, code: string): string {
  const message = error instanceof Error ? error.message : '';
  return /^(?:ERR_SSL_|EPROTO)/.test(code) || message === '' ? code : (message.split('\n')[0] ?? code).slice(0, 300);
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
