import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { descendants, isRunning } from '../bench/cpu.mjs';
import { startUp } from '../up.mjs';

/** Times are a user's, without what measures coverage. */
const plain = { NODE_OPTIONS: '', NODE_V8_COVERAGE: '' };

t.test('up, from an empty data folder to a killed process', { timeout: 240_000 }, async (t) => {
  const data = t.testdir();

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

  let again = await startUp(data, plain);
  t.teardown(() => again.stop('SIGKILL'));
  t.notMatch(again.output, /password/, 'the password is shown only once');
  // Other tests run beside this one: a start that they slowed down says nothing.
  for (let i = 0; i < 3 && again.took >= 3000; i += 1) {
    await again.stop();
    again = await startUp(data, plain);
  }
  t.ok(again.took < 3000, `ready again within 3 s (${Math.round(again.took)} ms)`);

  const children = descendants(again.pid);
  t.ok(children.length >= 3, 'hub, agent and the demo server run');
  await again.stop('SIGKILL');
  while (children.some(isRunning)) await pause(50);
  t.pass('nothing outlives a killed up');
});

t.test('a port that is taken is named, with the setting that changes it', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const start = startUp(t.testdir(), { ROUNDHOUSE_LISTEN: `127.0.0.1:${port}` });
  await t.rejects(start, { message: new RegExp(`Port ${port} .*in use.*ROUNDHOUSE_LISTEN`) });
});
