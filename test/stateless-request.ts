import { ADMIN_KEY, type Hub } from './roundhouse.js';

export interface StatelessRequest {
  readonly path?: string;
  readonly key?: string;
  readonly capabilities?: object;
  /** Added to the headers that the request needs. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request of protocol version 2026-07-28, without the SDK's client: the test itself does all work between two rounds. */
export async function statelessRequest(
  hub: Pick<Hub, 'url'>,
  method: string,
  params: Readonly<Record<string, unknown>>,
  { path = '/mcp', key = ADMIN_KEY, capabilities = {}, headers = {} }: StatelessRequest = {},
) {
  const { name = params.uri, _meta } = params;
  const version = '2026-07-28';
  const own = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
  const response = await fetch(hub.url + path, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${key}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': version,
      'Mcp-Method': method,
      ...(typeof name === 'string' ? { 'Mcp-Name': name } : {}),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: { ...own, ...(_meta ?? {}) } } }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  return (await response.json()) as any;
}
