import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { CallOptions } from '../../../agent/drivers/mcp/call.js';
import {
  connected,
  firstText,
  fixture,
  harness,
  httpSpec,
  isConnected,
  isError,
  never,
  repoPath,
  spec,
} from './harness.js';

const command = (command: string, args: string[] = []) =>
  spec({ transport: { case: 'stdio', value: { command, args, env: {} } } });

t.test('a server that ends at start: the reason is in the failure, the report and the log', async (t) => {
  const { servers, report, logText } = harness(t, { backoffFirstMs: 60_000 });
  servers.put(fixture('exits'));
  const reason = 'the server exited with code 3: cannot read settings.json';
  await t.rejects(servers.connect('s1', never), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: reason,
    details: { reason },
  });
  t.match(await report(isError), { error: reason, attempt: 1, pid: 0 });
  const log = await logText('s1');
  t.match(log, /"level":"info","source":"stderr","message":"cannot read settings.json"/);
  t.match(log, /"level":"error","source":"agent","message":"the server exited with code 3/);
});

t.test('a server that never answers initialize', async (t) => {
  const { servers } = harness(t, { initializeMs: 200 });
  servers.put(fixture('silent'));
  const reason = 'the server did not answer `initialize` within 0.2 s';
  await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'timeout', message: reason });
});

t.test('the agent soon ends a server that prints only garbage', async (t) => {
  const { servers, logText } = harness(t);
  servers.put(fixture('garbage'));
  const reason = 'the server prints text that is no MCP message: <html>not a protocol</html>';
  await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'upstream', message: reason });
  t.match(await logText('s1'), /not an MCP message: <html>not a protocol/);
});

t.test('the agent soon ends a server that is silent after a line of garbage', async (t) => {
  const { servers } = harness(t, { noiseMs: 100 });
  servers.put(command('sh', ['-c', 'echo usage: server FILE; exec sleep 60']));
  await t.rejects(servers.connect('s1', never), { message: /no MCP message: usage: server FILE/ });
});

t.test('a few lines of garbage at start do no harm', async (t) => {
  const { call, logText } = await connected(t, 'garbage', { GARBAGE_LINES: '5' });
  t.equal(firstText(await call('hello')), 'hello');
  t.match(await logText('s1'), /"level":"warning","source":"mcp","message":"not an MCP message: starting… 4"/);
});

t.test('the error of a server that cannot start names the reason', async (t) => {
  const { servers, dataDir } = harness(t);
  const file = join(dataDir, 'no-program');
  await writeFile(file, 'text', { mode: 0o600 });
  const cases: [string, RegExp][] = [
    ['/no/such/program', /'\/no\/such\/program' was not found/],
    [file, /may not be executed/],
  ];
  for (const [program, message] of cases) {
    servers.put(command(program));
    await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'upstream', message });
  }
});

t.test('answers to initialize that are unusable', async (t) => {
  const { servers } = harness(t);
  const cases: [string, RegExp][] = [
    ['{"protocolVersion":"1999-01-01","capabilities":{}}', /version "1999-01-01" is not one of/],
    ['{"capabilities":{}}', /`protocolVersion` is missing/],
    ['[]', /not an object/],
  ];
  for (const [INITIALIZE, message] of cases) {
    servers.put(fixture('versions', { INITIALIZE }));
    await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'upstream', message });
  }
});

t.test('the agent speaks older protocol versions, and a server without tools has an empty list', async (t) => {
  const INITIALIZE = '{"protocolVersion":"2024-11-05","capabilities":{},"serverInfo":{"name":"old","version":"1"}}';
  const { connectReport } = await connected(t, 'versions', { INITIALIZE });
  t.equal(Buffer.from(connectReport.initializeResult).toString(), INITIALIZE);
  t.same(connectReport.tools?.tools, []);
});

t.test('a server that ends: its calls fail at once, it is started again, and the reports show both', async (t) => {
  const { call, report, reports } = await connected(t, 'answers', {}, { backoffFirstMs: 20, backoffMaxMs: 20 });
  const pending = call('never');
  const reason = 'the server exited with code 7: giving up: out of cheese';
  await Promise.all([
    t.rejects(pending, {
      name: 'AgentFailure',
      kind: 'disconnected',
      message: reason,
      details: { outcome: 'unknown' },
    }),
    t.rejects(call('exit'), { name: 'AgentFailure', kind: 'disconnected', message: reason }),
  ]);
  const failed = await report(isError);
  t.match(failed, { error: reason, attempt: 1 });
  t.ok(failed.nextAttemptMs > 0n);
  await report((one) => isConnected(one) && reports.indexOf(one) > reports.indexOf(failed));
  t.match(firstText(await call('args')), /"argv"/, 'calls work again');
});

t.test('calls to a server that is not connected are refused, and did not run', async (t) => {
  const { servers } = harness(t, { backoffFirstMs: 60_000 });
  const call = () => servers.callTool('s1', 'x', Buffer.from('{}'), { signal: never });
  await t.rejects(call(), { name: 'AgentFailure', kind: 'not_found' });
  servers.put(fixture('exits'));
  await t.rejects(call(), { name: 'AgentFailure', kind: 'disconnected', details: { outcome: 'not_run' } });
  await servers.connect('s1', never).catch(() => {});
  await t.rejects(call(), {
    name: 'AgentFailure',
    kind: 'disconnected',
    message: /'server one' is not connected: .*settings.json/,
  });
});

t.test('specifications that cannot work', async (t) => {
  const { servers, report } = harness(t);
  const bad: [ReturnType<typeof spec>, string][] = [
    [spec({ id: '../x' }), 'id'],
    [spec({}), 'transport'],
    [command(''), 'transport.command'],
    [httpSpec('not an address'), 'transport.url'],
  ];
  for (const [one, field] of bad)
    t.throws(() => servers.put(one), { name: 'AgentFailure', kind: 'invalid_argument', details: { field } });
  const websocket = { case: 'websocket', value: { url: 'http://127.0.0.1:1/', headers: {} } } as const;
  servers.setDesired([spec({ transport: websocket, connected: true })]);
  t.match(await report(isError), { error: 'the url is not a ws or wss address', nextAttemptMs: 0n });
});

t.test('secrets that a server prints are removed from its log', async (t) => {
  const { call, logText } = await connected(t, 'talks', { API_TOKEN: 'very-secret-value' });
  await call('log');
  const log = await logText('s1');
  t.notMatch(log, /very-secret-value/);
  t.match(log, /token is \[secret\]/);
});

t.test("a server's messages are in its log", async (t) => {
  const { call, servers, logText } = await connected(t, 'talks');
  await call('log');
  await servers.disconnect('s1');
  const log = await logText('s1');
  t.match(log, / … \[line cut: 100000 bytes\]/);
  t.match(log, /"message":"half a line"/);
  t.match(log, /"level":"warning","source":"mcp","message":"disk: \{\\"free\\":3\}"/);
  t.match(log, /"level":"info","source":"mcp","message":"no such level"/);
});

for (const era of ['earlier', 'newer'])
  t.test(`the result of a failed tool shows no secret of the server's registration (${era} version)`, async (t) => {
    const env = {
      API_KEY: 'a-secret-of-the-registration',
      DATABASE_URL: 'postgres://app:pass-of-database@db.test/app',
    };
    const args = [repoPath('test/fixtures/servers/leaks.mjs'), era];
    const { servers } = harness(t);
    servers.put(spec({ transport: { case: 'stdio', value: { command: process.execPath, args, env } } }));
    await servers.connect('s1', never);
    const call = async (tool: string, more: Pick<CallOptions, 'envelope'> = {}) => {
      const { json, isError } = await servers.callTool('s1', tool, Buffer.from('{}'), { signal: never, ...more });
      return { isError, text: Buffer.from(json).toString() };
    };
    for (const more of era === 'newer' ? [{}, { envelope: { info: '', capabilities: '{}', logLevel: '' } }] : [{}]) {
      const { isError, text } = await call('leak', more);
      t.ok(isError);
      t.match(text, /API_KEY.{0,9}\[secret\]/);
      t.notMatch(text, /a-secret-of-the-registration|pass-of-database/);
    }
    t.match(
      (await call('print')).text,
      /a-secret-of-the-registration/,
      'a tool that did not fail tells its own secrets',
    );
  });
