import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Test } from 'tap';

/** A connection to a stdio server without Roundhouse in between, to compare answers with. */
export async function connectDirectly(t: Test, args: readonly string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [...args], stderr: 'ignore' }));
  t.teardown(() => client.close());
  return client;
}
