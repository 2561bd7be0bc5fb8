import type { Static } from 'typebox';
import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { Invocation } from '../../domain/tools/invocations.js';
import { type Handlers, Json, reply, StreamReply } from '../../http/endpoint.js';
import type { ToolResult } from '../../http/tool-result.js';
import { connectEnvelope } from './envelope.js';
import { originOf } from './origin.js';
import { type CallListeners, callEvents } from './tool-stream.js';
import type { toolEndpoints } from './tools.js';

export function toolHandlers({ toolList, invocations }: Domain): Handlers<typeof toolEndpoints> {
  return {
    listTools({ query }, { caller }) {
      return new Json(toolList.page(caller, query));
    },

    async invokeTool({ params, query, body }, context) {
      const { caller, signal, traceparent, requestId } = context;
      // The domain writes the entry of every call, also of failed calls.
      context.audit.written = true;
      const call = {
        caller,
        tool: params.name,
        server: body.serverId,
        arguments: body.arguments ?? {},
        timeoutMs: body.timeoutMs,
        signal,
        traceparent,
      };
      const origin = originOf(context);
      if (!query.stream) {
        const invocation = await invocations.invoke(origin, call);
        return reply(new Json<Static<typeof ToolResult>>(invocation.result), metadataOf(invocation));
      }
      const invoke = (listeners: CallListeners) => invocations.invoke(origin, { ...call, ...listeners });
      const events = callEvents(invoke, bodyOf(requestId), { requestId, timestamp: isoTime(Date.now()) });
      return new StreamReply('text/event-stream', events, { 'Cache-Control': 'no-store' });
    },
  };
}

function metadataOf({ server, durationMs, cached }: Invocation) {
  return { metadata: { serverId: server.id, serverName: server.name, durationMs, cached } };
}

/** The body that a call is answered with; the agent has taken line breaks out of results. */
function bodyOf(requestId: string) {
  return (invocation: Invocation) => {
    const result = Buffer.from(invocation.result).toString();
    return connectEnvelope.success(result, metadataOf(invocation), { requestId, timestamp: isoTime(Date.now()) });
  };
}
