import type { Domain } from '../../../domain/domain.js';
import { isLogLevel, logLevels } from '../../../domain/mcp/listener.js';
import type { Method } from '../call.js';
import { invalidParams } from '../rpc-error.js';
import { onlyServer } from './passing.js';

export function loggingMethods(domain: Domain) {
  const { mcp } = domain;
  /** Of one instance the servers' word counts; of all others that many share, the least level that anybody wants. */
  const setLevel: Method = async (call, { level }) => {
    if (!isLogLevel(level)) throw invalidParams('level', `must be one of: ${logLevels.join(', ')}`);
    const { client, view } = call;
    if (!client) return '{}';
    client.logLevel = level;
    mcp.clients.interests.applyLevels();
    const params = JSON.stringify({ level });
    if (!client.answers) return '{}';
    if (view.serverId !== undefined) {
      const server = onlyServer(domain, view);
      return mcp.clients.using(client, server, async (instanceId) =>
        instanceId === ''
          ? '{}'
          : mcp.passage.ask({ server, instanceId, method: 'logging/setLevel', params, signal: call.signal }),
      );
    }
    for (const { server, id: instanceId } of mcp.clients.instances.of(client)) {
      const request = { server, instanceId, method: 'logging/setLevel', params };
      // Not every server knows it; those that do not log as they do.
      mcp.passage.send(request).catch(() => {});
    }
    return '{}';
  };
  return { 'logging/setLevel': setLevel };
}
