import { create } from '@bufbuild/protobuf';
import { ToolResultSchema } from '@roundhouse/proto/agent/v1/command';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Operation } from './operation.js';

/** Calls a tool of an MCP server. */
export function callTool(servers: Servers): Operation<'callTool'> {
  return {
    name: 'callTool',
    async run({ serverId, tool, arguments: args, progress }, context) {
      const start = performance.now();
      const onProgress = progress ? context.progress.bind(context) : undefined;
      const onLog = progress ? context.log.bind(context) : undefined;
      const options = { signal: context.signal, onProgress, onLog };
      const { json, isError } = await servers.callTool(serverId, tool, args, options);
      const durationUs = Math.round((performance.now() - start) * 1000);
      return { case: 'tool', value: create(ToolResultSchema, { json, isError, durationUs }) };
    },
  };
}
