import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure, ignoreNotFound } from '../failure.js';
import { json, type Operations } from './operation.js';

/** The hub's operations on registered MCP servers. */
export const serverOperations = (servers: Servers, privates: PrivateInstances) =>
  ({
    /** Adds or replaces one server. */
    putServer: ({ server }) => ({ case: 'server', value: servers.put(given(server)) }),

    /** Ends a server, the instances of single clients included, and forgets it. For an unknown server the answer is the same. */
    async removeServer({ serverId }) {
      const removed = servers.remove(serverId).catch(ignoreNotFound);
      await Promise.all([removed, privates.endOf(serverId, 'the server was removed')]);
      return json(null);
    },

    /** Connects a server. It answers once the server is connected, or has failed to be. */
    connectServer: async ({ serverId }, { signal }) => ({
      case: 'server',
      value: await servers.connect(serverId, signal),
    }),

    /** Takes the query that a person brings back from giving consent. It answers once there are tokens. */
    authorizeServer: async ({ serverId, parameters }) => ({
      case: 'server',
      value: await servers.authorize(serverId, parameters),
    }),

    /** Disconnects a server. It answers once nothing of it runs any more, the instances of single clients included. */
    async disconnectServer({ serverId, force, drainMs, timeoutMs }) {
      const report = await servers.disconnect(serverId, { force, drainMs, timeoutMs });
      // The instances end as the server does, and may take longer.
      await privates.ended(serverId, { force, timeoutMs });
      return { case: 'server', value: report };
    },

    /** Asks a connected server for a sign of life. */
    async inspectServer({ serverId }) {
      const start = performance.now();
      const tools = await servers.ping(serverId);
      const durationMs = Math.round((performance.now() - start) * 1000) / 1000;
      return json({ durationMs, tools });
    },

    /** Switches a server to a specification without a gap. It answers once the new instance has taken over, or has failed to. */
    switchServer: async ({ server, drainMs }, { signal }) => ({
      case: 'server',
      value: await servers.switch(given(server), { drainMs, signal }),
    }),
  }) satisfies Partial<Operations>;

/** @throws AgentFailure `invalid_argument` */
function given<T>(server: T | undefined): T {
  if (server === undefined) throw new AgentFailure('invalid_argument', 'server is missing', { field: 'server' });
  return server;
}
