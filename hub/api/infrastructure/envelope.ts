import { Type } from 'typebox';
import type { DomainError, ErrorCode } from '../../domain/errors.js';
import { type Envelope, membersOf } from '../../http/api.js';
import { codesOf, failures as common } from '../shared/failures.js';
import { renamed, snakeCase } from '../shared/members.js';

/** `seeds/001`, "Error Codes": its differences, and further codes in its style. */
const failures: typeof common = {
  ...common,
  invalid_login: [401, 'AUTH_INVALID_CREDENTIALS'],
  expired_credential: [401, 'AUTH_TOKEN_EXPIRED'],
  forbidden: [403, 'AUTH_INSUFFICIENT_PERMISSIONS'],
  refused: [403, 'AUTH_INSUFFICIENT_PERMISSIONS'],
  not_found: [404, 'RESOURCE_NOT_FOUND'],
  already_exists: [409, 'RESOURCE_ALREADY_EXISTS'],
  cluster_unreachable: [502, 'K8S_CONNECTION_ERROR'],
  cluster_operation_failed: [422, 'K8S_OPERATION_ERROR'],
  device_unreachable: [502, 'NETWORK_CONNECTION_ERROR'],
  device_command_failed: [422, 'NETWORK_COMMAND_ERROR'],
  device_config_failed: [422, 'NETWORK_CONFIG_ERROR'],
  internal: [500, 'INTERNAL_SERVER_ERROR'],
  rate_limited: [429, 'RATE_LIMIT_EXCEEDED'],
  unauthenticated: [401, 'AUTH_REQUIRED'],
  invalid_credential: [401, 'AUTH_INVALID_TOKEN'],
  conflict: [409, 'RESOURCE_CONFLICT'],
  agent_unreachable: [502, 'AGENT_UNREACHABLE'],
  server_disconnected: [502, 'SERVER_UNREACHABLE'],
};

/** The reasons that have their own answer: an expired time limit, and the obstacle to a change (`device.proto`, `hub/domain/devices`). */
const byReason: Readonly<Record<string, number>> = {
  timeout: 504,
  no_answer: 504,
  config_changed: 409,
  locked: 409,
  change_under_way: 409,
  no_candidate: 409,
  candidate_changed: 409,
  candidate_mixed: 409,
  nothing_to_roll_back: 409,
};

/** The same for clusters (`kubernetes.proto`): a refusal for the credentials, a failure of the cluster, and an expired time limit. */
const byClusterReason: Readonly<Record<string, number>> = {
  timeout: 504,
  no_answer: 504,
  forbidden: 403,
  failed: 502,
};

/** `{status: "success", data, metadata}`, and `{status: "error", error: {code, message, details}}`. */
export const infrastructureEnvelope: Envelope = {
  success(data, extra) {
    const payload = data === undefined ? '' : `,"data":${data}`;
    const further = extra === undefined ? '' : `,${JSON.stringify(extra).slice(1, -1)}`;
    return `{"status":"success"${payload}${further}}`;
  },
  failure(error: DomainError) {
    const [status, code] = failures[error.code];
    const details = renamed(error.details, snakeCase);
    const body = { status: 'error', error: { code, message: error.message, details } };
    const { reason } = error.details;
    return { status: statusByReason(error.code, reason) ?? status, body: JSON.stringify(body) };
  },
  schema: (data, extra) =>
    Type.Object({
      status: Type.Literal('success'),
      ...(data ? { data } : {}),
      ...(extra ? membersOf(extra) : {}),
    }),
  errorSchema: () =>
    Type.Object({
      status: Type.Literal('error'),
      error: Type.Object({
        code: Type.String({ enum: codesOf(failures) }),
        message: Type.String(),
        details: Type.Record(Type.String(), Type.Unknown(), { description: '`retry_after`: seconds' }),
      }),
    }),
};

function statusByReason(code: ErrorCode, reason: unknown): number | undefined {
  if (typeof reason !== 'string') return undefined;
  if (code.startsWith('device_')) return byReason[reason];
  return code.startsWith('cluster_') ? byClusterReason[reason] : undefined;
}
