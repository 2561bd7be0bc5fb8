import { memberText, withMembers } from '@roundhouse/proto/json';
import { AgentFailure } from '../../../../failure.js';
import type { Envelope } from '../../call.js';

/** The version without sessions. The agent speaks it in addition to the earlier versions. */
export const MODERN = '2026-07-28';

const PREFIX = 'io.modelcontextprotocol/';

/** A request that names its protocol version. @param params the text of a JSON object */
export function modernRequest(id: number, method: string, params: string, envelope: Envelope): string {
  return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${withEnvelope(params, envelope)}}`;
}

/** Params with the client's description of itself. @param params the text of a JSON object */
export function withEnvelope(params: string, { info, capabilities, logLevel }: Envelope): string {
  const members = [
    `"${PREFIX}protocolVersion":"${MODERN}"`,
    ...(info === '' ? [] : [`"${PREFIX}clientInfo":${info}`]),
    `"${PREFIX}clientCapabilities":${capabilities}`,
    ...(logLevel === '' ? [] : [`"${PREFIX}logLevel":${JSON.stringify(logLevel)}`]),
  ].join(',');
  const { bare, meta } = splitMeta(params);
  return withMembers(bare, `"_meta":${withMembers(meta ?? '{}', members)}`);
}

/** Splits params into the params without `_meta`, and the `_meta`. @param params the text of a JSON object */
export function splitMeta(params: string): { readonly bare: string; readonly meta: string | undefined } {
  const meta = memberText(params, '_meta');
  if (meta === undefined) return { bare: params, meta };
  const tail = `"_meta":${meta}}`;
  // The session puts `_meta` last.
  if (params.endsWith(`,${tail}`)) return { bare: `${params.slice(0, -tail.length - 1)}}`, meta };
  const { _meta, ...rest } = JSON.parse(params) as Record<string, unknown>;
  return { bare: JSON.stringify(rest), meta };
}

/** A server's description of itself, in the form of the answer to `initialize`. @param discovered the result of `server/discover` */
export function asInitialized(discovered: string): string {
  const meta = memberText(discovered, '_meta') ?? '{}';
  const serverInfo = (meta.startsWith('{') ? memberText(meta, `${PREFIX}serverInfo`) : undefined) ?? '{}';
  const instructions = memberText(discovered, 'instructions');
  const tail = instructions === undefined ? '' : `,"instructions":${instructions}`;
  const capabilities = memberText(discovered, 'capabilities') ?? '{}';
  return `{"protocolVersion":"${MODERN}","capabilities":${capabilities},"serverInfo":${serverInfo}${tail}}`;
}

/** The request that a notification of a subscription belongs to; `undefined` for any other. */
export function subscriptionOf(params: unknown): unknown {
  const { _meta } = (params ?? {}) as { readonly _meta?: Readonly<Record<string, unknown>> };
  return typeof _meta === 'object' && _meta !== null ? _meta[`${PREFIX}subscriptionId`] : undefined;
}

/** A notification's params without the id of its subscription, which only the agent knows. */
export function withoutSubscription({ _meta, ...rest }: Readonly<Record<string, unknown>>): object {
  const { [`${PREFIX}subscriptionId`]: _, ...others } = (_meta ?? {}) as Readonly<Record<string, unknown>>;
  return Object.keys(others).length === 0 ? rest : { ...rest, _meta: others };
}

/** Whether only servers of {@link MODERN} answer with this code. */
export function isModernError(code: unknown): boolean {
  return code === -32020 || code === -32021 || code === -32022;
}

/** Whether the headers of a request differ from its body, or lack a header that a tool wants. */
export function isHeaderMismatch(error: unknown): boolean {
  if (!(error instanceof AgentFailure)) return false;
  const { jsonrpc } = error.details as { readonly jsonrpc?: { readonly code?: unknown } };
  return jsonrpc?.code === -32020;
}

export function resultText(id: number | string, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

export function errorText(id: number | string, error: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${error}}`;
}

/** Whether a parsed JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
