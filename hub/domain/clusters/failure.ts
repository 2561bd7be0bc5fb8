import { DomainError, type ErrorCode, type InvalidInput } from '../errors.js';
import type { ClusterRecord } from './record.js';

/** Reasons of `kubernetes.proto` that are about the connection. */
const connecting = new Set([
  'unreachable',
  'tls',
  'unauthorized',
  'not_kubernetes',
  'connection_lost',
  'no_connection',
]);
/** Decisions of the site, the agent or the caller: the client gets them as they are. */
const plain = new Set<ErrorCode>(['refused', 'unavailable', 'unimplemented', 'cancelled', 'payload_too_large']);

/**
 * The caller's error for a failure at a cluster: `cluster_unreachable`, `cluster_operation_failed`, or the meaning of the cluster's own
 * refusal (`not_found`, `already_exists`, `conflict`, `invalid_input` naming the field), with `details.reason` as in `kubernetes.proto`.
 * @param fields the API's names of the operation's fields, by their names in the contract or in Kubernetes.
 */
export function clusterError(error: unknown, cluster: ClusterRecord, fields: FieldNames = {}): unknown {
  if (!(error instanceof DomainError)) return error;
  const { code, details } = error;
  const reason = typeof details.reason === 'string' ? details.reason : '';
  const as = (code: ErrorCode, more: Record<string, unknown> = {}, message = error.message) =>
    new DomainError(code, message, { ...details, ...more }, { cause: error });
  if (code === 'agent_unreachable') {
    const message = `the agent of cluster '${cluster.name}' at site '${cluster.site}' cannot be reached: ${error.message}`;
    return as('cluster_unreachable', { reason: 'agent_unreachable' }, message);
  }
  if (plain.has(code)) return error;
  if (reason === 'connection_invalid') {
    const { field, error: told } = problemOf(String(details.field ?? ''), error.message, connectionFields);
    return as('cluster_unreachable', { field }, `${field}: ${told}`);
  }
  if (connecting.has(reason)) return as('cluster_unreachable');
  switch (code) {
    case 'timeout':
      return as(beganAlready(details) ? 'cluster_operation_failed' : 'cluster_unreachable', {
        reason: reason || 'no_answer',
      });
    case 'server_disconnected':
      return as('cluster_unreachable', { reason: reason || 'unreachable' });
    case 'upstream_failed':
      return as('cluster_operation_failed', { reason: reason || 'failed' });
    case 'conflict':
      return reason === 'already_exists' ? as('already_exists', { field: 'name' }) : error;
    case 'invalid_input':
      return invalidAs(error, fields);
    case 'not_found':
      return details.field === undefined ? error : as(code, { field: fieldIn(fields, String(details.field)) });
    default:
      return error;
  }
}

export type FieldNames = Readonly<Record<string, string>>;

/** Whether the request was partly done: a command ran, or a deployment is under way. */
function beganAlready(details: DomainError['details']): boolean {
  return 'ended' in details || 'stdout' in details || 'deployment' in details;
}

/** Every problem under this API's name of its field. */
function invalidAs({ message, details }: DomainError, fields: FieldNames): DomainError {
  const told = Array.isArray(details.errors)
    ? (details.errors as { readonly field?: unknown; readonly message?: unknown }[])
    : [];
  const problems = told.map((one) => problemOf(String(one.field ?? ''), String(one.message ?? message), fields));
  const [first = problemOf(String(details.field ?? ''), message, fields)] = problems;
  const { errors: _, ...rest } = details;
  const named: InvalidInput = { ...first, problems: problems.length > 0 ? problems : [first] };
  return new DomainError('invalid_input', `${first.field}: ${first.error}`, { ...rest, ...named });
}

function problemOf(name: string, message: string, fields: FieldNames): { field: string; error: string } {
  const field = fieldIn(fields, name);
  // The agent's message begins with the field, which the error already names.
  const error = [name, field].reduce((text, word) => {
    const begins = word !== '' && text.startsWith(word) && /^:? /.test(text.slice(word.length));
    return begins ? text.slice(word.length).replace(/^:? /, '') : text;
  }, message);
  return { field, error };
}

/** The entry `''` is for errors without a field. */
function fieldIn(fields: FieldNames, name: string): string {
  const known = fields[name];
  if (known !== undefined) return known;
  const begin = Object.keys(fields).find(
    (one) => one !== '' && (name.startsWith(`${one}.`) || name.startsWith(`${one}[`)),
  );
  if (begin !== undefined) return `${fields[begin]}${name.slice(begin.length)}`;
  return name === '' ? 'body' : name;
}

/** The APIs' names of the members of a connection, by their names in the contract. */
const connectionFields: FieldNames = {
  kubeconfig: 'config.kubeconfig',
  'kubeconfig.context': 'config.context',
  'kubeconfig.current-context': 'config.context',
  'endpoint.url': 'config.host',
  endpoint: 'config.host',
  token: 'config.token',
  ca_certificate: 'config.ca_cert',
  client_certificate: 'config.client_cert',
  client_key: 'config.client_key',
  'agent.context': 'config.context',
  agent: 'config.agent',
  source: 'config',
  '': 'config',
};
