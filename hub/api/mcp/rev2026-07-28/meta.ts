import { memberText, withMember } from '@roundhouse/proto/json';
import type { ClientEnvelope } from '../../../domain/agents/contract.js';
import { isLogLevel, logLevels, type McpLogLevel } from '../../../domain/mcp/clients/client.js';
import { boundedDescription } from '../bounds.js';
import { invalidParams, isObject, type Params } from '../json-rpc.js';

const PREFIX = 'io.modelcontextprotocol/';

/** A request's description of itself and of its client, in place of a session. */
export interface RequestMeta {
  readonly version: string;
  readonly capabilities: Params;
  readonly info: Params | undefined;
  /** The least level of the log messages that the client wants; absent: it wants none. */
  readonly logLevel: McpLogLevel | undefined;
}

/** The version that a message names; `undefined` if it names none, as before 2026-07-28. */
export function claimedVersion({ _meta }: Params): unknown {
  return isObject(_meta) ? _meta[`${PREFIX}protocolVersion`] : undefined;
}

/** @throws RpcError -32602 naming the field that is missing, malformed or too large */
export function readMeta({ _meta }: Params): RequestMeta {
  const meta = isObject(_meta) ? _meta : {};
  const member = (name: string) => meta[PREFIX + name];
  const field = (name: string) => `_meta['${PREFIX}${name}']`;
  const wrong = (name: string, problem: string) => invalidParams(field(name), problem);
  const version = member('protocolVersion');
  if (typeof version !== 'string') throw wrong('protocolVersion', 'must be a string');
  const capabilities = member('clientCapabilities');
  if (!isObject(capabilities)) throw wrong('clientCapabilities', 'must be an object');
  const info = member('clientInfo');
  if (info !== undefined && !isObject(info)) throw wrong('clientInfo', 'must be an object');
  boundedDescription(field('clientCapabilities'), capabilities);
  boundedDescription(field('clientInfo'), info ?? {});
  const logLevel = member('logLevel');
  if (logLevel !== undefined && !isLogLevel(logLevel))
    throw wrong('logLevel', `must be one of: ${logLevels.join(', ')}`);
  return { version, capabilities, info, logLevel };
}

/** The same for servers of this version. */
export function envelopeOf({ capabilities, info, logLevel }: RequestMeta): ClientEnvelope {
  const clientInfo = info === undefined ? '' : JSON.stringify(info);
  return {
    capabilities: Buffer.from(JSON.stringify(capabilities)),
    clientInfo: Buffer.from(clientInfo),
    logLevel: logLevel ?? '',
  };
}

const own = new Set(['protocolVersion', 'clientCapabilities', 'clientInfo', 'logLevel'].map((name) => PREFIX + name));

/** Params without the members of `_meta` that are only for the hub. */
export function withoutOwnMeta(params: Params): Params {
  if (!isObject(params._meta)) return params;
  const rest = Object.entries(params._meta).filter(([name]) => !own.has(name));
  return { ...params, _meta: Object.fromEntries(rest) };
}

/** `_meta` of a notification that belongs to a subscription. */
export function subscriptionMeta(id: string | number): string {
  return JSON.stringify({ [`${PREFIX}subscriptionId`]: id });
}

/** A notification's params (a JSON object) with the `_meta` of a subscription. */
export function ofSubscription(params: string, id: string | number): string {
  const meta = memberText(params, '_meta');
  const own = meta?.startsWith('{')
    ? withMember(meta, `${PREFIX}subscriptionId`, JSON.stringify(id))
    : subscriptionMeta(id);
  return withMember(params, '_meta', own);
}

export const SERVER_INFO = `${PREFIX}serverInfo`;
