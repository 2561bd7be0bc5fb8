import { objectText } from '../drivers/mcp/object-text.js';
import type { PrivateInstances } from '../drivers/mcp/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import { listeners } from './call-tool.js';
import { readEnvelope } from './envelope.js';
import type { Operation } from './operation.js';

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

/** Passes a client's request to an MCP server. */
export function mcpRequest(servers: Servers, privates: PrivateInstances): Operation<'mcpRequest'> {
  return {
    name: 'mcpRequest',
    async run({ serverId, instanceId, method, params, meta, envelope, ...asked }, context) {
      if (!methods.has(method))
        throw new AgentFailure('unimplemented', `the method '${method.slice(0, 100)}' is not passed on`, { method });
      const text = objectText(params, 'params');
      const options = {
        ...listeners(asked, context),
        signal: context.signal,
        caller: asked.caller,
        meta: meta.length === 0 ? undefined : objectText(meta, 'meta'),
        envelope: readEnvelope(envelope, instanceId),
      };
      const value = await (instanceId === ''
        ? servers.request(serverId, method, text, options)
        : privates.find(instanceId).request(method, text, options));
      return { case: 'json', value };
    },
  };
}
