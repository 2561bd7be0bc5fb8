import { memberText, withChanged, withMember } from '@roundhouse/proto/json';
import { isObject, RpcError } from '../json-rpc.js';
import { askingMethods } from './input-requests.js';
import { SERVER_INFO } from './meta.js';

/** How long clients may keep results, milliseconds. A client drops a result earlier when a subscription reports a change. */
const ttlMs: Readonly<Record<string, number>> = {
  'server/discover': 60_000,
  'tools/list': 5000,
  'prompts/list': 5000,
  'resources/list': 5000,
  'resources/templates/list': 5000,
  'resources/read': 0,
};

/** The longest state of a server, characters: a longer one would not fit into the client's next request. */
const MAX_STATE = 512 * 1024;

/**
 * A result with the members that version 2026-07-28 requires: its type, its caching, and the server's name. If the server states how long to cache,
 * that stays. The scope is never public, since the result depends on the caller.
 * @param result a JSON object
 * @param serverInfo a JSON object
 */
export function completed(method: string, result: string, serverInfo: string): string {
  const ttl = ttlMs[method];
  const kept = {
    ttlMs: (told = '') => (/^\d{1,12}$/.test(told) ? told : String(ttl)),
    cacheScope: () => '"private"',
  };
  return withChanged(result, {
    resultType: () => '"complete"',
    ...(ttl === undefined ? {} : kept),
    _meta: (meta) => withServer(meta, serverInfo),
  });
}

/** The hub does not read a longer list of questions, characters. */
const MAX_QUESTIONS = 64 * 1024;

/**
 * The answer of a server of this version, unchanged. Two members of a question differ: its state is sealed, and each request of the client has `params`.
 * @param seal of the server's `requestState`
 */
export async function passedOn(
  method: string,
  result: string,
  serverInfo: string,
  seal: (state: string) => Promise<string>,
): Promise<string> {
  const type = memberText(result, 'resultType') ?? '"complete"';
  if (type === '"complete"') return completed(method, result, serverInfo);
  if (type !== '"input_required"') return withServerInfo(result, serverInfo);
  if (!askingMethods.has(method)) throw new RpcError(-32603, `The server asks in place of a result of ${method}`);
  const asked = memberText(result, 'inputRequests');
  const readable = asked === undefined ? result : withMember(result, 'inputRequests', withParams(asked));
  const state = memberText(result, 'requestState');
  if (state === undefined) return withServerInfo(readable, serverInfo);
  if (!state.startsWith('"') || state.length > MAX_STATE)
    throw new RpcError(-32603, 'The requestState of the server is no string, or too long');
  const sealed = await seal(JSON.parse(state) as string);
  return withServerInfo(withMember(readable, 'requestState', JSON.stringify(sealed)), serverInfo);
}

/** Adds `params` to each request that has none. The protocol allows that for roots, but the Go SDK 1.8.0 does not read it. @param asked JSON text */
function withParams(asked: string): string {
  const requests: unknown = asked.length <= MAX_QUESTIONS ? JSON.parse(asked) : undefined;
  if (!isObject(requests)) return asked;
  const bare = Object.entries(requests).filter(([, request]) => isObject(request) && request.params === undefined);
  return withChanged(
    asked,
    Object.fromEntries(bare.map(([key]) => [key, (text = '{}') => withMember(text, 'params', '{}')])),
  );
}

/** @param result a JSON object */
function withServerInfo(result: string, serverInfo: string): string {
  return withChanged(result, { _meta: (meta) => withServer(meta, serverInfo) });
}

function withServer(meta: string | undefined, serverInfo: string): string {
  return withMember(meta?.startsWith('{') ? meta : '{}', SERVER_INFO, serverInfo);
}
