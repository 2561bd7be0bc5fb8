import { createServer } from 'node:net';
import t from 'tap';
import { descendants, isRunning } from '../bench/cpu.mjs';
import { wait } from '../kit/wait.js';
import { tempFolder } from '../temp-folder.js';
import { startUp } from '../up.mjs';

t.test('up, from an empty data folder to a killed process', async (t) => {
  const data = tempFolder(t);

  const first = await startUp(data);
  t.teardown(() => first.stop('SIGKILL'));
  t.match(first.output, /password {2}\S+/, 'the password is shown');
  t.ok(first.curl, 'a call is printed');
  if (first.curl) {
    const answer = await (await fetch(...first.curl)).json();
    t.match(
      answer,
      { data: { content: [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }] } },
      'and works as printed',
    );
  }
  t.equal(await first.stop('SIGINT'), 0, 'ends with 0 at SIGINT');

  const again = await startUp(data);
  t.teardown(() => again.stop('SIGKILL'));
  t.notMatch(again.output, /password/, 'the password is shown only once');

  const children = descendants(again.pid);
  t.ok(children.length >= 3, 'hub, agent and the demo server run');
  await again.stop('SIGKILL');
  await wait('all processes have ended', () => !children.some(isRunning));
  t.notOk(children.some(isRunning), 'nothing outlives a killed up');
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const)
  t.test(`${signal} to \`npm run up\` ends everything that it started`, async (t) => {
    const up = await startUp(tempFolder(t), {}, ['npm', 'run', '--silent', 'up']);
    t.teardown(() => up.stop('SIGKILL'));
    const started = descendants(up.pid);
    t.ok(started.length >= 4, 'up.mjs, hub, agent and the demo server run');
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
