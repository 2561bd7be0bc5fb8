import t, { type Test } from 'tap';
import { startDomain } from '../kit/domain.js';
import { readOnly, ScriptedServer } from '../kit/scripted-site.js';

const transport = { type: 'stdio', command: 'x', args: [] } as const;

/** Starts a domain in which a standard user has a personal server `time-ada`, with the tool `now`. */
async function start(t: Test) {
  const hub = await startDomain(t);
  const ada = await hub.caller('user');
  const input = { name: 'time-ada', transport };
  const tools = { now: readOnly(({ arguments: args }) => args) };
  hub.fleet.servers.set('time-ada', new ScriptedServer(tools));
  const { record } = await hub.domain.lifecycle.create(ada, input, {}, { ownerId: ada.caller.id, curated: true });
  await hub.domain.lifecycle.connect(hub.admin, record.id);
  return { hub, ada, id: record.id, tools, stranger: await hub.caller('operator') };
}

t.test('a new server may have the name of a personal server that its maker does not see', async (t) => {
  const { hub, ada, id, stranger } = await start(t);
  const { record } = await hub.domain.lifecycle.create(stranger, {
    name: 'Time-Ada',
    transport: { type: 'http', url: 'http://192.0.2.1/mcp' },
  });
  t.equal(record.name, 'Time-Ada');
  t.equal(hub.domain.servers.get(ada, id).record.name, 'time-ada', 'the personal server keeps its name');
  t.equal(hub.domain.servers.get(ada, 'time-ada').record.id, id, 'its owner means it by the name');
  t.equal(hub.domain.servers.get(stranger, 'time-ada').record.id, record.id);
  t.equal(hub.domain.servers.get(hub.admin, 'time-ada').record.id, record.id);
});

t.test('two people may have personal servers of one name', async (t) => {
  const { hub, ada, id } = await start(t);
  const mallory = await hub.caller('user');
  const belonging = { ownerId: mallory.caller.id, curated: true };
  const { record } = await hub.domain.lifecycle.create(mallory, { name: 'time-ada', transport }, {}, belonging);
  t.equal(record.name, 'time-ada');
  t.equal(hub.domain.servers.get(ada, 'time-ada').record.id, id);
  t.equal(hub.domain.servers.get(mallory, 'time-ada').record.id, record.id);
  await t.rejects(
    async () => hub.domain.servers.get(hub.admin, 'time-ada'),
    { code: 'not_found' },
    'an admin names one by its id',
  );
  const tests = { type: 'unit', parallel: false, timeoutSeconds: 60 } as const;
  const { ownerId } = hub.domain.suites.newRun(hub.admin, { ...tests, servers: [id] } as never);
  t.not(ownerId, undefined, 'a run over either is no run that all may read');
  await hub.restart();
  t.equal(hub.domain.servers.get(ada, 'time-ada').record.id, id, 'also after a start');
});

t.test('calls of an owner by name go to the owner’s server, even if another user takes the name later', async (t) => {
  const { hub, ada, id, tools } = await start(t);
  const taker = await hub.connect('time-ada', tools);
  const meant = ({ caller }: typeof ada) => hub.domain.catalog.resolve(caller, 'now', 'time-ada').server.id;
  t.equal(meant(ada), id);
  t.equal(meant(await hub.caller('user')), taker.id);
});

t.test('an admin’s call without a server goes to no personal server of another', async (t) => {
  const { hub, ada, id } = await start(t);
  await t.rejects(hub.call('now', { secret: 1 }), { code: 'not_found' });
  t.match(await hub.call('now', { x: 1 }, { server: id }), { answer: { x: 1 } }, 'the admin may name the server');
  t.match(await hub.call('now', { x: 2 }, { as: ada }), { answer: { x: 2 } }, 'its owner means it');
});

t.test('no name of an admin means the personal server of another person', async (t) => {
  const { hub, id } = await start(t);
  const { domain, admin } = hub;
  await t.rejects(async () => domain.servers.get(admin, 'time-ada'), { code: 'not_found' });
  await t.rejects(hub.call('now', { secret: 1 }, { server: 'time-ada' }), { code: 'not_found' });
  await t.rejects(domain.lifecycle.disconnect(admin, 'time-ada'), { code: 'not_found' });
  const run = (servers: readonly string[]) =>
    domain.suites.newRun(admin, { type: 'unit', parallel: false, timeoutSeconds: 60, servers } as never);
  t.throws(() => run(['Time-Ada']), { code: 'invalid_input' });
  t.equal(domain.servers.get(admin, id).record.name, 'time-ada', 'its id means it');
  const shared = await hub.connect('time-ada', { now: readOnly(() => ({ shared: true })) });
  t.equal(domain.servers.get(admin, 'time-ada').record.id, shared.id);
  t.match(run(['time-ada']).params, { targets: [{ id: shared.id }] }, 'a test run, too, is over the shared server');
});
