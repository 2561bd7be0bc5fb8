import type { Domain } from '../../domain/domain.js';
import { type Handlers, Json, reply } from '../../http/endpoint.js';
import { originOf } from './origin.js';
import type { toolEndpoints } from './tools.js';

export function toolHandlers({ toolList, invocations }: Domain): Handlers<typeof toolEndpoints> {
  return {
    listTools({ query }, { caller }) {
      return new Json(toolList.page(caller, query));
    },

    async invokeTool({ params, body }, context) {
      const { caller, signal, traceparent } = context;
      // The domain writes the entry of every call, of those that fail too.
      context.audit.written = true;
      const { result, server, durationMs, cached } = await invocations.invoke(originOf(context), {
        caller,
        tool: params.name,
        server: body.serverId,
        arguments: body.arguments ?? {},
        timeoutMs: body.timeoutMs,
        signal,
        traceparent,
      });
      const metadata = { serverId: server.id, serverName: server.name, durationMs, cached };
      return reply(new Json<{ content: unknown[]; isError: boolean }>(result), { metadata });
    },
  };
}
