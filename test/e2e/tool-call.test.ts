import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { freePort } from '../free-port.mjs';
import { everything, filesystem, publishedEverything, startAgent, startHub } from '../roundhouse.js';
import { connectDirectly } from './direct.js';

const stdio = (...args: string[]) => ({ type: 'stdio', command: process.execPath, args });

/** Tools of the reference server whose answers do not change from call to call. */
const calls = [
  ['echo', { message: 'héllo\n"wörld" \u2028 🚂' }],
  ['get-sum', { a: 1.5, b: 2 }],
  ['get-tiny-image', {}],
  ['get-structured-content', { location: 'New York' }],
  ['get-annotated-message', { messageType: 'error', includeImage: true }],
  ['get-resource-links', { count: 3 }],
] as const;

/** Starts the reference server over streamable HTTP; gives its address. */
async function everythingOverHttp(t: Test): Promise<string> {
  const port = await freePort();
  const child = spawn(process.execPath, [publishedEverything, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
  });
  t.teardown(() => child.kill());
  for await (const line of createInterface(child.stderr)) if (line.includes(String(port))) break;
  return `http://127.0.0.1:${port}/mcp`;
}

t.test('the reference server answers through the hub as it does directly', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const direct = await connectDirectly(t, [everything]);
  const servers = {
    stdio: await hub.connectServer({ name: 'over-stdio', transport: stdio(everything) }),
    http: await hub.connectServer({ name: 'over-http', transport: { type: 'http', url: await everythingOverHttp(t) } }),
  };
  for (const [transport, serverId] of Object.entries(servers)) {
    for (const [name, args] of calls) {
      const expected = await direct.callTool({ name, arguments: args });
      const { status, body } = await hub.call('POST', `/api/tools/${name}/invoke`, { arguments: args, serverId });
      t.equal(status, 200, `${name} over ${transport}`);
      t.equal(JSON.stringify(body.data.content), JSON.stringify(expected.content), 'same content, byte for byte');
      t.same(body.data.structuredContent, expected.structuredContent, 'same structured content');
      t.equal(body.data.isError, expected.isError ?? false);
      t.match(body, { success: true, metadata: { serverId, cached: false, durationMs: Number }, timestamp: String });
    }
  }

  const { tools } = await direct.listTools();
  const listed = await hub.call('GET', `/api/tools?server=over-stdio&limit=100`);
  t.same(
    listed.body.data.tools.map((tool: { name: string }) => tool.name),
    tools.map((tool) => tool.name).sort(),
    'every tool is listed',
  );
  const echo = listed.body.data.tools.find((tool: { name: string }) => tool.name === 'echo');
  t.same(echo.inputSchema, tools.find((tool) => tool.name === 'echo')?.inputSchema, 'with its schema');
  t.equal(echo.usageCount, 1, 'and its calls counted');
});

t.test('a file read through the file system server follows the file', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const folder = join(hub.data, 'shared');
  await mkdir(folder);
  const path = join(folder, 'note.txt');
  await writeFile(path, 'first\n');
  const serverId = await hub.connectServer({ name: 'files', transport: stdio(filesystem, folder) });
  const direct = await connectDirectly(t, [filesystem, folder]);
  const read = async () => {
    const { body } = await hub.call('POST', '/api/tools/read_text_file/invoke', { arguments: { path }, serverId });
    const expected = await direct.callTool({ name: 'read_text_file', arguments: { path } });
    t.equal(JSON.stringify(body.data.content), JSON.stringify(expected.content));
    return body.data.content[0].text;
  };
  t.equal(await read(), 'first\n');
  await writeFile(path, 'second\n');
  t.equal(await read(), 'second\n');
});
