import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import { descendants, isRunning } from '../bench/cpu.mjs';
import { wait } from '../kit/wait.js';
import { tempFolder } from '../temp-folder.js';
import { startUp } from '../up.mjs';

/** The command line of a process. */
const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');

const inOneProcess = { ROUNDHOUSE_ONE_PROCESS: '1' };

/** Calls the printed call. */
const called = async (curl: Awaited<ReturnType<typeof startUp>>['curl']) =>
  curl ? (await fetch(...curl)).json() : undefined;

/** Calls the hub whose call is printed, with its key. */
async function askHub(curl: Awaited<ReturnType<typeof startUp>>['curl'], method: string, path: string) {
  if (!curl) throw new Error('no call is printed');
  const [url, { headers }] = curl;
  const response = await fetch(new URL(path, url), { method, ...(headers && { headers }) });
  return JSON.parse((await response.text()) || 'null');
}

t.test('up, from an empty data folder to a killed process', async (t) => {
  const data = tempFolder(t);

  const first = await startUp(data);
  t.teardown(() => first.stop('SIGKILL'));
  t.match(first.output, /password {2}\S+/, 'the password is shown');
  const echoed = { data: { content: [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }] } };
  t.match(await called(first.curl), echoed, 'a call is printed, and works as printed');
  const { data: before } = await askHub(first.curl, 'GET', '/api/agents');
  t.match(before, [{ site: 'local', status: 'connected' }]);
  t.ok(descendants(first.pid).length >= 3, 'hub, agent and the demo server run');
  t.equal(await first.stop('SIGINT'), 0, 'ends with 0 at SIGINT');

  const again = await startUp(data, inOneProcess);
  t.teardown(() => again.stop('SIGKILL'));
  t.notMatch(again.output, /password/, 'the password is shown only once');
  t.match(await called(again.curl), echoed, 'calls work in one process, too');
  const { data: after } = await askHub(again.curl, 'GET', '/api/agents');
  t.match(after, [{ id: before[0].id, status: 'connected' }], 'the agent has its identity in either form');
  const children = descendants(again.pid);
  const programs = children.map(commandLine).join('\n');
  t.equal(programs.split('one-process.mjs').length, 2, 'one process is hub and agent');
  t.notMatch(programs, 'roundhouse.mjs', 'and no other is a hub or an agent');
  await askHub(again.curl, 'DELETE', `/api/agents/${before[0].id}`);
  t.match(await called(again.curl), { error: /certificate revoked/ }, 'a revoked agent has no link');
  await again.stop('SIGKILL');
  await wait('all processes have ended', () => !children.some(isRunning));
  t.notOk(children.some(isRunning), 'nothing outlives a killed up');
});

for (const [signal, settings, least] of [
  ['SIGTERM', inOneProcess, 3],
  ['SIGKILL', {}, 4],
] as const)
  t.test(`${signal} to \`npm run up\` ends everything that it started`, async (t) => {
    const up = await startUp(tempFolder(t), settings, ['npm', 'run', '--silent', 'up']);
    t.teardown(() => up.stop('SIGKILL'));
    const started = descendants(up.pid);
    t.ok(started.length >= least, 'up.mjs, hub and agent, and the demo server run');
    await up.stop(signal);
    await wait('all processes have ended', () => !started.some(isRunning));
    t.notOk(started.some(isRunning), 'no process is left');
  });

t.test('a port that is taken is named, with the setting that changes it', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const start = startUp(tempFolder(t), { ROUNDHOUSE_LISTEN: `127.0.0.1:${port}` });
  await t.rejects(start, { message: new RegExp(`Port ${port} .*in use.*ROUNDHOUSE_LISTEN`) });
});
