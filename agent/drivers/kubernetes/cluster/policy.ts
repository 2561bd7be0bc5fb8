import { unescaped } from '../expansion.js';
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
  /** May a program be given this environment variable? The reason for a refusal, or `undefined`. */
  variable(name: string): string | undefined;
  /** Whether the policy has rules for images, or for environment variables. */
  judges(section: 'images' | 'environment'): boolean;
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

/** A command of a new pod is judged as the line that stands for it. @throws AgentFailure `policy`. */
export function checkPodCommand(
  policy: ClusterPolicy,
  namespace: string,
  image: string,
  { replaces, words }: { readonly replaces: boolean; readonly words: readonly string[] },
): void {
  const line = ['kubectl', 'run', '-n', namespace, ...(replaces ? ['--command'] : []), image, ...words];
  forbid(policy.inContainer(line, words.map(unescaped)));
}

/** A field of a new pod is judged as a line of its own. The refusal names the field. @throws AgentFailure `policy`. */
export function checkPodField(policy: ClusterPolicy, namespace: string, field: string, value: string): void {
  if (policy.inContainer(['kubectl', 'set', '-n', namespace, `${field}=${value}`], []) === undefined) return;
  forbid(`this site does not allow the field ${field} of a deployment with this value`);
}

/** The labels and annotations of a new namespace are judged as lines of their own. @throws AgentFailure `policy`. */
export function checkNamespaceTexts(
  policy: ClusterPolicy,
  namespace: string,
  { labels, annotations }: Readonly<Record<'labels' | 'annotations', Readonly<Record<string, string>>>>,
): void {
  for (const [verb, texts] of [['label', labels] as const, ['annotate', annotations] as const])
    for (const [name, value] of Object.entries(texts))
      if (policy.inContainer(['kubectl', verb, 'namespace', namespace, `${name}=${value}`], []) !== undefined)
        forbid(
          `this site does not allow the ${verb === 'label' ? verb : 'annotation'} ${name} of a namespace with this value`,
        );
}

/** @param unknown whether there are variables whose names are not known. @throws AgentFailure `policy`. */
export function checkVariables(policy: ClusterPolicy, names: readonly string[], unknown: boolean): void {
  for (const name of names) forbid(policy.variable(name));
  if (unknown && policy.judges('environment'))
    forbid('this site judges environment variables, and the names of those of envFrom are not known');
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

/** Judges the image of a container that exists. `undefined`: it cannot be read. @throws AgentFailure `policy`. */
export function checkRunningImage(policy: ClusterPolicy, image: string | undefined): void {
  if (image !== undefined) checkImages(policy, [image]);
  else if (policy.judges('images')) forbid('this site judges images, and the image of this container cannot be read');
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
