import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import t, { type Test } from 'tap';
import { freePort } from '../../free-port.mjs';
import { harness, httpSpec, never, repoPath, spec, tempFolder } from './harness.js';

const everything = repoPath('node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const filesystem = repoPath('node_modules/@modelcontextprotocol/server-filesystem/dist/index.js');

/** The MCP SDK's client, connected: for the results of direct calls. */
async function direct(t: Test, transport: Transport): Promise<Client> {
  const client = new Client({ name: 'direct', version: '0.0.0' });
  await client.connect(transport);
  t.teardown(() => client.close());
  return client;
}

const node = (...args: string[]) => ({ command: process.execPath, args });

/** Calls each tool through the agent and directly, and compares the results. */
async function compare(t: Test, specification: ReturnType<typeof spec>, client: Client, calls: [string, object][]) {
  const { servers } = harness(t);
  servers.put(specification);
  const report = await servers.connect('s1', never);
  const listed = await client.listTools();
  const ours = report.tools?.tools.map(({ definition }) => JSON.parse(Buffer.from(definition).toString()).name);
  t.same(
    listed.tools.map(({ name }) => name).filter((name) => !ours?.includes(name)),
    [],
    'the same tools',
  );
  for (const [name, args] of calls) {
    const called = await servers.callTool('s1', name, Buffer.from(JSON.stringify(args)), { signal: never });
    const got = JSON.parse(Buffer.from(called.json).toString()) as Record<string, unknown>;
    const expected = await client.callTool({ name, arguments: args as Record<string, unknown> });
    t.equal(JSON.stringify(got.content), JSON.stringify(expected.content), name);
    t.same(got.structuredContent, expected.structuredContent, `${name}, structured`);
    t.equal(got.isError, expected.isError ?? false);
  }
  return servers;
}

const everythingCalls: [string, object][] = [
  ['echo', { message: 'grüße "👋"\n' }],
  ['get-sum', { a: 1.5, b: 2 }],
  ['get-tiny-image', {}],
  ['get-structured-content', { location: 'Chicago' }],
  ['get-annotated-message', { messageType: 'error', includeImage: true }],
  ['get-sum', { a: 'not a number' }],
];

t.test('server-everything over stdio answers as it does directly', async (t) => {
  const client = await direct(t, new StdioClientTransport({ ...node(everything), stderr: 'ignore' }));
  const stdio = { case: 'stdio', value: { ...node(everything), env: {} } } as const;
  const servers = await compare(t, spec({ transport: stdio }), client, everythingCalls);
  const progress: string[] = [];
  await servers.callTool('s1', 'trigger-long-running-operation', Buffer.from('{"duration":0.2,"steps":2}'), {
    signal: never,
    onProgress: (json) => progress.push(Buffer.from(json).toString()),
  });
  t.equal(progress.length, 2);
});

t.test('server-everything over streamable HTTP answers as it does directly', async (t) => {
  const port = await freePort();
  const child = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  for await (const text of child.stderr) if (String(text).includes('listening')) break;
  const url = `http://127.0.0.1:${port}/mcp`;
  const client = await direct(t, new StreamableHTTPClientTransport(new URL(url)));
  await compare(t, httpSpec(url), client, everythingCalls);
});

t.test('server-filesystem answers as it does directly, also after the file changes', async (t) => {
  const folder = realpathSync(tempFolder(t, { 'a.txt': 'first grüße', data: { 'b.txt': 'b' } }));
  const file = join(folder, 'a.txt');
  const client = await direct(t, new StdioClientTransport({ ...node(filesystem, folder), stderr: 'ignore' }));
  const stdio = { case: 'stdio', value: { ...node(filesystem, folder), env: {} } } as const;
  const servers = await compare(t, spec({ transport: stdio }), client, [
    ['read_text_file', { path: file }],
    ['list_directory', { path: folder }],
    ['read_text_file', { path: '/etc/passwd' }],
  ]);
  writeFileSync(file, 'second');
  const args = Buffer.from(JSON.stringify({ path: file }));
  const { json } = await servers.callTool('s1', 'read_text_file', args, { signal: never });
  t.match(JSON.parse(Buffer.from(json).toString()), { content: [{ text: 'second' }] });
});
