import {
  Client,
  type ClientCapabilities,
  StreamableHTTPClientTransport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import type { Test } from 'tap';
import { ADMIN_KEY, type Hub } from './roundhouse.js';

export interface ModernClientOptions {
  readonly path?: string;
  readonly key?: string;
  readonly capabilities?: ClientCapabilities;
  /** Default: `test`. */
  readonly name?: string;
  /** Default: version 2026-07-28 and no other. */
  readonly mode?: VersionNegotiationMode;
  /** Called before the client connects: handlers of requests go in here. */
  readonly prepare?: (client: Client) => void;
}

/** The official SDK's client of protocol version 2026-07-28, connected to a hub; it ends with the test. */
export async function modernClient(
  t: Test,
  hub: Hub,
  {
    path = '/mcp',
    key = ADMIN_KEY,
    capabilities = {},
    name = 'test',
    mode = { pin: '2026-07-28' },
    prepare,
  }: ModernClientOptions = {},
): Promise<Client> {
  const client = new Client({ name, version: '1.0.0' }, { capabilities, versionNegotiation: { mode } });
  prepare?.(client);
  const headers = { Authorization: `Bearer ${key}` };
  t.teardown(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(hub.url + path), { requestInit: { headers } }));
  return client;
}
