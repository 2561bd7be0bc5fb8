import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Listen } from '../config.js';
import { DomainError } from '../domain/errors.js';
import type { Api } from '../http/api.js';

export interface StandbyOptions {
  readonly listen: Listen;
  /** The files of the certificate and the key (PEM). */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly apis: readonly Pick<Api, 'name' | 'envelope'>[];
  readonly version: string;
  /** The address of the active hub, if this hub knows it. */
  readonly active: () => string | undefined;
}

/** After how many seconds a client may ask again. */
const RETRY_AFTER = 1;

/**
 * The HTTP server of a hub that waits for its turn. Each answer is a refusal in the form of the request's API, which names the active hub. The answer
 * is no redirect, because a client would send its credential to another address.
 * @returns closes it
 */
export async function startStandby(options: StandbyOptions): Promise<() => Promise<void>> {
  const { listen, tls } = options;
  const answer = answerer(options);
  const server = tls
    ? createSecureServer({ cert: await readFile(tls.cert), key: await readFile(tls.key) }, answer)
    : createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: listen.host, port: listen.port }, resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

function answerer({ apis, version, active }: StandbyOptions): RequestListener {
  return (request, response) => {
    request.resume();
    const [path = '/'] = (request.url ?? '/').split('?');
    const hub = active();
    const timestamp = new Date().toISOString();
    const headers = { 'content-type': 'application/json', 'retry-after': String(RETRY_AFTER), connection: 'close' };
    if (/\/health$/.test(path)) {
      response
        .writeHead(503, headers)
        .end(JSON.stringify({ status: 'standby', timestamp, version, active: hub ?? null }));
      return;
    }
    const where = hub === undefined ? 'no hub is active' : `the active hub is ${hub}`;
    const details = {
      retryAfter: RETRY_AFTER,
      outcome: 'not_run' as const,
      ...(hub === undefined ? {} : { active: hub }),
    };
    const error = new DomainError('unavailable', `this hub waits for its turn: ${where}`, details);
    const api = apis.find(({ name }) => path.startsWith(`/${name}/`)) ?? apis.find(({ name }) => name === 'connect');
    const { status, body } = api?.envelope.failure(error, { requestId: '', timestamp }) ?? { status: 503, body: '{}' };
    response.writeHead(status, headers).end(body);
  };
}
