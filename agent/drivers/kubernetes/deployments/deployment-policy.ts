import type { V1Container, V1Deployment, V1LifecycleHandler, V1Probe } from '@kubernetes/client-node';
import { type ClusterPolicy, checkImages, checkPodCommand, checkPodField, checkVariables } from '../cluster/policy.js';
import { expands } from '../expansion.js';
import { imagesOf } from './deployment-manifest.js';

const containers = 'template\\.spec\\.(?:containers|initContainers|ephemeralContainers)\\.';
const resources = '(?:claims\\.name|limits\\..*|requests\\..*)';
const request = 'httpGet\\.(?:path|port|scheme|httpHeaders\\.(?:name|value))';
const check = `(?:exec\\.command|${request}|tcpSocket\\.port|grpc\\.(?:port|service)|sleep\\.seconds)`;
const times =
  '(?:initialDelaySeconds|periodSeconds|timeoutSeconds|successThreshold|failureThreshold|terminationGracePeriodSeconds)';

/**
 * Fields of a deployment, with their values, that give its pods nothing of the cluster, the node or the namespace, or that are judged
 * by themselves: images, commands and the names of variables. The policy judges each other field as a line of its own.
 */
const harmless = new RegExp(
  `^(?:${[
    // An empty object or text is the same as none, except for the source of a volume, a label and an annotation.
    '(?!template\\.spec\\.volumes\\.|(?:template\\.)?metadata\\.)[^=]*=',
    '(?:replicas|minReadySeconds|revisionHistoryLimit|progressDeadlineSeconds|paused)=.*',
    '(?:selector|strategy)\\..*',
    '(?:template\\.)?metadata\\.name=.*',
    '(?:template\\.)?metadata\\.(?:labels|annotations)=',
    `${containers}(?:name|image|imagePullPolicy|command|args|env\\.(?:name|value)|restartPolicy|stdin|stdinOnce|tty)=.*`,
    `${containers}env\\.valueFrom\\.(?:fieldRef|resourceFieldRef)\\..*`,
    `${containers}ports\\.(?:name|containerPort|protocol)=.*`,
    `${containers}resources\\.${resources}=.*`,
    `${containers}volumeMounts\\.(?:name|mountPath|readOnly|recursiveReadOnly|subPath)=.*`,
    `${containers}(?:livenessProbe|readinessProbe|startupProbe)\\.(?:${check}|${times})=.*`,
    `${containers}lifecycle\\.(?:postStart|preStop)\\.${check}=.*`,
    `${containers}terminationMessagePolicy=.*`,
    // Limits of the pod. Only what takes rights away is harmless.
    `(?:${containers}|template\\.spec\\.)securityContext\\.(?:privileged|allowPrivilegeEscalation)=false`,
    `(?:${containers}|template\\.spec\\.)securityContext\\.(?:readOnlyRootFilesystem|runAsNonRoot)=true`,
    `(?:${containers}|template\\.spec\\.)securityContext\\.(?:runAsUser|runAsGroup|fsGroup)=[1-9]\\d*`,
    `(?:${containers}|template\\.spec\\.)securityContext\\.(?:capabilities\\.drop=.*|seccompProfile\\.type=RuntimeDefault)`,
    'template\\.spec\\.(?:hostPID|hostIPC|hostNetwork|hostUsers|automountServiceAccountToken)=false',
    'template\\.spec\\.(?:restartPolicy|terminationGracePeriodSeconds|activeDeadlineSeconds|dnsPolicy)=.*',
    'template\\.spec\\.(?:hostname|subdomain|setHostnameAsFQDN|enableServiceLinks|shareProcessNamespace)=.*',
    'template\\.spec\\.(?:nodeSelector|affinity|topologySpreadConstraints)\\..*',
    'template\\.spec\\.volumes\\.(?:name|emptyDir|emptyDir\\..*|downwardAPI\\..*|image\\.pullPolicy)=.*',
  ].join('|')})$`,
  's',
);

/**
 * Judges a deployment before it is made: its images, the commands that its containers, hooks and probes run, the names of their variables,
 * and each field beyond the harmless ones. @throws AgentFailure `policy`.
 */
export function judgeDeployment(policy: ClusterPolicy, namespace: string, { metadata, spec }: V1Deployment): void {
  checkImages(policy, imagesOf(spec));
  const { containers, initContainers = [], ephemeralContainers = [] } = spec?.template.spec ?? { containers: [] };
  for (const container of [...containers, ...initContainers, ...ephemeralContainers]) {
    for (const command of commandsOf(container)) checkPodCommand(policy, namespace, container.image ?? '', command);
    checkVariables(
      policy,
      (container.env ?? []).map(({ name }) => name),
      (container.envFrom ?? []).length > 0,
    );
  }
  for (const [field, value] of fieldsOf({ metadata, ...spec }, '')) {
    // Without labels of the caller, this label joins a deployment and its pods.
    if (value === metadata?.name && ownLabel.test(field)) continue;
    if (!isHarmless(policy, field, value)) checkPodField(policy, namespace, field, value);
  }
}

const ownLabel = /^(?:template\.)?metadata\.labels\.app$/;
const variableValue = /^template\.spec\.(?:containers|initContainers|ephemeralContainers)\.env\.value$/;
/** The image of a volume: its files may replace the programs of a container. */
const mountedImage = 'template.spec.volumes.image.reference';
/** The rights of files whose text comes from the pod's labels, names and limits. */
const fileModes = /^template\.spec\.volumes\.downwardAPI\.(?:defaultMode|items\.mode)$/;

/** Whether a field needs no line of its own: it is harmless, or the policy judges it in another section. */
function isHarmless(policy: ClusterPolicy, field: string, value: string): boolean {
  if (field === mountedImage) return policy.judges('images');
  // Kubernetes makes another text of it.
  if (variableValue.test(field) && expands(value)) return false;
  // A file that may be executed is a program.
  if (fileModes.test(field)) return (Number(value) & 0o111) === 0;
  return harmless.test(`${field}=${value}`);
}

/** The commands that run in a container: its own, and those of its hooks and probes. `replaces`: in place of the image's program. */
export interface PodCommand {
  readonly replaces: boolean;
  readonly words: readonly string[];
}

function commandsOf(container: V1Container): readonly PodCommand[] {
  const { command = [], args = [], lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  const others: readonly (V1LifecycleHandler | V1Probe | undefined)[] = [
    ...[lifecycle?.postStart, lifecycle?.preStop],
    ...[livenessProbe, readinessProbe, startupProbe],
  ];
  return [
    { replaces: command.length > 0, words: [...command, ...args] },
    ...others.flatMap((other) =>
      other?.exec === undefined ? [] : [{ replaces: true, words: other.exec.command ?? [] }],
    ),
  ];
}

/** The fields of a value that hold texts, numbers and truths, with their paths. Items of a list have the list's path. */
function* fieldsOf(value: unknown, path: string): Generator<readonly [string, string]> {
  if (Array.isArray(value)) {
    for (const item of value) yield* fieldsOf(item, path);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) yield [path, ''];
    for (const [name, below] of entries) yield* fieldsOf(below, path === '' ? name : `${path}.${name}`);
  } else yield [path, String(value)];
}
