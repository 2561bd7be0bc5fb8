import type { ClientAsk } from '../../../domain/mcp/clients/client.js';
import { invalidParams, isObject, type Params, RpcError } from '../json-rpc.js';

/** A request to the client in an `InputRequiredResult`. */
export interface InputRequest {
  readonly method: string;
  readonly params: Params;
}

/** The requests whose answer may be a question. */
export const askingMethods: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/**
 * A question of a server of an earlier version, in the form of 2026-07-28, without references to a session.
 * @throws RpcError if the client lacks the capability: the error is the answer for the server
 */
export function inputRequest({ method, params }: Pick<ClientAsk, 'method' | 'params'>, offered: Params): InputRequest {
  const given: unknown = params === '' ? {} : JSON.parse(params);
  if (!isObject(given)) throw invalidParams('params', 'must be an object');
  const { _meta, task, elicitationId, ...rest } = given;
  const [kind = ''] = method.split('/');
  const capability = offered[kind];
  if (capability === undefined) throw new RpcError(-32601, 'Method not found');
  const has = (part: string) => isObject(capability) && part in capability;
  if (kind === 'elicitation' && rest.mode === 'url' && !has('url')) throw unsupported('elicitation in the mode url');
  if (kind === 'elicitation' && rest.mode !== 'url' && has('url') && !has('form'))
    throw unsupported('elicitation in the mode form');
  if (kind === 'sampling' && (rest.tools !== undefined || rest.toolChoice !== undefined) && !has('tools'))
    throw unsupported('sampling with tools');
  return { method, params: rest };
}

/** The client's answers, by the keys of the questions. @throws RpcError -32602 */
export function readResponses(value: unknown): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw invalidParams('inputResponses', 'must be an object');
  return new Map(
    Object.entries(value).map(([key, response]) => {
      if (!isObject(response)) throw invalidParams(`inputResponses['${key.slice(0, 64)}']`, 'must be an object');
      return [key, JSON.stringify(response)];
    }),
  );
}

/** The questions in the error by which a server of 2025-11-25 asks for a visit to a page; `undefined` for other errors. */
export function pagesToVisit({ code, data }: RpcError): InputRequest[] | undefined {
  if (code !== -32042 || !isObject(data) || !Array.isArray(data.elicitations)) return undefined;
  const asked = data.elicitations.filter(isObject).map(({ elicitationId, ...params }) => params);
  return asked.map((params) => ({ method: 'elicitation/create', params: { ...params, mode: 'url' } }));
}

function unsupported(what: string): RpcError {
  return new RpcError(-32602, `The client does not support ${what}`);
}
