/**
 * All error codes of the domain. The set is fixed: each API's `envelope.ts` maps every code to the status and the code word of its own
 * document. Only the code decides about both.
 */
export const errorCodes = [
  /** A field is missing, unknown, or of the wrong form. `details`: {@link InvalidInput}. */
  'invalid_input',
  /** The hub cannot read the request: broken JSON, broken percent-encoding. */
  'malformed',
  'unauthenticated',
  'invalid_credential',
  'expired_credential',
  /** Sign-in with a wrong user name or password; one code for both. */
  'invalid_login',
  'forbidden',
  'not_found',
  /** `details.allow`: the methods that exist here. */
  'method_not_allowed',
  /** The resource is in a state that does not allow this. */
  'conflict',
  'already_exists',
  'payload_too_large',
  /** The hub does not read the body's media type or encoding. */
  'unsupported_media_type',
  /** `details.retryAfter`: whole seconds. */
  'rate_limited',
  /** The MCP server is not connected. */
  'server_disconnected',
  'circuit_open',
  /** The agent of that site is not connected, or the link broke; `details.outcome`: `not_run` or `unknown`. */
  'agent_unreachable',
  /** The hub cannot take more work now; `details.retryAfter`: whole seconds. */
  'unavailable',
  'timeout',
  /** An MCP server, a device or an engine answered with an error, which `details` hold. */
  'upstream_failed',
  /** The agent cannot connect to the network device, or lost the connection; `details.outcome` if the outcome of a change is open. */
  'device_unreachable',
  /** The device refused a command, or never finished it. */
  'device_command_failed',
  /** A configuration cannot be read, put, committed or rolled back. */
  'device_config_failed',
  /** The agent cannot connect to the Kubernetes cluster. */
  'cluster_unreachable',
  /** The cluster refused an operation. */
  'cluster_operation_failed',
  /** The agent does not know this operation. */
  'unimplemented',
  /** The site's own policy forbids it. */
  'refused',
  /** The caller hung up, so no client reads this answer. */
  'cancelled',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** The error of one field. */
export interface Problem {
  /** Path of the field, such as `transport.url`; a query parameter's or path parameter's name. */
  readonly field: string;
  /** The expected form, for people. */
  readonly error: string;
}

/** The details of `invalid_input`: the first problem, and all of them. */
export interface InvalidInput extends Problem {
  /** All problems found, the first included. */
  readonly problems: readonly Problem[];
}

/** The one error type that the domain throws and the APIs render. Messages and details never hold a secret. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The code of a failure; `internal` for any error other than a `DomainError`. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof DomainError ? error.code : 'internal';
}

/** The details of an audit entry about a failure: the error's code, and whether the outcome is unknown. */
export function failureDetails(error: unknown): { readonly error: ErrorCode; readonly outcome?: 'unknown' } {
  const isUnknown = error instanceof DomainError && error.details.outcome === 'unknown';
  return { error: codeOf(error), ...(isUnknown ? { outcome: 'unknown' } : {}) };
}

/** An `invalid_input` error about one field. */
export function invalid(field: string, error: string): DomainError {
  return invalidFields({ field, error });
}

/** An `invalid_input` error about several fields. Its message is about the first. */
export function invalidFields(first: Problem, ...others: readonly Problem[]): DomainError {
  const { field, error } = first;
  return new DomainError('invalid_input', `${field}: ${error}`, { field, error, problems: [first, ...others] });
}

/** The refusal of an outcome to a caller: the work was begun, and may have been done. */
export function ofUnknownOutcome(error: unknown): unknown {
  if (!(error instanceof DomainError)) return error;
  return new DomainError(error.code, error.message, { ...error.details, outcome: 'unknown' }, { cause: error });
}

/** Runs a check of a part. Its `invalid_input` errors name fields of the part; this puts the part's own field before them. */
export function below(part: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'invalid_input') throw error;
    const { problems } = error.details as unknown as InvalidInput;
    const [first, ...others] = problems.map((problem) => ({ ...problem, field: `${part}.${problem.field}` }));
    throw first ? invalidFields(first, ...others) : error;
  }
}

/** The error of a request without a credential. */
export function credentialMissing(): DomainError {
  const message = "Authentication required: send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'";
  return new DomainError('unauthenticated', message);
}

/** A `not_found` error, with the resource's kind and the id that was asked for. */
export function notFound(resource: string, id: string): DomainError {
  return new DomainError('not_found', `${resource} '${id}' not found`, { resource, id });
}
