import { memberTexts } from '../text/json.js';
import { jsonCost } from '../text/json-cost.js';

/** A parser may hold the event loop with so much work: it takes about 20 ms. */
const mostCost = 200_000;
/** A longer id is no id of a request. */
const mostId = 64;
/** Strings of a result that are longer do not stand in its outline. */
const mostString = 64;

/** The members of a result by which it is checked. */
const outlined = ['content', 'isError', 'resultType'] as const;
/** A result with such a member is read in full: a list of tools, a handshake, a question. */
const read = ['tools', 'protocolVersion', 'supportedVersions', 'inputRequests', 'requestState'] as const;

/**
 * A large message of an MCP server, made ready for the event loop:
 * - `unusable`: it is no JSON-RPC message, or a request or notification that takes too much work.
 * - `whole`: it can be parsed as it is.
 * - otherwise `text` takes its place. With `body`, that is an answer whose result is an outline, and the body is the result itself on one
 *   line; without it, an error.
 */
export type LargeMessage =
  | 'unusable'
  | 'whole'
  | { readonly text: string; readonly body?: Uint8Array<ArrayBuffer> | undefined };

/** Reads a large message; see {@link LargeMessage}. */
export function readLargeMessage(text: string): LargeMessage {
  const cost = jsonCost(text);
  if (cost === undefined) return 'unusable';
  const whole = cost <= mostCost ? 'whole' : undefined;
  const isObject = /^\s*\{/.test(text);
  const [id, method, result, error] = isObject ? memberTexts(text, ['id', 'method', 'result', 'error']) : [];
  if (id === undefined || id.length > mostId || method !== undefined) return whole ?? 'unusable';
  if (result?.startsWith('{') && error === undefined) {
    const values = memberTexts(result, [...outlined, ...read]);
    if (values.slice(outlined.length).every((value) => value === undefined)) {
      const members = outlined.flatMap((name, i) => {
        const value = values[i];
        return value === undefined ? [] : [`"${name}":${outlineOf(value)}`];
      });
      return { text: `{"jsonrpc":"2.0","id":${id},"result":{${members.join(',')}}}`, body: onOneLine(result) };
    }
  }
  if (whole !== undefined) return whole;
  const message = `the answer takes too much work to read: it is longer than 256 KiB and has more than ${mostCost} values`;
  return { text: `{"jsonrpc":"2.0","id":${id},"error":{"code":-32603,"message":"${message}"}}` };
}

/** A value of the same kind, and short. */
function outlineOf(value: string): string {
  if (value.startsWith('[')) return '[]';
  if (value.startsWith('{')) return '{}';
  return value.length > mostString ? '""' : value;
}

/** In valid JSON a line break can only stand between tokens. */
function onOneLine(json: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(json);
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] === 0x0a || bytes[i] === 0x0d) bytes[i] = 0x20;
  return bytes;
}
