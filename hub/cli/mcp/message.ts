export type RequestId = string | number;
type Fields = Readonly<Record<string, unknown>>;

/** One line of a client: a JSON-RPC message, or in version 2025-03-26 an array of messages. */
export interface ClientMessage {
  /** The text of the client. */
  readonly text: string;
  /** The requests in it that wait for an answer. */
  readonly ids: readonly RequestId[];
  /** The method of a single message; empty for a response and for an array. */
  readonly method: string;
  readonly params: Fields;
  /** The protocol version in the message itself, which messages without a session have (2026-07-28). */
  readonly version: string | undefined;
}

const VERSION = 'io.modelcontextprotocol/protocolVersion';

/** Reads one line. @throws SyntaxError for text that is no JSON, TypeError for JSON that is no message. */
export function readMessage(text: string): ClientMessage {
  const value: unknown = JSON.parse(text);
  const all = Array.isArray(value) ? value : [value];
  if (all.length === 0 || !all.every(isObject)) throw new TypeError('a message is an object');
  const ids = all.filter(({ method }) => typeof method === 'string').map(({ id }) => id);
  const only = Array.isArray(value) ? {} : (all[0] ?? {});
  const params = isObject(only.params) ? only.params : {};
  const meta = isObject(params._meta) ? params._meta : {};
  const version = meta[VERSION];
  return {
    text,
    ids: ids.filter(isId),
    method: typeof only.method === 'string' ? only.method : '',
    params,
    version: typeof version === 'string' ? version : undefined,
  };
}

/** The ids of the requests that the hub answers with a message, or an array of them. */
export function answeredBy(text: string): RequestId[] {
  const value: unknown = JSON.parse(text);
  const all = Array.isArray(value) ? value : [value];
  return all
    .filter(isObject)
    .filter(({ method }) => method === undefined)
    .map(({ id }) => id)
    .filter(isId);
}

/** JSON text on one line. Between tokens a line break means nothing, and a string holds no line breaks. */
export function onOneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').trim();
}

export function errorLine(id: RequestId | null, error: { readonly code: number; readonly message: string }): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isId(id: unknown): id is RequestId {
  return typeof id === 'string' || typeof id === 'number';
}
