import { cpSync, createReadStream, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import t from 'tap';
import { blocks, shellBlocks } from '../kit/markdown.js';
import { runShell, shells, strict } from '../kit/shell.js';
import { part } from '../parts.js';
import { ADMIN_KEY, everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { removeFolder, tempFolder } from '../temp-folder.js';
import { project, run } from './typescript-package.js';

/** `seeds/000`, "JavaScript/TypeScript SDK", but for the package's name, address and key. */
const automationExample = (url: string, server: string) => `
import { MCPClient } from '@roundhouse/sdk';

const client = new MCPClient({
  baseUrl: '${url}',
  token: '${ADMIN_KEY}'
});

// Get status
const status = await client.getStatus();

// Update server
const result = await client.updateServer('${server}', { version: 'latest' }).catch((error) => error);

// Run tests
const testResults = await client.runTests({ testType: 'all' });

export { result, status, testResults };
`;

/** `seeds/003`, "Node.js / TypeScript", likewise, and the tool's name. */
const connectExample = (url: string) => `
import { MCPConnectClient } from '@roundhouse/sdk';

const client = new MCPConnectClient({
  baseUrl: '${url}',
  apiKey: '${ADMIN_KEY}'
});

// List tools
const tools = await client.tools.list({ category: 'storage' });

// Invoke a tool
const result = await client.tools.invoke('echo', {
  message: '/home/user/document.txt'
});

// Subscribe to events
const subscription = client.events.subscribe(['server.connected', 'tool.invoked'], (event) => {
  console.log('Event:', event.type, event.data);
});

export { client, result, subscription, tools };
`;

const check = `
import { RoundhouseError } from '@roundhouse/sdk';
import { result as update, status, testResults } from './automation.js';
import { client, result, subscription, tools } from './connect.js';

await subscription.opened;
await client.tools.invoke('echo', { message: 'told of' });
const socket = client.hub.automation.socket({ events: ['test.complete'] });
await socket.open();
await client.hub.automation.jobs.cancel(testResults.test_id);
const run = await client.hub.automation.tests.wait(testResults.test_id, { pollMs: 50 });
socket.close();
subscription.close();
const code: string = update instanceof RoundhouseError ? update.code : 'no error';
console.log(JSON.stringify({ status: status.status, tools: tools.tools, result, code, run: run.status }));
`;

/** The TypeScript of a document as one program, with the names that its reader has. */
const programOf = (path: string) =>
  [
    'declare const process: { env: Record<string, string | undefined> };',
    'declare const [controller, url, runId]: [AbortController, string, string];',
    ...blocks(path, 'ts'),
  ].join('\n');

const root = fileURLToPath(new URL('../..', import.meta.url));

let hub: Hub;
let folder: string;
let packed: string[];
t.before(async () => {
  hub = await startHub(t, { env: { ROUNDHOUSE_CORS_ORIGINS: '*' } });
  await startAgent(t, hub);
  await hub.connectServer({
    name: 'every',
    transport: { type: 'stdio', command: process.execPath, args: [everything] },
  });
  const strict = { strict: true, target: 'ES2022', module: 'NodeNext', noUncheckedIndexedAccess: true };
  const files = {
    'automation.ts': automationExample(hub.url, 'every'),
    'connect.ts': connectExample(hub.url),
    'check.ts': check,
    'readme.ts': programOf('sdk/typescript/README.md'),
    'manual.ts': programOf('docs/guides/sdks.md'),
    // As browsers and as Node see it: each without the types of the other, and with the types of its dependencies checked.
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...strict, lib: ['ES2022', 'DOM'], types: [] } }),
  };
  ({ folder, packed } = await project(t, files));
});

t.test('the package holds the files that it needs, and nothing else', async (t) => {
  t.match(packed.sort().slice(0, 2), ['LICENSE', 'README.md']);
  t.ok(packed.includes('dist/index.js') && packed.includes('dist/index.d.ts'));
  t.same(
    packed.filter((path) => !/^(?:LICENSE|README\.md|package\.json|dist\/.+\.(?:js|d\.ts))$/.test(path)),
    [],
  );
});

for (const shell of shells)
  t.test(`the command of the README makes the file of the package, in ${shell}`, async (t) => {
    if (shell === 'zsh' && !part(t, 'zsh')) return;
    const path = 'sdk/typescript/README.md';
    const made = tempFolder(t);
    // The run has installed and built the clone, and the file must not stay in it.
    const npm = `npm() { case $1 in ci | run) ;; *) command npm "$@" --pack-destination '${made}' ;; esac; }`;
    await runShell(t, root, [strict, npm, ...shellBlocks(path, 'npm pack')], shell);
    t.match(readdirSync(made), [/^roundhouse-sdk-\d.*\.tgz$/]);
  });

t.test('the documents’ examples, type-checked with the manual and run', async (t) => {
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  await run(process.execPath, [tsc, '-p', '.'], { cwd: folder });
  const { stdout, stderr } = await run(process.execPath, ['check.js'], { cwd: folder });
  t.equal(stderr, '');
  t.match(stdout, /^Event: tool\.invoked \{/m);
  t.match(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), {
    status: 'healthy',
    tools: { length: 0 },
    result: { content: [{ type: 'text', text: 'Echo: /home/user/document.txt' }] },
    // A server that is a command has no versions.
    code: 'CONFLICT',
    run: 'cancelled',
  });
});

const skip = 'require_module' in process.features ? false : 'this Node is older than the package asks for';
t.test('a CommonJS program requires the package', { skip }, async (t) => {
  const program = `
    const { Roundhouse } = require('@roundhouse/sdk');
    new Roundhouse({ baseUrl: '${hub.url}', apiKey: '${ADMIN_KEY}' }).connect.groups.list().then((groups) => console.log(groups));
  `;
  writeFileSync(join(folder, 'program.cjs'), program);
  const { stdout } = await run(process.execPath, ['program.cjs'], { cwd: folder });
  t.equal(stdout, '[]\n');
});

const importMap = {
  imports: {
    '@roundhouse/sdk': '/node_modules/@roundhouse/sdk/dist/index.js',
    eventsource: '/node_modules/eventsource/dist/index.js',
    'eventsource-parser': '/node_modules/eventsource-parser/dist/index.js',
  },
};

t.test('the package in a browser, as modules without a bundler', async (t) => {
  if (!part(t, 'chromium')) return;
  const types: Readonly<Record<string, string>> = { js: 'text/javascript', map: 'application/json' };
  const server = createServer(({ url = '/' }, res) => {
    const path = join(folder, url);
    if (url === '/') {
      res.setHeader('Content-Type', 'text/html');
      res.end(`<script type="importmap">${JSON.stringify(importMap)}</script>`);
    } else if (existsSync(path)) {
      res.setHeader('Content-Type', types[path.split('.').at(-1) ?? ''] ?? 'text/plain');
      createReadStream(path).pipe(res);
    } else res.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
  const limitMs = 180_000;
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: limitMs });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(limitMs);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const seen = await page.evaluate(`(async () => {
    const { Roundhouse, RoundhouseError } = await import('@roundhouse/sdk');
    const hub = new Roundhouse({ baseUrl: '${hub.url}', username: 'admin', password: 'correct horse battery staple' });
    const events = hub.connect.sse.streamEvents({ types: ['tool.invoked'] });
    // A machine that is short of memory or disk has alerts.
    const sockets = [hub.automation.socket({ events: ['server.status'] }), hub.portal.socket()];
    await Promise.all([events.open(), ...sockets.map((socket) => socket.open())]);
    const { content } = await hub.connect.tools.invoke('echo', { arguments: { message: 'from a page' } });
    const { value } = await events.next();
    events.close();
    await hub.connect.servers.disconnectServer('every');
    const told = await Promise.all(sockets.map(async (socket) => (await socket.next()).value.type));
    for (const socket of sockets) socket.close();
    const error = await hub.connect.servers.get('nowhere').catch((thrown) => thrown);
    return { text: content[0].text, event: value.data.toolName, told, isError: error instanceof RoundhouseError, code: error.code };
  })()`);
  t.match(seen, {
    text: 'Echo: from a page',
    event: 'echo',
    told: ['server.status', 'SERVER_STATE_CHANGED'],
    isError: true,
    code: 'NOT_FOUND',
  });
});

t.test('without a WebSocket a socket fails as any other call does', async (t) => {
  // Outside the clone, whose packages have one.
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-no-websocket-'));
  t.teardown(() => removeFolder(folder));
  const root = fileURLToPath(new URL('../../', import.meta.url));
  cpSync(join(root, 'sdk/typescript/dist'), join(folder, 'sdk'), { recursive: true });
  for (const name of ['eventsource', 'eventsource-parser'])
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const program = `
    delete globalThis.WebSocket;
    const { Roundhouse, RoundhouseError } = await import('./sdk/index.js');
    const error = await new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k' }).automation.socket().open().catch((error) => error);
    console.log(error instanceof RoundhouseError, error.code);
  `;
  writeFileSync(join(folder, 'program.mjs'), program);
  const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder });
  t.equal(stdout.trim(), 'true NO_WEBSOCKET');
});
