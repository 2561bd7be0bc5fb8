import { create } from '@bufbuild/protobuf';
import { ToolResultSchema } from '@roundhouse/proto/agent/v1/command';
import { objectText } from '../drivers/mcp/object-text.js';
import type { PrivateInstances } from '../drivers/mcp/private-instances.js';
import type { CallOptions, Servers } from '../drivers/mcp/servers.js';
import { readEnvelope } from './envelope.js';
import type { Operation, OperationContext } from './operation.js';

/** Calls a tool of an MCP server. */
export function callTool(servers: Servers, privates: PrivateInstances): Operation<'callTool'> {
  return {
    name: 'callTool',
    async run({ serverId, tool, arguments: args, meta, instanceId, envelope, more, ...asked }, context) {
      const start = performance.now();
      const own = meta.length === 0 ? undefined : objectText(meta, 'meta');
      const options = {
        ...listeners(asked, context),
        signal: context.signal,
        caller: asked.caller,
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

/** The listeners of a request's progress and log messages. A server gets a progress token only where there is a listener of progress. */
export function listeners(
  { progress, onlyLogs }: { readonly progress: boolean; readonly onlyLogs: boolean },
  context: Pick<OperationContext, 'progress' | 'log'>,
): Pick<CallOptions, 'onProgress' | 'onLog'> {
  return {
    onProgress: progress && !onlyLogs ? context.progress.bind(context) : undefined,
    onLog: progress ? context.log.bind(context) : undefined,
  };
}
