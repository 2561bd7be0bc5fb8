import type { Logs } from '../drivers/logs/logs.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Sends a server's log, no faster than it is taken. */
export function readLog(servers: Servers, logs: Logs): Operation<'readLog'> {
  return {
    name: 'readLog',
    async transfer({ serverId, lines, sinceMs, follow }, { signal }, output) {
      if (!servers.has(serverId)) {
        throw new AgentFailure('not_found', `no server with the id '${serverId}' is known here`, { serverId });
      }
      const options = { lines, sinceMs: Number(sinceMs), follow, signal };
      for await (const chunk of logs.open(serverId).read(options)) await output.write(chunk);
      if (signal.aborted) throw signal.reason;
    },
  };
}
