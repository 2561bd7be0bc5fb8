import type { Servers } from '../drivers/mcp/servers.js';
import type { Operation } from './operation.js';

/** Asks a connected server for a sign of life. */
export function inspectServer(servers: Servers): Operation<'inspectServer'> {
  return {
    name: 'inspectServer',
    async run({ serverId }) {
      const start = performance.now();
      const tools = await servers.ping(serverId);
      const durationMs = Math.round((performance.now() - start) * 1000) / 1000;
      return { case: 'json', value: Buffer.from(JSON.stringify({ durationMs, tools })) };
    },
  };
}
