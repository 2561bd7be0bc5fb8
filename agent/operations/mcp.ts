import type { Envelope as WireEnvelope } from '@roundhouse/proto/agent/v1/mcp';
import { type CalledTool, type CallOptions, type Envelope, objectText } from '../drivers/mcp/call.js';
import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import { type Answer, json, type OperationContext, type Operations } from './operation.js';

/** The methods that may be passed on. Tool calls have an operation of their own, with rules of their own. */
const methods = new Set([
  'server/discover',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
]);

/** The params of a tool call that the agent writes itself. */
const ownParams = ['name', 'arguments', '_meta'];

const levelForm = /^[a-z]{0,16}$/;

/** Requests to MCP servers for the hub's clients, and the instances that belong to single clients. */
export const mcpOperations = (servers: Servers, privates: PrivateInstances) =>
  ({
    /** Calls a tool of an MCP server. */
    callTool(request, context) {
      const { serverId, instanceId, tool, arguments: args, more } = request;
      const start = performance.now();
      const options = callOptions(request, context, objectText(more, 'more', ownParams));
      const called =
        instanceId === ''
          ? servers.callTool(serverId, tool, args, options)
          : privates.callTool(instanceId, tool, args, options);
      return called.then((result) => toolAnswer(result, start));
    },

    /** Passes a client's request to an MCP server. */
    async mcpRequest(request, context) {
      const { serverId, instanceId, method } = request;
      if (!methods.has(method))
        throw new AgentFailure('unimplemented', `the method '${method.slice(0, 100)}' is not passed on`, { method });
      const params = objectText(request.params, 'params');
      const options = callOptions(request, context);
      const value = await (instanceId === ''
        ? servers.request(serverId, method, params, options)
        : privates.find(instanceId).request(method, params, options));
      return { case: 'json', value };
    },

    /** Passes a client's notification to its own instance. */
    mcpNotify({ instanceId, method, params }) {
      // The method goes into a message unchanged.
      if (!/^notifications\/[A-Za-z0-9_/-]{1,100}$/.test(method))
        throw new AgentFailure('invalid_argument', 'this is no notification', { field: 'method' });
      privates.find(instanceId).notify(method, params.length === 0 ? '' : objectText(params, 'params'));
      return json(null);
    },

    /** Opens an instance of a server that belongs to one client. */
    async openPrivate({ serverId, instanceId, capabilities, clientInfo }) {
      if (instanceId === '')
        throw new AgentFailure('invalid_argument', 'instance_id is missing', { field: 'instance_id' });
      const client = {
        capabilities: objectText(capabilities, 'capabilities'),
        info: objectText(clientInfo, 'client_info'),
      };
      return { case: 'json', value: await privates.open(serverId, instanceId, client) };
    },

    /** Ends an instance that belonged to one client. It answers once nothing of the instance runs any more. */
    async closePrivate({ instanceId }) {
      await privates.close(instanceId);
      return json(null);
    },

    /** Passes a client's answer to its server. */
    answerAsk({ instanceId, askId, answer }) {
      if (answer.case === undefined)
        throw new AgentFailure('invalid_argument', 'answer is missing', { field: 'answer' });
      privates.find(instanceId).answer(askId, answer.case, valueText(answer.value));
      return json(null);
    },

    /** Sets the subscriptions and instances for the hub's clients to the hub's list, and ends all others. */
    syncMcp({ instanceIds, interests }) {
      const missing = privates.keep(instanceIds);
      servers.setInterests(interests);
      return json({ missing });
    },

    /** Does the same with a part of the list. The last part ends all others. */
    syncMcpPart({ number, last, instanceIds, interests }) {
      servers.addInterests(number, interests);
      if (!last) return json(null);
      const missing = privates.keep(instanceIds);
      servers.endOtherInterests();
      return json({ missing });
    },
  }) satisfies Partial<Operations>;

/** @param start when the call began, as `performance.now` counts. The message is written by hand: `create` works by reflection. */
function toolAnswer({ json, isError, isQuestion }: CalledTool, start: number): Answer {
  if (isQuestion) return { case: 'json', value: json };
  const durationUs = Math.round((performance.now() - start) * 1000);
  return { case: 'tool', value: { $typeName: 'agent.v1.ToolResult', json, isError, durationUs } };
}

/** The fields that tool calls and other requests have in common. */
interface ClientRequest {
  readonly instanceId: string;
  readonly progress: boolean;
  readonly onlyLogs: boolean;
  readonly meta: Uint8Array;
  readonly caller: string;
  readonly envelope?: WireEnvelope | undefined;
}

/** @throws AgentFailure `invalid_argument` */
function callOptions(request: ClientRequest, context: OperationContext, more?: string): CallOptions {
  const { instanceId, progress, onlyLogs, meta, caller, envelope } = request;
  return {
    signal: context.signal,
    // A server gets a progress token only where there is a listener of progress.
    onProgress: progress && !onlyLogs ? context.progress.bind(context) : undefined,
    onLog: progress ? context.log.bind(context) : undefined,
    caller,
    meta: meta.length === 0 ? undefined : objectText(meta, 'meta'),
    envelope: readEnvelope(envelope, instanceId),
    more,
  };
}

/**
 * The caller of a request of protocol version 2026-07-28; `undefined` for any other request.
 * @throws AgentFailure `invalid_argument`, also for a request to a private instance, which knows its client.
 */
function readEnvelope(wire: WireEnvelope | undefined, instanceId: string): Envelope | undefined {
  if (wire === undefined) return undefined;
  if (instanceId !== '')
    throw new AgentFailure('invalid_argument', 'envelope is not for private instances', { field: 'envelope' });
  const { capabilities, clientInfo, logLevel } = wire;
  const field = 'envelope.log_level';
  if (!levelForm.test(logLevel)) throw new AgentFailure('invalid_argument', `${field} is no log level`, { field });
  return {
    capabilities: objectText(capabilities, 'envelope.capabilities'),
    info: clientInfo.length === 0 ? '' : objectText(clientInfo, 'envelope.client_info'),
    logLevel,
  };
}

function valueText(bytes: Uint8Array): string {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    throw new AgentFailure('invalid_argument', 'answer is not JSON', { field: 'answer' });
  }
}
