import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { inspectorPath, otherNodePath } from '../../deploy/local/parts.mjs';
import { fixtureServer } from '../automation.js';
import { nightly } from '../nightly.js';
import { part } from '../parts.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';
import { buildGoClient, fastmcpClient, pythonClient, type SdkClient } from '../sdk-clients.js';
import { tempFolder } from '../temp-folder.js';

const run = promisify(execFile);

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('alpha', 'everything'));
});

const places = [
  { path: '/mcp', prefix: 'alpha__', uri: 'roundhouse://alpha/memo://b?x=1#y' },
  { path: '/mcp/servers/alpha', prefix: '', uri: 'memo://b?x=1#y' },
];

async function doesAll(t: Test, client: SdkClient, name: string): Promise<void> {
  for (const { path, prefix, uri } of places) {
    for (const [mode, version] of [
      ['legacy', '2025-11-25'],
      ['auto', '2026-07-28'],
    ] as const) {
      t.match(
        await client(hub, path, mode, prefix, uri),
        {
          version,
          list: true,
          call: 'x',
          progress: [1, 2],
          cancelled: true,
          one_instance: true,
          resource: 'text of memo://b?x=1#y',
          prompt: `Hello ${name}`,
          completion: /greet"} a$/,
          sampling: { model: name, content: { text: 'heard hi' } },
          elicitation: { action: 'accept', content: { asked: 'who?' } },
          roots: { roots: [{ uri: `file:///${name}` }] },
        },
        `${path}, ${mode}`,
      );
    }
  }
}

t.test('the Python SDK, in both eras', async (t) => {
  if (part(t, 'mcp-python')) await doesAll(t, pythonClient, 'py');
});

t.test('FastMCP, in both eras', async (t) => {
  if (part(t, 'mcp-fastmcp')) await doesAll(t, fastmcpClient, 'py');
});

t.test('the Go SDK, in both eras', async (t) => {
  if (part(t, 'mcp-go')) await doesAll(t, await buildGoClient(t), 'go');
});

t.test("the MCP Inspector's command line", async (t) => {
  if (!part(t, 'node22') || !part(t, 'inspector')) return;
  const home = tempFolder(t);
  const env = { ...process.env, HOME: home, MCP_CATALOG_PATH: `${home}/mcp.json` };
  for (const { path, prefix, uri } of places) {
    const inspect = async (...args: string[]) => {
      const target = [hub.url + path, '--transport', 'http', '--header', `Authorization: Bearer ${ADMIN_KEY}`];
      const { stdout } = await run(otherNodePath, [inspectorPath, '--cli', ...target, '--method', ...args], { env });
      return JSON.parse(stdout);
    };
    const { tools } = await inspect('tools/list');
    t.ok(
      tools.some(({ name }: { name: string }) => name === `${prefix}echo`),
      `list at ${path}`,
    );
    const called = await inspect('tools/call', '--tool-name', `${prefix}echo`, '--tool-arg', 'word=x');
    t.match(called, { content: [{ text: 'x' }] });
    // Each call is a program that takes half a second to load: by day one address gets all of them.
    if (path !== '/mcp' && !nightly) continue;
    t.match(await inspect('resources/list'), { resources: [{ name: 'a' }] });
    t.match(await inspect('resources/read', '--uri', uri), { contents: [{ text: 'text of memo://b?x=1#y' }] });
    t.match(await inspect('resources/templates/list'), { resourceTemplates: [{ name: 'notes' }] });
    t.match(await inspect('prompts/list'), { prompts: [{ name: `${prefix}greet` }] });
    const prompt = await inspect('prompts/get', '--prompt-name', `${prefix}greet`, '--prompt-args', 'who=you');
    t.match(prompt, { messages: [{ content: { text: 'Hello you' } }] });
  }
});
