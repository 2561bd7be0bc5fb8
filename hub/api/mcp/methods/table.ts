import type { Domain } from '../../../domain/domain.js';
import { isLogLevel, logLevels } from '../../../domain/mcp/clients/client.js';
import type { Method } from '../call.js';
import { invalidParams } from '../json-rpc.js';
import type { OperationRunner, ToolOperation } from '../operations/operation.js';
import { onlyServer } from './passing.js';
import { completionMethods, promptMethods } from './prompts.js';
import { resourceMethods } from './resources.js';
import { toolMethods } from './tools.js';

/** The methods of the protocol that are the same for all transports, with a session and without. */
export function createMethods(
  domain: Domain,
  operations: readonly ToolOperation[],
  runner: OperationRunner,
): ReadonlyMap<string, Method> {
  return new Map<string, Method>(
    Object.entries({
      ping: () => '{}',
      ...toolMethods(domain, operations, runner),
      ...resourceMethods(domain),
      ...promptMethods(domain),
      ...completionMethods(domain),
      ...loggingMethods(domain),
    }),
  );
}

export function loggingMethods(domain: Domain) {
  const { mcp } = domain;
  /** A private instance has the log level of its client. A shared instance has the lowest level that one of its clients wants. */
  const setLevel: Method = async (call, { level }) => {
    if (!isLogLevel(level)) throw invalidParams('level', `must be one of: ${logLevels.join(', ')}`);
    const { client, view } = call;
    if (!client) return '{}';
    mcp.clients.setLevel(client, level);
    const params = JSON.stringify({ level });
    if (!client.answers) return '{}';
    if (view.serverId !== undefined) {
      const server = onlyServer(domain, view);
      return mcp.clients.using(client, server, async (instanceId) =>
        instanceId === ''
          ? '{}'
          : mcp.passThrough.ask({ server, instanceId, method: 'logging/setLevel', params, signal: call.signal }),
      );
    }
    for (const instance of mcp.clients.instances.of(client)) mcp.clients.levels.tell(instance);
    return '{}';
  };
  return { 'logging/setLevel': setLevel };
}
