import type { Domain } from '../../../domain/domain.js';
import { DomainError, type InvalidInput } from '../../../domain/errors.js';
import { McpView } from '../../../domain/mcp/view.js';
import type { OperationKind, StepOperation, StepOperations } from '../../../domain/workflows/kinds.js';
import type { Limits } from '../../../http/access/limits.js';
import { alertOperations } from './alerts.js';
import { clusterOperations } from './clusters/clusters.js';
import { deploymentOperations } from './clusters/deployments.js';
import { podOperations } from './clusters/pods.js';
import { deviceCommandOperations } from './devices/commands.js';
import { deviceBackupOperations, deviceConfigOperations } from './devices/configs.js';
import { deviceOperations } from './devices/devices.js';
import { containerRunOperations } from './docker/container-runs.js';
import { containerLogOperations, containerOperations } from './docker/containers.js';
import { imageOperations } from './docker/images.js';
import { findToolsAmong } from './find-tools.js';
import { jobOperations } from './jobs.js';
import { logOperations } from './logs.js';
import { OperationLimits, perform, type ToolOperation } from './operation.js';
import { serverOperations } from './servers.js';

/** The tools that are operations of workflows' steps, too. */
const stepTools: Readonly<Record<OperationKind, readonly ToolOperation[]>> = {
  device: [...deviceOperations, ...deviceCommandOperations, ...deviceConfigOperations, ...deviceBackupOperations],
  docker: [...containerOperations, ...containerLogOperations, ...containerRunOperations, ...imageOperations],
  kubernetes: [...clusterOperations, ...podOperations, ...deploymentOperations],
  server: serverOperations,
};

/** The hub's own tools, by name. To add a tool: a file in this folder, and a line in one of these two lists. */
export const operations: readonly ToolOperation[] = [
  findToolsAmong(() => operations),
  ...logOperations,
  ...jobOperations,
  ...alertOperations,
  ...Object.values(stepTools).flat(),
].sort((a, b) => (a.name < b.name ? -1 : 1));

const PREFIX = 'roundhouse_';

/**
 * The hub's own tools about servers, containers, clusters and devices, as operations of workflows' steps: by their names without `roundhouse_`.
 * @param limits the rate limits of all APIs of the hub
 */
export function stepOperations(domain: () => Domain, limits?: () => Limits): StepOperations {
  let counted: OperationLimits | undefined;
  const limitsNow = () => {
    counted ??= limits && new OperationLimits(limits());
    return counted;
  };
  const of = (kind: OperationKind) =>
    new Map(stepTools[kind].map((tool) => [tool.name.slice(PREFIX.length), stepOperation(tool, domain, limitsNow)]));
  return { device: of('device'), docker: of('docker'), kubernetes: of('kubernetes'), server: of('server') };
}

function stepOperation(
  tool: ToolOperation,
  domain: () => Domain,
  limits: () => OperationLimits | undefined,
): StepOperation {
  const { name, permission, idempotent: repeatable, json, limit } = tool;
  if (permission === undefined) throw new Error(`${name} has no permission`);
  const { inputSchema: input } = JSON.parse(json) as { readonly inputSchema: StepOperation['input'] };
  return {
    permission,
    repeatable,
    input,
    problems(args) {
      try {
        tool.check(args);
        return [];
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return (error.details as unknown as InvalidInput).problems;
      }
    },
    admit(origin) {
      if (limit) limits()?.count(limit, origin);
    },
    run: (args, origin, signal) => {
      const { caller } = origin;
      if (!caller) throw new DomainError('forbidden', 'a step that does an operation needs a caller');
      const view = new McpView(caller, { operations: true });
      const call = {
        origin,
        view,
        signal,
        client: undefined,
        traceparent: '',
        onProgress: undefined,
        onLog: undefined,
      };
      return perform(domain(), tool, { ...call, reaches() {} }, args);
    },
  };
}
