import t from 'tap';
import { startDomain } from '../kit/domain.js';
import { wait } from '../kit/wait.js';

t.test(
  'a server that its agent reports as connected and lost all the time makes few events, and ends as it is',
  async (t) => {
    const hub = await startDomain(t);
    const { id } = await hub.register('flap', {});
    const before = (await hub.events('server.')).length;
    const tools = [{ name: 'new', definition: Buffer.from('{"name":"new"}') }];
    for (let n = 0; n < 1000; n++) {
      hub.report(id, { state: 'error', error: 'lost', tools: n === 500 ? tools : undefined });
      hub.report(id, { state: 'connected', error: '', tools: undefined });
    }
    const flaps = async () =>
      (await hub.events('server.')).slice(before).filter(({ type }) => type !== 'server.health');
    t.equal((await flaps()).length, 20, 'as many as the hub takes at once');
    hub.report(id, { state: 'error', error: 'the last word', tools: undefined });
    const known = () => hub.domain.observed.get(id);
    t.match(known(), { state: 'connected', tools: { length: 0 } });
    await hub.clock.move(1_000);
    await wait('the last state is known', () => known().error === 'the last word');
    t.match(known(), { state: 'error', tools: [{ name: 'new' }] }, 'no list is lost');
    t.equal((await flaps()).length, 21);
  },
);

t.test('the answer to a command counts at once, however many reports wait', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.register('busy', {});
  for (let n = 0; n < 30; n++) hub.report(id, { state: n % 2 ? 'error' : 'connecting', error: 'x', tools: undefined });
  await hub.domain.lifecycle.connect(hub.admin, id);
  const known = () => hub.domain.observed.get(id).state;
  t.equal(known(), 'connected');
  await hub.clock.move(10_000);
  hub.report(id, { version: '7', tools: undefined });
  t.equal(known(), 'connected', 'and no older report comes after it');
});

t.test('waiting reports of an agent are dropped when the agent goes away', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.register('gone', {});
  for (let n = 0; n < 30; n++) hub.report(id, { state: n % 2 ? 'connected' : 'error', error: '', tools: undefined });
  hub.agentGoes();
  await hub.clock.move(10_000);
  hub.agentComes();
  const { id: other } = await hub.register('other', {});
  for (let n = 0; n < 21; n++) hub.report(other, { pid: n, tools: undefined });
  await hub.clock.move(10_000);
  const known = (server: string) => hub.domain.observed.get(server);
  await wait('a report of another server that waited is taken', () => known(other).pid === 20);
  t.match(known(id), { state: 'disconnected' });
});
