import { clusterFailure, invalid } from './failure.js';

/** The rights that a site gives its hub over clusters. */
export interface ClusterPolicy {
  readonly readOnly: boolean;
  /** May this address be dialled? The reason for a refusal, or `undefined`. */
  address(url: string): string | undefined;
  /** The reason for a refusal, or `undefined`. */
  permits(section: 'namespaces' | 'images', text: string): string | undefined;
  /**
   * Whether a command may be run in a container: `line` is its full form, `within` the command by itself. Returns the reason for a refusal,
   * or `undefined`.
   */
  inContainer(line: readonly string[], within: readonly string[]): string | undefined;
}

/** @throws AgentFailure `policy`, or `invalid`, naming the field, for an invalid name. */
export function checkNamespace(policy: ClusterPolicy, namespace: string, field = 'namespace'): void {
  checkLabel(namespace, field);
  forbid(policy.permits('namespaces', namespace));
}

/** Judges the addresses that the hub chose for a cluster. @throws AgentFailure `policy`. */
export function checkAddresses(policy: Pick<ClusterPolicy, 'address'>, addresses: readonly URL[]): void {
  for (const { href } of addresses) forbid(policy.address(href));
}

/** A command in a pod is judged as the line that people would type for it. @throws AgentFailure `policy`. */
export function checkCommand(policy: ClusterPolicy, namespace: string, pod: string, command: readonly string[]): void {
  forbid(policy.inContainer(['kubectl', 'exec', '-n', namespace, pod, '--', ...command], command));
}

/** @throws AgentFailure `read_only`. `what`: the refused action. */
export function checkWritable(policy: ClusterPolicy, what: string): void {
  if (!policy.readOnly) return;
  throw clusterFailure('refused', 'read_only', `this site is read-only: ${what}`, { outcome: 'not_run' });
}

/** @throws AgentFailure `policy`. */
export function checkImages(policy: ClusterPolicy, images: readonly string[]): void {
  for (const image of images) forbid(policy.permits('images', image));
}

function forbid(reason: string | undefined): void {
  if (reason !== undefined) throw clusterFailure('refused', 'policy', reason, { outcome: 'not_run' });
}

/**
 * Checks a name. Names become parts of a path, so the agent refuses each name that Kubernetes would refuse: `..` would change the path.
 * @throws AgentFailure `invalid` naming the field.
 */
export function checkName(name: string, field: string): void {
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) return;
  throw invalid(
    field,
    `${field} must be 1 to 253 lower-case letters, digits, '-' and '.', with a letter or a digit at both ends`,
  );
}

/** As {@link checkName}, for namespaces and containers. */
export function checkLabel(name: string, field: string): void {
  if (name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return;
  throw invalid(
    field,
    `${field} must be 1 to 63 lower-case letters, digits and '-', with a letter or a digit at both ends`,
  );
}
