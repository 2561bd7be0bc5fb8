import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import t, { type Test } from 'tap';
import { mcpClient } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import { part } from '../parts.js';
import { ADMIN_KEY, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { buildGoClient, fastmcpClient, pythonClient } from '../sdk-clients.js';

/** The MCP project's server that counts the thoughts of its client. */
const thinking = [fixture('published'), 'sequential-thinking'];
const bin = fileURLToPath(new URL('../../agent/bin/roundhouse.mjs', import.meta.url));
const answer = { action: 'accept', content: {} } as const;

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
});

/** The common part of the clients of both SDKs. */
interface Thinker {
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
}

/** Registers a server that has counted nothing yet; gives the path to it. */
async function newServer(name: string): Promise<string> {
  await hub.connectServer({ name, transport: { type: 'stdio', command: process.execPath, args: thinking } });
  return `/mcp/servers/${name}`;
}

const thought = { thought: 'x', nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 10 };

async function think(client: Thinker): Promise<number> {
  const answered = await client.callTool({ name: 'sequentialthinking', arguments: thought });
  return (answered as { structuredContent: { thoughtHistoryLength: number } }).structuredContent.thoughtHistoryLength;
}

async function countsToTen(t: Test, client: Thinker): Promise<void> {
  const counts = async () => [await think(client), await think(client), await think(client)];
  t.same(await counts(), [1, 2, 3]);
  const atOnce = await Promise.all([think(client), think(client), think(client)]);
  t.same(atOnce.sort(), [4, 5, 6], 'three at once');
  t.same(await counts(), [7, 8, 9]);
  t.equal(await think(client), 10);
}

/** `roundhouse mcp`, with the official SDK's client before it. */
async function bridged(t: Test, path: string, mode: 'auto' | 'legacy'): Promise<Client> {
  const args = [bin, 'mcp', '--hub', hub.url, '--server', path.split('/').at(-1) ?? ''];
  const env = { ...(process.env as Record<string, string>), ROUNDHOUSE_API_KEY: ADMIN_KEY };
  const client = new Client(
    { name: 'bridged', version: '1.0.0' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode } },
  );
  client.setRequestHandler('elicitation/create', () => answer);
  t.teardown(() => client.close());
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
  return client;
}

const older = async (t: Test, path: string) => {
  const { client } = await mcpClient(t, hub, {
    path,
    capabilities: { elicitation: {} },
    prepare: (made) => made.setRequestHandler(ElicitRequestSchema, () => answer),
  });
  return client;
};
const newer = (t: Test, path: string) =>
  modernClient(t, hub, {
    path,
    capabilities: { elicitation: {} },
    prepare: (made) => made.setRequestHandler('elicitation/create', () => answer),
  });

const ways: Readonly<Record<string, (t: Test, path: string) => Promise<Thinker>>> = {
  'a client with a session': older,
  'a client with a session that cannot be asked': async (t, path) => (await mcpClient(t, hub, { path })).client,
  'a client of 2026-07-28': newer,
  'a client of 2026-07-28 that cannot be asked': (t, path) => modernClient(t, hub, { path }),
  'a client with a session behind roundhouse mcp': (t, path) => bridged(t, path, 'legacy'),
  'a client of 2026-07-28 behind roundhouse mcp': (t, path) => bridged(t, path, 'auto'),
};

for (const [i, [name, connect]] of Object.entries(ways).entries())
  t.test(`${name} finds the facts that it has stored at a server before`, async (t) => {
    await countsToTen(t, await connect(t, await newServer(`thinking-${i}`)));
  });

for (const [sdk, needs, build] of [
  ['for Python', 'mcp-python', async () => pythonClient],
  ['FastMCP', 'mcp-fastmcp', async () => fastmcpClient],
  ['for Go', 'mcp-go', buildGoClient],
] as const)
  t.test(`a client on the SDK ${sdk} finds the facts that it has stored at a server before, in each era`, async (t) => {
    if (!part(t, needs)) return;
    const client = await build(t);
    for (const mode of ['legacy', 'auto'] as const) {
      const path = await newServer(`${needs}-${mode}`);
      const { version, counts } = await client(hub, path, mode, 'sequentialthinking');
      t.equal(version, mode === 'legacy' ? '2025-11-25' : '2026-07-28');
      const [first, atOnce, last] = [counts.slice(0, 3), counts.slice(3, 6), counts.slice(6)];
      t.same([...first, ...atOnce.sort(), ...last], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], mode);
    }
  });
