import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { Receiver } from '../receiver.js';
import { commandLine, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { faulty, register } from './suite-runs.js';

let hub: Hub;
t.before(async () => {
  const registry = await startNpmRegistry(t);
  for (const version of ['1.0.0', '1.1.0']) registry.publish(mcpPackage(version, 'works'));
  hub = await startHub(t);
  await startAgent(t, hub, 'berlin');
});
const cli = () => ({ person: commandLine(t, hub, { isTerminal: true }), program: commandLine(t, hub) });

t.test('a webhook is added with a secret that is shown once, tested, switched off and removed', async (t) => {
  const { person, program } = cli();
  const receiver = await new Receiver().listen(t);
  const added = await person.run(['webhook', 'add', receiver.url, '--events', 'server.error,tool.error']);
  receiver.secret = /^secret +(whsec_\S+)$/m.exec(added.stdout)?.[1] ?? '';
  t.match(await person.run(['webhook', 'test', receiver.url]), { code: 0, stdout: /^answer +204$/m });
  t.equal(receiver.received.length, 1, 'the receiver verifies it by the secret');
  t.notMatch((await program.run(['webhook', 'list', '--json'])).stdout, receiver.secret);
  t.match((await person.run(['webhook', 'list'])).stdout, 'server.error, tool.error');
  receiver.answer = (response) => response.writeHead(500).end();
  t.match(await person.run(['webhook', 'test', receiver.url]), { code: 6, stderr: /500/ });
  t.match((await person.run(['webhook', 'show', receiver.url])).stdout, /^webhook\.test +failed +500/m);
  t.match(await program.json('webhook', 'set', receiver.url, '--disable'), { enabled: false });
  t.match(await program.json('webhook', 'set', receiver.url, '--enable'), { enabled: true });
  t.match(await program.run(['webhook', 'set', receiver.url]), { code: 2, stderr: '--enable or --disable' });
  t.match(await program.run(['webhook', 'set', receiver.url, '--events', 'nonsense']), { code: 1, stderr: 'events' });
  const second = await program.json('webhook', 'add', receiver.url, '--events', 'server.error');
  t.match(await program.run(['webhook', 'remove', receiver.url, '-y']), { code: 1, stderr: second.id });
  t.equal((await program.run(['webhook', 'remove', second.id, '-y'])).code, 0);
  t.equal((await person.run(['webhook', 'remove', receiver.url], { input: 'y\n' })).code, 0);
  t.match(await program.run(['webhook', 'show', receiver.url]), { code: 5, stderr: 'webhook list' });
});

t.test('a database is registered with a sealed password; a check says why it does not answer', async (t) => {
  const { person, program } = cli();
  const add = ['database', 'add', 'orders', '127.0.0.1', '--type', 'postgresql', '--port', '1', '--site', 'berlin'];
  const added = await program.run([...add, '--user', 'reader', '--json'], { input: 'a-sealed-password\n' });
  t.equal(added.code, 0, added.stderr);
  const shown = await person.run(['database', 'show', 'orders']);
  t.match(shown.stdout, /^user +reader$/m);
  t.notMatch(added.stdout + added.stderr + shown.stdout, 'a-sealed-password');
  t.match(await person.run(['database', 'check', 'orders']), { code: 6, stdout: /^reachable +no$/m });
  t.match(await program.run([...add.slice(0, -4), '--port', 'none']), { code: 2, stderr: 'whole number' });
  t.equal((await program.run(['database', 'remove', 'orders'])).code, 2, 'a program has to say --yes');
  t.equal((await program.run(['database', 'remove', 'orders', '--yes'])).code, 0);
  t.match(await program.run(['database', 'show', 'orders']), { code: 5 });
});

t.test('a definition gets versions, and its servers move to them', async (t) => {
  const { person, program } = cli();
  const file = join(tempFolder(t), 'sample.yaml');
  const write = (version: string) => writeFileSync(file, `type: npm\npackage: mcp-sample\nversion: ${version}\n`);
  write('1.0.0');
  t.match(await program.json('definition', 'add', 'sample', file), { name: 'sample', mcp_type: 'npm' });
  const variables = ['--env', 'MODE=quiet', '--secret', 'TOKEN'];
  const made = await program.run(['definition', 'register', 'sample', 'sample-1', ...variables, '--json'], {
    input: 'a-secret-of-the-server\n',
  });
  t.equal(made.code, 0, made.stderr);
  t.notMatch(made.stdout, 'a-secret-of-the-server');
  const args = async () => (await program.json('server', 'show', 'sample-1')).transport.args.join(' ');
  t.match(await args(), 'mcp-sample@1.0.0');
  write('1.1.0');
  t.match(await person.run(['definition', 'set', 'sample', '-'], { input: readFileSync(file, 'utf8') }), {
    code: 0,
    stderr: "definition 'sample' has version 2",
  });
  t.match(await args(), 'mcp-sample@1.0.0', 'the server stays');
  t.equal((await program.run(['definition', 'update', 'sample', 'sample-1', '--env', 'MODE=loud'])).code, 0);
  t.match(await args(), 'mcp-sample@1.1.0');
  const { env } = (await program.json('server', 'show', 'sample-1')).transport;
  t.same(Object.keys(env), ['MODE'], 'variables that are not given again are dropped');
  t.match((await person.run(['definition', 'show', 'sample'])).stdout, /^2 .*1\.1\.0/m);
  for (const [content, stderr] of [
    ['- a list', 'expected an object'],
    ['package: mcp-sample', "'type' is missing"],
  ] as const) {
    writeFileSync(file, content);
    t.match(await program.run(['definition', 'add', 'other', file]), { code: 2, stderr });
  }
  t.match(await program.run(['definition', 'remove', 'sample', '--yes']), { code: 1, stderr: 'sample-1' });
  await program.run(['server', 'remove', 'sample-1', '--yes']);
  t.equal((await program.run(['definition', 'remove', 'sample', '--yes'])).code, 0);
  t.same(await program.json('definition', 'list'), []);
});

t.test('the cache is shown, and cleared of the answers of a server', async (t) => {
  const { person, program } = cli();
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };
  for (const name of ['one', 'two']) {
    await hub.connectServer({ name, transport, cache: { tools: { read: { ttlSeconds: 600 } } } });
    t.equal((await program.run(['tool', 'call', 'read', '--server', name])).code, 0);
  }
  t.match((await person.run(['cache', 'show'])).stdout, /^entries +2$/m);
  t.match(await program.run(['cache', 'clear']), { code: 2, stderr: '--yes' });
  t.match(await program.json('cache', 'clear', '--server', 'one', '--tools', 'nothing*'), { cleared: 0 });
  t.match(await person.run(['cache', 'clear', '--server', 'one']), { code: 0, stderr: '1 answer dropped' });
  t.match(await program.json('cache', 'clear', '--yes'), { cleared: 1 });
  t.match(await program.run(['cache', 'clear', '--server', 'none']), { code: 5 });
});

t.test('servers are tested: the exit code tells whether a test failed', async (t) => {
  const { person, program } = cli();
  await register(t, hub, 'good', [faulty('good')]);
  await register(t, hub, 'slow', [faulty('slow-tool')], ['report']);
  t.match(await person.run(['test', 'run', 'good', '--type', 'unit', '--wait']), {
    code: 0,
    stdout: /^tests +\d+ passed, 0 failed/m,
  });
  const failed = await person.run(['test', 'run', 'slow', '--type', 'performance', '--wait']);
  t.match(failed, { code: 6, stdout: /^slow +test_latency\[report\] +performance +failed: /m });
  const id = (await program.run(['test', 'run', 'good', '--type', 'unit'])).stdout.trim();
  t.equal((await program.run(['job', 'wait', id])).code, 0);
  t.match(await program.json('test', 'show', id), { status: 'completed', servers: ['good'] });
  t.equal((await program.json('test', 'list', '--server', 'good')).length, 2);
  t.match(await program.run(['test', 'run', 'none']), { code: 1, stderr: 'none' });
});

t.test('a template is shown with its variables, and makes a server', async (t) => {
  const { person, program } = cli();
  t.match((await person.run(['template', 'list', '--search', 'memory'])).stdout, /^builtin-memory /m);
  t.match((await person.run(['template', 'show', 'builtin-memory'])).stdout, /^command +npx /m);
  t.match(await program.run(['template', 'show', 'none']), { code: 5, stderr: 'template list' });
  const words = ['server', 'add', 'notes', '--template', 'builtin-memory', '--register-only'];
  t.match(await program.json(...words), { name: 'notes' });
});
