import { join } from 'node:path';
import t from 'tap';
import { createNamespace } from '../fixtures/namespace.js';
import { wait } from '../kit/wait.js';
import { part, rootOnLinux } from '../parts.js';
import { runAgentProcess, startHub } from '../roundhouse.js';
import { ledger, note } from './ledger.js';

t.test('hub and agent in two network namespaces, and the cable is pulled', async (t) => {
  if (!rootOnLinux(t) || !part(t, 'ip')) return;
  const namespace = createNamespace(t);
  const env = { ROUNDHOUSE_AGENT_LISTEN: `${namespace.here}:0`, ROUNDHOUSE_LOG_LEVEL: 'debug' };
  const hub = await startHub(t, { env });
  const token = await hub.token('remote');
  const args = ['--hub', hub.agentAddress, '--token', token, '--data', join(hub.data, 'agent')];
  const agent = runAgentProcess(t, args, {}, namespace.through);
  await hub.logged(({ body }) => body === 'agent connected');
  const book = ledger(hub.data);
  await hub.connectServer(book.server);
  const { pid } = await note(hub, 'first');
  const lost = () => hub.log.filter(({ body }) => body === 'agent disconnected').length;

  await t.test('for three seconds: only the callers of running calls notice', async (t) => {
    const calls = Array.from({ length: 20 }, (_, n) => note(hub, `short-${n}`, 500));
    namespace.pullCable();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    namespace.plugCable();
    const outcomes = await Promise.all(calls);
    t.same([...new Set(outcomes.map(({ status }) => status))], [200]);
    t.equal(lost(), 0);
  });

  await t.test('until the connection counts as lost: a call that ran meanwhile is answered', async (t) => {
    const [from, fromOfHub] = [agent.log.length, hub.log.length];
    const running = note(hub, 'long', 15_000);
    await wait('the call has reached the server', () => book.calls().includes('long'));
    namespace.pullCable();
    const during = note(hub, 'during');
    const lostByAgent = agent.logged(({ body }) => body === 'the link to the hub was lost', from);
    const lostByHub = hub.logged(({ body }) => body === 'link lost; waiting for its return', fromOfHub);
    // The two moments may be up to a heartbeat apart, and the hub waits little longer than that.
    await Promise.race([lostByAgent, lostByHub]);
    namespace.plugCable();
    await lostByAgent;
    for (const { status, pid: answeredBy } of await Promise.all([running, during])) {
      t.equal(status, 200);
      t.equal(answeredBy, pid);
    }
    t.equal(lost(), 0, 'the hub waited for it');
  });

  const calls = book.calls();
  t.equal(new Set(calls).size, calls.length, 'no call ran twice');
  t.same(book.starts(), [pid], 'the server was left alone');
});
