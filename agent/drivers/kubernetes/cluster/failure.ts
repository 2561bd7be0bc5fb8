import { AgentFailure, type FailureKind } from '../../../failure.js';

/** Why an operation on a cluster failed: `details.reason` of the contract (`kubernetes.proto`). */
export type ClusterReason =
  | 'unreachable'
  | 'tls'
  | 'unauthorized'
  | 'not_kubernetes'
  | 'timeout'
  | 'connection_lost'
  | 'connection_invalid'
  | 'no_connection'
  | 'forbidden'
  | 'not_found'
  | 'already_exists'
  | 'conflict'
  | 'too_old'
  | 'invalid'
  | 'too_many_requests'
  | 'failed'
  | 'policy'
  | 'read_only'
  | 'container_required'
  | 'container_not_found'
  | 'not_running'
  | 'stdin_unsupported';

/** A failure with its reason. Messages and details never hold credentials. */
export function clusterFailure(
  kind: FailureKind,
  reason: ClusterReason,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): AgentFailure {
  return new AgentFailure(kind, message, { ...details, reason });
}

/** The reason of a failure, if it has one. */
export function reasonOf(error: unknown): ClusterReason | undefined {
  if (!(error instanceof AgentFailure)) return undefined;
  const { reason } = error.details;
  return typeof reason === 'string' ? (reason as ClusterReason) : undefined;
}

/** The request is wrong, and was not sent. `field`: the position of the error in the request. */
export function invalid(field: string, message: string): AgentFailure {
  return clusterFailure('invalid_argument', 'invalid', message, {
    field,
    errors: [{ field, message }],
    outcome: 'not_run',
  });
}

/** The connection's settings are wrong. `field`: the position within the contract's ClusterConnection. */
export function connectionInvalid(field: string, message: string): AgentFailure {
  return clusterFailure('invalid_argument', 'connection_invalid', message, { field, outcome: 'not_run' });
}

/** The server at the address answers, but not as Kubernetes does. */
export function notKubernetes(address: string, what: string): AgentFailure {
  return clusterFailure('disconnected', 'not_kubernetes', `${address} does not answer as Kubernetes does: ${what}`);
}

/** An answer that is no success. */
export interface Refusal {
  /** Host and port of the server that answered. */
  readonly address: string;
  readonly status: number;
  readonly body: string;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | undefined;
}

/** The used fields of Kubernetes' `Status` object. Any of them may be missing, or of another type. */
interface Status {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: {
    readonly name?: unknown;
    readonly kind?: unknown;
    readonly retryAfterSeconds?: unknown;
    readonly causes?: unknown;
  } | null;
}

type Meaning = readonly [FailureKind, ClusterReason];

const byStatus: Readonly<Record<number, Meaning>> = {
  400: ['invalid_argument', 'invalid'],
  401: ['disconnected', 'unauthorized'],
  403: ['upstream', 'forbidden'],
  404: ['not_found', 'not_found'],
  409: ['conflict', 'conflict'],
  410: ['conflict', 'too_old'],
  413: ['invalid_argument', 'invalid'],
  415: ['invalid_argument', 'invalid'],
  422: ['invalid_argument', 'invalid'],
  429: ['overloaded', 'too_many_requests'],
  504: ['timeout', 'timeout'],
};

/** The failure for a cluster's refusal, with the reasons of `kubernetes.proto`. */
export function statusFailure({ address, status, body, retryAfter }: Refusal): AgentFailure {
  const said = parseStatus(body);
  if (said === undefined && status !== 401 && status !== 403 && status !== 429 && status < 500) {
    return notKubernetes(address, `HTTP status ${status}`);
  }
  const message = readable(said?.message) ?? `the cluster answered with HTTP status ${status}`;
  const [kind, reason] = meaning(status, said, message);
  const details: Record<string, unknown> = { status };
  if (typeof said?.details?.name === 'string') details.name = said.details.name;
  if (typeof said?.details?.kind === 'string') details.kind = said.details.kind;
  if (reason === 'invalid') {
    const errors = causes(said);
    details.errors = errors.length > 0 ? errors : [{ field: '', message }];
    if (errors[0] !== undefined) details.field = errors[0].field;
  }
  if (kind === 'overloaded') details.retryAfterMs = 1000 * seconds(said?.details?.retryAfterSeconds ?? retryAfter);
  // The cluster has refused the request, and changed nothing.
  if (status < 500) details.outcome = 'not_run';
  return clusterFailure(kind, reason, message, details);
}

function meaning(status: number, said: Status | undefined, message: string): Meaning {
  if (status === 409 && said?.reason === 'AlreadyExists') return ['conflict', 'already_exists'];
  // The answer to requests for logs and commands while a container does not run yet.
  if (status === 400 && /waiting to start|is not running|not (?:yet )?available/.test(message)) {
    return ['conflict', 'not_running'];
  }
  if (status === 400 && /previous terminated container .* not found/.test(message)) return ['not_found', 'not_found'];
  return byStatus[status] ?? ['upstream', 'failed'];
}

function causes(said: Status | undefined): { readonly field: string; readonly message: string }[] {
  const list: unknown = said?.details?.causes;
  if (!Array.isArray(list)) return [];
  return list.slice(0, 100).flatMap((cause: unknown) => {
    const { field, message } = (cause ?? {}) as { field?: unknown; message?: unknown };
    if (typeof field !== 'string' || field === '') return [];
    return [{ field, message: readable(message) ?? 'is not valid' }];
  });
}

function seconds(value: unknown): number {
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isFinite(number) && number > 0 ? Math.min(number, 3600) : 1;
}

/** A message for people, of limited length. Decoders quote the text around an error, which may hold secrets. */
function readable(message: unknown): string | undefined {
  if (typeof message !== 'string' || message === '') return undefined;
  return (message.split(/, error found in #|, bigger context /)[0] ?? '').slice(0, 2000);
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isStatus = typeof value === 'object' && value !== null && (value as Status).kind === 'Status';
    return isStatus ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}
