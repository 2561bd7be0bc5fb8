import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { part } from '../parts.js';
import { installPythonSdk } from '../python-sdk.js';
import { ADMIN_KEY, ADMIN_PASSWORD, everything, filesystem, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { sample } from '../updates.js';

t.test('the Python SDK', async (t) => {
  if (!part(t, 'python-sdk')) return;
  const sdk = await installPythonSdk(t);
  const hub = await startHub(t);
  await startAgent(t, hub);
  const stdio = (...args: string[]) => ({ type: 'stdio', command: process.execPath, args });
  await hub.connectServer({ name: 'one', transport: stdio(everything) });
  const env = { HUB: hub.url, KEY: ADMIN_KEY };

  await t.test('answers, failures, pages, streams and jobs', async (t) => {
    const missing = { status: 404, request: true, chain: { length: 0 } };
    t.match(await sdk.run('calls', env), {
      errors: {
        automation: { ...missing, code: 'RESOURCE_NOT_FOUND', text: /^RESOURCE_NOT_FOUND \(404\): / },
        infrastructure: { ...missing, code: 'RESOURCE_NOT_FOUND' },
        portal: { ...missing, code: 'NOT_FOUND' },
        connect: { ...missing, code: 'NOT_FOUND', message: /nobody/ },
        backend: { ...missing, code: 'not_found' },
        field: { code: 'VALIDATION_ERROR', status: 400, details: { field: /color/ } },
        nowhere: { code: 'CONNECTION_FAILED', status: 0, chain: { length: 0 } },
        stranger: { code: 'UNAUTHORIZED', status: 401, chain: { length: 0 } },
      },
      path: /^id must not be '\.\.'$/,
      segment: /a\/b\?c#d%2F/,
      null: [true, null],
      offset: { page: 1, more: true },
      page: {
        metadata: { page: 1, limit: 2, total: 5, pages: 3 },
        all: [0, 1, 2, 3, 4].map((number) => `user-${number}`),
        pages: [2, 2, 1],
      },
      skip: [2, 0],
      text: true,
      export: [/list|dict/, /timestamp/],
      backup: true,
      invoke: [[{ type: 'text', text: 'Echo: hi' }], 'one'],
      message: { message: String },
      stream: ['progress', 'progress', 'result'],
      left: 'progress',
      closed: [true, { length: 0 }],
      'stream failure': { code: 'NOT_FOUND', status: 404 },
      log: Array,
      job: ['completed', 'completed', true],
      wait: 'CALL_TIMEOUT',
      reprs: [`Roundhouse('${hub.url}')`, "SignIn(username='ann', password=…)"],
      'after close': 'CLIENT_CLOSED',
      told: { length: 0 },
    });
  });

  await t.test('for asyncio', async (t) => {
    t.match(await sdk.run('tasks', env), {
      error: 'NOT_FOUND',
      stream: ['progress', 'progress', 'result'],
      left: 'progress',
      backup: true,
      job: 'completed',
      cancelled: ['CancelledError'],
      closed: 'end',
      events: ['server.disconnected', 'server.connected'],
      automation: 1,
      connect: [{ text: 'Echo: hi' }],
    });
  });

  await t.test('signs in, and renews its token once for all', async (t) => {
    t.same(await sdk.run('sign_in', { HUB: hub.url, PASSWORD: ADMIN_PASSWORD }), {
      first: ['token'],
      again: [],
      'soon over': ['refresh'],
      refused: ['refresh'],
      'refresh refused': ['refresh', 'token'],
      stranger: ['INVALID_CREDENTIALS', 401, 'automation.createToken', false],
      tasks: ['token'],
      'tasks refused': ['refresh'],
    });
  });

  await t.test('the example of MCP Connect, as printed', async (t) => {
    const folder = tempFolder(t, { 'document.txt': 'its text' });
    const document = join(folder, 'document.txt');
    await hub.connectServer({ name: 'files', transport: stdio(filesystem, folder), metadata: { category: 'storage' } });
    const example = sdk.example('connect-sdk.py', {
      'https://your-deployment.railway.app': hub.url,
      'your-api-key': ADMIN_KEY,
      '/home/user/document.txt': document,
      '# Stream events': 'print([tool["name"] for tool in tools], result["content"][0]["text"], flush=True)',
    });
    t.match(await example.line(), /'read_file'.* its text$/);
    // Whether the stream is open, only another event tells. One knock after the other: each lets the server come back.
    let heard = false;
    const told = example.line().finally(() => {
      heard = true;
    });
    const knocks = (async () => {
      while (!heard) {
        await hub.call('POST', '/api/servers/one/disconnect');
        await hub.call('POST', '/api/servers/one/connect');
      }
    })();
    await Promise.all([told, knocks]);
    t.equal(await told, 'Event: server.connected');
    await example.stop();
  });

  await t.test('the example of the MCP Automation System, as printed', async (t) => {
    const { hub } = await sample(t, { '1.0.0': 'works', '1.1.0': 'works' });
    const { body } = await hub.call(
      'POST',
      '/api/v1/auth/token',
      { username: 'admin', password: ADMIN_PASSWORD },
      null,
    );
    const example = sdk.example('automation-sdk.py', {
      'http://localhost:8080': hub.url,
      'your-token': body.access_token,
      github: 'sample',
      '# Run tests':
        'print(status["servers"]["total"], result["to_version"], client.hub.automation.updates.wait(result["update_id"])["status"])',
      'test_results = client.run_tests(test_type="all")':
        'test_results = client.run_tests(test_type="all")\nprint(test_results["status"], test_results["test_type"])',
    });
    t.equal(await example.line(), '1 1.1.0 completed');
    t.match(await example.line(), /^(?:running|queued) all$/);
    t.equal(await example.exit, 0, await example.errors);
  });

  await t.test('its types hold, and so do the types in the README', async (t) => {
    const folder = tempFolder(t);
    const shown = join(folder, 'readme.py');
    writeFileSync(shown, pythonOf(new URL('../../sdk/python/README.md', import.meta.url)));
    const packages = ['roundhouse', 'mcp_automation', 'mcp_connect'].map((name) => join(sdk.folder, name));
    const { child, exit } = sdk.start(
      ['-m', 'mypy', '--strict', '--cache-dir', join(folder, 'cache'), ...packages, shown],
      {},
    );
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    t.equal(await exit, 0, output);
    t.match(output, /Success: no issues found/);
  });
});

/** The Python of a README, as one program. */
function pythonOf(readme: URL): string {
  const blocks = [...readFileSync(readme, 'utf8').matchAll(/^```python\n(.*?)^```/gms)];
  return blocks.map(([, code]) => code).join('\n');
}
