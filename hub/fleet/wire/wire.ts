import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CommandSchema } from '@roundhouse/proto/agent/v1/command';
import { AgentClusterKind, type ClusterConnectionSchema } from '@roundhouse/proto/agent/v1/kubernetes';
import type { MetricsReport } from '@roundhouse/proto/agent/v1/metrics';
import {
  Oauth2Grant,
  RestartPolicy,
  type ServerSpecSchema,
  ServerState,
  type ServerReport as WireReport,
} from '@roundhouse/proto/agent/v1/server';
import { type RunSuiteSchema, TestType } from '@roundhouse/proto/agent/v1/suite';
import { type AgentMetric, agentMetrics, longestLabel, valuesOf } from '@roundhouse/proto/agent-metrics';
import { handshakeBound, problemOf, toolsBound } from '@roundhouse/proto/bounds';
import { printable } from '@roundhouse/proto/text';
import type {
  ClusterConnection,
  ClusterOperation,
  DockerOperation,
  McpWishes,
  Plain,
} from '../../domain/agents/contract.js';
import type { ObservedState, Operation, ServerReport, ServerSpec, SuiteOperation } from '../../domain/agents/fleet.js';
import { MalformedReport, toNumber, toText, toToken } from './bounds.js';
import { toWireDeviceOperation } from './devices.js';

const states: Readonly<Record<ServerState, ObservedState>> = {
  [ServerState.UNSPECIFIED]: 'disconnected',
  [ServerState.DISCONNECTED]: 'disconnected',
  [ServerState.CONNECTING]: 'connecting',
  [ServerState.CONNECTED]: 'connected',
  [ServerState.ERROR]: 'error',
};

/** An agent's report in the domain's terms. @throws MalformedReport */
export function toServerReport(report: WireReport): ServerReport {
  return {
    serverId: report.serverId,
    revision: toNumber(report.revision),
    state: states[report.state] ?? 'error',
    error: toText(report.error),
    // Agents leave out further tools, and say so in the server's log.
    tools: report.tools?.tools.slice(0, toolsBound.tools).map(({ name, definition }) => ({ name, definition })),
    toolsMeta: report.tools?.meta,
    initializeResult: toHandshake(report.initializeResult),
    pid: report.pid,
    attempt: report.attempt,
    nextAttemptMs: toNumber(report.nextAttemptMs),
    version: toToken(report.version),
    connectTimeMs: report.connectTimeMs,
    authorizationUrl: toToken(report.authorizationUrl),
    needsConsent: report.needsConsent,
    degraded: report.degraded ? toText(report.degradedReason) || 'degraded' : '',
    containerId: toToken(report.containerId),
    connectedSinceMs: toNumber(report.connectedSinceMs),
    pings: report.pings.map(({ timeMs, passed, durationMs }) => ({ timeMs: toNumber(timeMs), passed, durationMs })),
  };
}

const NO_BYTES = new Uint8Array();

/** A server's answer to `initialize`; empty if it is beyond the bound of agents. */
function toHandshake(json: Uint8Array): Uint8Array {
  return json.length === 0 || problemOf(json, handshakeBound) !== undefined ? NO_BYTES : json;
}

/** The domain's specification of a server in the contract's terms: 64-bit numbers are bigints there. */
export function toWireSpec(spec: ServerSpec): MessageInitShape<typeof ServerSpecSchema> {
  // All other members have the shape of the generated type, made read-only.
  const { limits } = spec;
  const wireLimits = limits && { ...limits, maxResultBytes: BigInt(limits.maxResultBytes) };
  const restartPolicy = restartPolicies[spec.restartPolicy ?? 'always'];
  const own = { revision: BigInt(spec.revision), limits: wireLimits, restartPolicy };
  const wire = { ...spec, ...own, auth: toWireAuth(spec.auth) };
  return wire as MessageInitShape<typeof ServerSpecSchema>;
}

const restartPolicies = {
  always: RestartPolicy.UNSPECIFIED,
  'on-failure': RestartPolicy.ON_FAILURE,
  no: RestartPolicy.NO,
} as const;

function toWireAuth(auth: ServerSpec['auth']) {
  if (auth.case !== 'oauth2') return auth;
  const { consent, ...value } = auth.value;
  const { AUTHORIZATION_CODE: person, UNSPECIFIED: client } = Oauth2Grant;
  return { case: 'oauth2', value: { ...value, grant: consent ? person : client } };
}

type WireOperation = NonNullable<MessageInitShape<typeof CommandSchema>['operation']>;

/** An operation in the contract's terms. */
export function toWireOperation(operation: Operation): WireOperation {
  switch (operation.case) {
    case 'putServer':
      return { case: 'putServer', value: { server: toWireSpec(operation.value.server) } };
    case 'openPrivate':
    case 'mcpRequest':
    case 'mcpNotify':
    case 'closePrivate':
      return operation as WireOperation;
    case 'answerAsk':
      return { case: 'answerAsk', value: operation.value };
    case 'syncMcp':
      return { case: 'syncMcp', value: toWireWishes(operation.value) };
    case 'syncMcpPart': {
      const { number, last } = operation.value;
      return { case: 'syncMcpPart', value: { number, last, ...toWireWishes(operation.value) } };
    }
    case 'switchServer':
      return { case: 'switchServer', value: { ...operation.value, server: toWireSpec(operation.value.server) } };
    case 'keepInstalled':
      return { case: 'keepInstalled', value: { ...operation.value, versions: [...operation.value.versions] } };
    case 'putDevice':
    case 'removeDevice':
    case 'connectDevice':
    case 'disconnectDevice':
    case 'inspectDevice':
    case 'runCommands':
    case 'getConfig':
    case 'applyConfig':
    case 'inspectChange':
      return toWireDeviceOperation(operation);
    case 'listContainers':
    case 'readContainerLog':
    case 'runContainer':
    case 'execContainer':
    case 'openContainerTerminal':
      return toWireDockerOperation(operation);
    case 'checkCluster':
    case 'listNamespaces':
    case 'createNamespace':
    case 'listPods':
    case 'getPod':
    case 'readPodLog':
    case 'execPod':
    case 'listDeployments':
    case 'getDeployment':
    case 'createDeployment':
    case 'scaleDeployment':
    case 'restartDeployment':
    case 'openPodTerminal':
      return toWireClusterOperation(operation);
    case 'runSuite':
      return { case: 'runSuite', value: toWireSuite(operation.value) };
    case 'readLog': {
      const sinceMs = BigInt(Math.max(0, Math.trunc(operation.value.sinceMs)));
      return { case: 'readLog', value: { ...operation.value, sinceMs } };
    }
    case 'searchLog': {
      const { sinceMs, untilMs, serverIds, levels } = operation.value;
      const times = {
        sinceMs: BigInt(Math.max(0, Math.trunc(sinceMs))),
        untilMs: BigInt(Math.max(0, Math.trunc(untilMs))),
      };
      return {
        case: 'searchLog',
        value: { ...operation.value, serverIds: [...serverIds], levels: [...levels], ...times },
      };
    }
    case 'cleanup': {
      const { targets, beforeMs, dryRun, force } = operation.value;
      const value = { targets: [...targets], beforeMs: BigInt(Math.max(0, Math.trunc(beforeMs))), dryRun, force };
      return { case: 'cleanup', value };
    }
    default:
      return operation;
  }
}

function toWireWishes({ instanceIds, interests }: McpWishes) {
  const wanted = interests.map((interest) => ({ ...interest, uris: [...interest.uris] }));
  return { instanceIds: [...instanceIds], interests: wanted };
}

/** An operation on a Docker Engine in the contract's terms: 64-bit numbers are bigints there, and lists its own. */
function toWireDockerOperation(
  operation: DockerOperation,
): NonNullable<MessageInitShape<typeof CommandSchema>['operation']> {
  switch (operation.case) {
    case 'listContainers':
      return { case: 'listContainers', value: { ...operation.value, labels: [...operation.value.labels] } };
    case 'readContainerLog': {
      const { sinceMs, untilMs } = operation.value;
      const times = { sinceMs: milliseconds(sinceMs), untilMs: milliseconds(untilMs) };
      return { case: 'readContainerLog', value: { ...operation.value, ...times } };
    }
    case 'runContainer': {
      const { command, ports, volumes } = operation.value;
      const lists = { command: [...command], ports: [...ports], volumes: [...volumes] };
      return { case: 'runContainer', value: { ...operation.value, ...lists } };
    }
    case 'execContainer':
      return { case: 'execContainer', value: { ...operation.value, command: [...operation.value.command] } };
    case 'openContainerTerminal':
      return { case: 'openContainerTerminal', value: { ...operation.value, command: [...operation.value.command] } };
    default:
      return operation;
  }
}

function milliseconds(ms: number): bigint {
  return BigInt(Math.max(0, Math.trunc(ms)));
}

const types: Readonly<Record<SuiteOperation['value']['types'][number], TestType>> = {
  unit: TestType.UNIT,
  integration: TestType.INTEGRATION,
  performance: TestType.PERFORMANCE,
  security: TestType.SECURITY,
};

/** The tests to run, in the contract's terms. */
function toWireSuite(value: SuiteOperation['value']): MessageInitShape<typeof RunSuiteSchema> {
  return {
    ...value,
    types: value.types.map((type) => types[type]),
    safeTools: [...value.safeTools],
    cases: value.cases.map((declared) => ({ ...declared })),
    approvedTools: { ...value.approvedTools },
  };
}

const clusterKinds = {
  in_cluster: AgentClusterKind.IN_CLUSTER,
  kubeconfig: AgentClusterKind.KUBECONFIG,
} as const;

/** An operation on a cluster in the contract's terms: 64-bit numbers are bigints there, and lists its own. */
function toWireClusterOperation(operation: ClusterOperation): WireOperation {
  const { cluster: connection } = operation.value;
  const cluster = toWireConnection(connection);
  switch (operation.case) {
    case 'readPodLog': {
      const limitBytes = BigInt(operation.value.limitBytes);
      return { case: 'readPodLog', value: { ...operation.value, cluster, limitBytes } };
    }
    case 'execPod': {
      const command = [...operation.value.command];
      return { case: 'execPod', value: { ...operation.value, cluster, command } };
    }
    case 'openPodTerminal': {
      const command = [...operation.value.command];
      return { case: 'openPodTerminal', value: { ...operation.value, cluster, command } };
    }
    default:
      return { case: operation.case, value: { ...operation.value, cluster } } as WireOperation;
  }
}

function toWireConnection(connection: ClusterConnection): MessageInitShape<typeof ClusterConnectionSchema> {
  const { source } = connection;
  const wire =
    source.case === 'agent'
      ? { case: source.case, value: { ...source.value, kind: clusterKinds[source.value.kind] } }
      : { ...source };
  return { ...connection, source: wire, revision: BigInt(connection.revision) };
}

const shapes: ReadonlyMap<number, AgentMetric> = new Map(
  Object.values(agentMetrics).map((metric) => [metric.number, metric]),
);

/** An agent's metrics, for the domain. @throws MalformedReport for a series without the labels and values of its metric. */
export function toMetricsReport({ first, added, changed, gone, leftOut }: MetricsReport): Plain<MetricsReport> {
  for (const { metric, labels, values } of added) {
    const shape = shapes.get(metric);
    if (!shape) continue;
    const expected = shape.labels.length + (shape.subject === 'agent' ? 0 : 1);
    if (labels.length !== expected || values.length !== valuesOf(shape))
      throw new MalformedReport(`a series of '${shape.name}' that has not its labels and values`);
    if (labels.some((label) => label.length > longestLabel))
      throw new MalformedReport(`a series of '${shape.name}' with a label of more than ${longestLabel} characters`);
  }
  return {
    first,
    added: added.map(({ number, metric, labels, values }) => ({
      number,
      metric,
      labels: labels.map((label) => printable(label, longestLabel)),
      values,
    })),
    changed,
    gone,
    leftOut,
  };
}
