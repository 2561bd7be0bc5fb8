import { create } from '@bufbuild/protobuf';
import { ToolResultSchema } from '@roundhouse/proto/agent/v1/command';
import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import { objectText } from '../drivers/mcp/object-text.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { readEnvelope } from './envelope.js';
import type { Operation } from './operation.js';

/** Calls a tool of an MCP server. */
export function callTool(servers: Servers, privates: PrivateInstances): Operation<'callTool'> {
  return {
    name: 'callTool',
    async run({ serverId, tool, arguments: args, progress, meta, instanceId, envelope, more, caller }, context) {
      const start = performance.now();
      const onProgress = progress ? context.progress.bind(context) : undefined;
      const onLog = progress ? context.log.bind(context) : undefined;
      const own = meta.length === 0 ? undefined : objectText(meta, 'meta');
      const options = {
        signal: context.signal,
        onProgress,
        onLog,
        caller,
        meta: own,
        envelope: readEnvelope(envelope, instanceId),
        more: objectText(more, 'more', ['name', 'arguments', '_meta']),
      };
      const { json, isError, isQuestion } = await (instanceId === ''
        ? servers.callTool(serverId, tool, args, options)
        : privates.callTool(instanceId, tool, args, options));
      if (isQuestion) return { case: 'json', value: json };
      const durationUs = Math.round((performance.now() - start) * 1000);
      return { case: 'tool', value: create(ToolResultSchema, { json, isError, durationUs }) };
    },
  };
}
