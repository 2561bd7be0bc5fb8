import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CommandSchema } from '@roundhouse/proto/agent/v1/command';
import type { DockerOperation } from '../domain/agents/fleet-docker.js';

/** An operation on a Docker Engine in the contract's terms: 64-bit numbers are bigints there, and lists its own. */
export function toWireDockerOperation(
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
    default:
      return operation;
  }
}

function milliseconds(ms: number): bigint {
  return BigInt(Math.max(0, Math.trunc(ms)));
}
