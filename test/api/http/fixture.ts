import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';
import { Type } from 'typebox';
import { authorize } from '../../../hub/domain/access/authorize.js';
import {
  type ApiName,
  apiNames,
  type Caller,
  type RequestOrigin,
  type Role,
} from '../../../hub/domain/access/caller.js';
import type { Cancellation } from '../../../hub/domain/cancellation.js';
import { DomainError, type ErrorCode } from '../../../hub/domain/errors.js';
import { createLog } from '../../../hub/host/log.js';
import { Limits } from '../../../hub/http/access/limits.js';
import type { Api, Envelope, LimitClass } from '../../../hub/http/api.js';
import type { BoundEndpoint, Context, EndpointSpec } from '../../../hub/http/endpoint.js';
import type { FailureEntry } from '../../../hub/http/request/audit.js';
import { createHttpServer, type HttpOptions, type HttpServer } from '../../../hub/http/server.js';

const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  invalid_input: 400,
  malformed: 400,
  unauthenticated: 401,
  invalid_credential: 401,
  expired_credential: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  cancelled: 499,
  unavailable: 503,
  timeout: 504,
};

/** An envelope of its own for each API: `form` names the API in every body. */
function envelope(form: ApiName): Envelope {
  return {
    success: (data, extra) => `{"form":"${form}","data":${data ?? 'null'},"extra":${JSON.stringify(extra ?? null)}}`,
    failure: ({ code, message, details }, { requestId }) => ({
      status: form === 'automation' && code === 'invalid_input' ? 422 : (statuses[code] ?? 500),
      body: JSON.stringify({ form, code, message, details, requestId }),
    }),
    schema: (data) => ({ type: 'object', properties: { data: data ?? {} } }),
    errorSchema: () => ({ type: 'object' }),
  };
}

/** The endpoints of the APIs for {@link startHttp}: by name, in the order given. */
export type Tables = Readonly<Partial<Record<ApiName, readonly BoundEndpoint[]>>>;

/** An endpoint with its handler. By default any caller with a credential may call it, and it answers with its input. */
export function on(
  method: EndpointSpec['method'],
  path: string,
  rest: Partial<EndpointSpec> = {},
  handle: (input: { params: never; query: never; body: never }, context: Context) => unknown = (input) => input,
): BoundEndpoint {
  const spec: EndpointSpec = {
    method,
    path,
    summary: path,
    description: path,
    permission: 'authenticated',
    response: Type.Unknown(),
    ...rest,
  };
  return { name: `${method} ${path}`, spec, handle };
}

export function api(name: ApiName, endpoints: readonly BoundEndpoint[], limits: Record<string, LimitClass> = {}): Api {
  return {
    name,
    title: name,
    version: '1.0.0',
    endpoints,
    envelope: envelope(name),
    limits,
    defaultLimit: { read: 'read' in limits ? 'read' : null, write: 'write' in limits ? 'write' : null },
    resetHeader: name === 'backend' ? 'seconds-left' : 'epoch',
    headers: name === 'automation' ? { 'X-API-Version': 'v1' } : {},
  };
}

/** The key of a role, issued by an API (or `none`), of a tier: `key.connect.admin.enterprise`. */
export function keyOf(issuer: ApiName | 'none', role: Role = 'admin', tier: Caller['tier'] = 'enterprise'): string {
  return `key.${issuer}.${role}.${tier ?? 'none'}`;
}

/** A text in the form of a token: its claims are not signed. */
export function tokenOf(issuer: ApiName, role: Role = 'admin'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ api: issuer, role })}.`;
}

const claims = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { api: ApiName; role: Role };
const callers = new Map<string, Caller>();

function callerOf(credential: string): Caller {
  const known = callers.get(credential);
  if (known) return known;
  const isToken = credential.startsWith('eyJ');
  const [word, issuer, role, tier] = isToken
    ? ['key', claims(credential).api, claims(credential).role, 'none']
    : credential.split('.');
  if (credential.endsWith('expired')) throw new DomainError('expired_credential', 'expired');
  if (word !== 'key') throw new DomainError('invalid_credential', 'invalid');
  const caller = {
    kind: isToken ? 'user' : 'api_key',
    id: credential,
    name: 'test',
    userId: null,
    role,
    api: issuer === 'none' ? null : issuer,
    tier: tier === 'none' ? null : tier,
    grants: null,
  } as Caller;
  callers.set(credential, caller);
  return caller;
}

export const authenticate: HttpOptions['authenticate'] = {
  verify: (credential) =>
    credential.startsWith('eyJ')
      ? new Promise((r) => setImmediate(r)).then(() => callerOf(credential))
      : callerOf(credential),
  issuer: (credential) => {
    const issuer = credential.startsWith('eyJ') ? claims(credential).api : credential.split('.')[1];
    return apiNames.find((name) => name === issuer) ?? null;
  },
};

export interface RunningHttp {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
  readonly audits: (RequestOrigin & FailureEntry)[];
  /** Lines that the server logged, parsed. */
  readonly logged: Record<string, unknown>[];
}

/** Starts a server of the given tables (it mounts every API, with an empty table by default); it stops with the test. */
export async function startHttp(
  t: Test,
  tables: Tables | readonly Api[],
  options: Partial<HttpOptions> = {},
): Promise<RunningHttp> {
  const audits: RunningHttp['audits'] = [];
  const logged: RunningHttp['logged'] = [];
  const log = createLog('info', undefined, undefined, {
    write: (line) => void logged.push(JSON.parse(line)),
  });
  const given = tables as Tables;
  const apis = Array.isArray(tables) ? tables : apiNames.map((name) => api(name, given[name] ?? []));
  const limits = options.limits ?? new Limits({ scale: 1 });
  t.teardown(() => limits.close());
  const server = createHttpServer({
    apis,
    limits,
    authenticate,
    authorize,
    audit: { record: (origin, outcome) => void audits.push({ ...origin, ...outcome }) },
    log,
    ...options,
  });
  t.teardown(() => server.close({ graceMs: 0 }));
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return { server, port, url: `http://127.0.0.1:${port}`, audits, logged };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; `undefined` if it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
  readonly json: any;
}

/** Calls with an admin's key unless other headers are given. */
export async function call(
  url: string,
  method = 'GET',
  { headers = { 'x-api-key': keyOf('none') }, body }: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: isText ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** A bare connection, closed with the test. */
export async function dial(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** All data until the other side closes. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

/** Resolves once a handler's work is cancelled. */
export function calledOff(signal: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', resolve, { once: true });
  });
}
