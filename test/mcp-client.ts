import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import type { Test } from 'tap';
import { ADMIN_KEY, type Hub } from './roundhouse.js';

/** Where the hub's own tools are. */
export const OPERATIONS = '/mcp?operations=true';

export interface McpClientOptions {
  readonly path?: string;
  readonly key?: string;
  readonly capabilities?: ClientCapabilities;
  /** Called before the client connects: handlers of requests go in here. */
  readonly prepare?: (client: Client) => void;
}

/** The official SDK's client, connected to a hub; it ends with the test. */
export async function mcpClient(
  t: Test,
  hub: Hub,
  { path = '/mcp', key = ADMIN_KEY, capabilities = {}, prepare }: McpClientOptions = {},
): Promise<{ readonly client: Client; readonly transport: StreamableHTTPClientTransport }> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities });
  prepare?.(client);
  const headers = { Authorization: `Bearer ${key}` };
  const transport = new StreamableHTTPClientTransport(new URL(hub.url + path), { requestInit: { headers } });
  t.teardown(async () => {
    await transport.terminateSession().catch(() => {});
    await client.close();
  });
  // The SDK's own types do not agree with each other under `exactOptionalPropertyTypes`.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return { client, transport };
}
