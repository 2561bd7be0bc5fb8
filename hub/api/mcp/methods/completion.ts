import type { Domain } from '../../../domain/domain.js';
import { ownUri } from '../../../domain/mcp/uris.js';
import type { Method } from '../call.js';
import { isObject } from '../json-rpc.js';
import { invalidParams, RpcError } from '../rpc-error.js';
import { checkReads, onlyServer, pass } from './passing.js';
import { findPrompt } from './prompts.js';

export function completionMethods(domain: Domain) {
  const complete: Method = async (call, params) => {
    const { view } = call;
    checkReads(view);
    const { ref } = params;
    if (!isObject(ref)) throw invalidParams('ref', 'must be an object');
    const method = 'completion/complete';
    if (view.serverId !== undefined) return pass(domain, call, onlyServer(domain, view), method, params);
    if (ref.type === 'ref/prompt') {
      const { server, name } = await findPrompt(domain, call, ref.name);
      return pass(domain, call, server, method, params, { ...params, ref: { ...ref, name } });
    }
    if (ref.type !== 'ref/resource') throw invalidParams('ref.type', 'must be ref/prompt or ref/resource');
    const own = typeof ref.uri === 'string' ? ownUri(ref.uri) : undefined;
    const server = own && domain.registry.find(own.server, view.caller);
    if (!own || !server || !view.covers(server)) throw new RpcError(-32002, 'Resource not found', { uri: ref.uri });
    return pass(domain, call, server, method, params, { ...params, ref: { ...ref, uri: own.uri } });
  };
  return { 'completion/complete': complete };
}
