import { type ClientCode, clientCodes } from '../gen/behaviour.js';
import { textWithin } from './body.js';

/** The facts about a failure. */
export interface Failure {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly operation?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Any failure of a call, except its cancellation by the caller. The code is a code of the API, or a code of this client ({@link
 * clientCodes}) with `status` 0.
 */
export class RoundhouseError extends Error {
  override readonly name = 'RoundhouseError';
  /** The API's code, such as `RESOURCE_NOT_FOUND`. */
  readonly code: ClientCode | (string & {});
  /** Of HTTP; 0 where no answer came. */
  readonly status: number;
  /** Further facts from the API, such as the `field` that is wrong. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The id of this request in the hub's log. */
  readonly requestId: string | undefined;
  /** When to come back, milliseconds from the answer on, where the hub said so. */
  readonly retryAfterMs: number | undefined;
  /** The operation that was called, such as `connect.invokeTool`. */
  readonly operation: string | undefined;

  constructor({ code, status, message, details = {}, requestId, retryAfterMs, operation, cause }: Failure) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.details = details;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.operation = operation;
  }
}

type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** The code, message and details of a failure's body in the form of whichever API (or proxy before it) answered. */
export function failureIn(body: unknown): Pick<Failure, 'details'> & { code?: string; message?: string } {
  if (!isObject(body)) return {};
  const { error, detail } = body;
  // `{error: {code, message, details}}`: automation, infrastructure, portal; JSON-RPC has `data` for details.
  const from: Fields = isObject(error) ? error : body;
  const message = text(from.message) ?? text(error) ?? text(detail);
  const details = isObject(from.details) ? from.details : isObject(from.data) ? from.data : {};
  const code = text(from.code);
  return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }), details };
}

/** When to come back, milliseconds: `Retry-After` in seconds or as a date. */
export function retryAfterOf(headers: Headers, now = Date.now()): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** The longest error that is read, bytes. */
const MAX_ERROR_BYTES = 1024 * 1024;

/** Where an answer redirects to; empty in browsers, which do not tell. */
function targetOf({ headers, url }: Response): string {
  const location = headers.get('location') ?? '';
  const base = url || undefined;
  return URL.canParse(location, base) ? ` to ${new URL(location, base).origin}` : '';
}

/** The error that an answer which is no success stands for. Reads its body. */
export async function errorOf(response: Response, operation: string): Promise<RoundhouseError> {
  const raw = (await textWithin(response, MAX_ERROR_BYTES).catch(() => undefined)) ?? '';
  let body: unknown;
  try {
    body = JSON.parse(raw);
  } catch {
    // A proxy's own words are of no use to a program.
  }
  const { status, headers } = response;
  const isRedirect = response.type === 'opaqueredirect' || (status >= 300 && status < 400);
  // The other host would get the request's body.
  const redirected = `The address redirects${targetOf(response)}, and redirects are not followed`;
  const {
    code = `HTTP_${status}`,
    message = `The hub answered ${status} ${response.statusText}`.trim(),
    details,
  } = isRedirect ? { code: clientCodes.INVALID_ANSWER, message: redirected, details: {} } : failureIn(body);
  return new RoundhouseError({
    code,
    status,
    message,
    details: details ?? {},
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterMs: retryAfterOf(headers),
    operation,
  });
}

/** Node's codes for an address that cannot be reached. */
const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The error of a call that got no answer, or not the whole of it. A change may have been made unless the hub was not reached. */
export function connectionFailed(
  cause: unknown,
  { id, verb }: { readonly id: string; readonly verb: string },
  address: string,
): RoundhouseError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner);
  const { code, syscall } = (inner ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  const isReached = !unreached.has(String(code)) && syscall !== 'connect';
  const details = verb === 'GET' ? {} : { outcome: isReached ? 'unknown' : 'not_run' };
  const what = isReached ? 'The connection broke before the answer was complete, to' : 'The hub cannot be reached at';
  const message = `${what} ${address}: ${reason}`;
  return new RoundhouseError({ code: 'CONNECTION_FAILED', status: 0, message, details, operation: id, cause });
}
