import type { Domain } from '../../domain/domain.js';
import { DomainError, type InvalidInput } from '../../domain/errors.js';
import { McpView } from '../../domain/mcp/view.js';
import type { OperationKind, StepOperation, StepOperations } from '../../domain/workflows/kinds.js';
import type { Limits } from '../../http/access/limits.js';
import { clusterOperations } from './operations/clusters/clusters.js';
import { deploymentOperations } from './operations/clusters/deployments.js';
import { podOperations } from './operations/clusters/pods.js';
import { deviceCommandOperations } from './operations/devices/commands.js';
import { deviceBackupOperations, deviceConfigOperations } from './operations/devices/configs.js';
import { deviceOperations } from './operations/devices/devices.js';
import { containerRunOperations } from './operations/docker/container-runs.js';
import { containerLogOperations, containerOperations } from './operations/docker/containers.js';
import { imageOperations } from './operations/docker/images.js';
import { OperationLimits, type ToolOperation } from './operations/operation.js';
import { perform } from './operations/run.js';
import { serverOperations } from './operations/servers.js';

const tools: Readonly<Record<OperationKind, readonly ToolOperation[]>> = {
  device: [...deviceOperations, ...deviceCommandOperations, ...deviceConfigOperations, ...deviceBackupOperations],
  docker: [...containerOperations, ...containerLogOperations, ...containerRunOperations, ...imageOperations],
  kubernetes: [...clusterOperations, ...podOperations, ...deploymentOperations],
  server: serverOperations,
};
const PREFIX = 'roundhouse_';

/**
 * The hub's own tools about servers, containers, clusters and devices, as operations of workflows' steps: by their names without `roundhouse_`.
 * @param limits of all doors of the hub
 */
export function stepOperations(domain: () => Domain, limits?: () => Limits): StepOperations {
  let counted: OperationLimits | undefined;
  const limitsNow = () => {
    counted ??= limits && new OperationLimits(limits());
    return counted;
  };
  const of = (kind: OperationKind) =>
    new Map(tools[kind].map((tool) => [tool.name.slice(PREFIX.length), stepOperation(tool, domain, limitsNow)]));
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
