import t from 'tap';
import { serverRecords } from '../../hub/domain/servers/record.js';
import { put } from '../../hub/domain/store.js';
import { type Asker, startDomain, type TestDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';
import { othersDuring } from '../kit/turns.js';

const KiB = 1024;
const MiB = 1024 * KiB;

let servers = 0;

/** Registers a server with a header of a size, without connecting it. */
async function register({ domain }: TestDomain, as: Asker, bytes: number) {
  servers += 1;
  const transport = { type: 'http', url: 'https://example.com/mcp', headers: { 'X-Long': 'a'.repeat(bytes) } } as const;
  const { record } = await domain.servers.create(as, { name: `server-${servers}`, transport });
  return record;
}

/** The bytes of all specifications that the agent gets when it connects. */
async function specsOf({ domain, fleet, agentId }: TestDomain): Promise<number> {
  const agent = fleet.agent(agentId);
  if (!agent) throw new Error('the agent is away');
  return JSON.stringify([await domain.lifecycle.onConnect(agent), await domain.network.lifecycle.onDevices(agent)])
    .length;
}

const beyondShare = {
  code: 'invalid_input',
  message: /^transport: the servers and devices that you register at one agent take at most 4 MiB: make it smaller/,
  details: { field: 'transport' },
};

t.test(
  'callers without role admin register at most 4 MiB each at one agent, also at once and after a restart',
  async (t) => {
    const hub = await startDomain(t);
    const operator = await hub.caller('operator');
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => register(hub, operator, 500 * KiB)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    t.equal(refused.length, 4);
    for (const error of refused) t.match(error, beyondShare);
    await hub.restart();
    await t.rejects(register(hub, operator, 500 * KiB), beyondShare);
    await register(hub, operator, KiB);
    await register(hub, await hub.caller('operator'), 500 * KiB);
  },
);

t.test('one agent has at most 8 MiB of specifications; admins register 4 MiB more', async (t) => {
  const hub = await startDomain(t);
  for (const operator of [await hub.caller('operator'), await hub.caller('operator')])
    for (let n = 0; n < 8; n += 1) await register(hub, operator, 500 * KiB);
  const third = await hub.caller('operator');
  const refused = { code: 'invalid_input', message: /all servers and devices of one agent take at most 8 MiB/ };
  await t.rejects(register(hub, third, 500 * KiB), refused);
  for (let n = 0; n < 8; n += 1) await register(hub, hub.admin, 500 * KiB);
  await t.rejects(register(hub, hub.admin, 500 * KiB), { code: 'invalid_input', message: /at most 12 MiB/ });
  const bytes = await specsOf(hub);
  t.ok(bytes > 11 * MiB && bytes < 12 * MiB, `the agent gets ${bytes} bytes`);
});

t.test(
  'a change that makes a server larger counts as a registration; deleted and smaller servers make room',
  async (t) => {
    const hub = await startDomain(t);
    const { servers } = hub.domain;
    const operator = await hub.caller('operator');
    const records = [];
    for (let n = 0; n < 8; n += 1) records.push(await register(hub, operator, 500 * KiB));
    const [first, second] = records;
    const grown = (id = '', bytes = 0) =>
      servers.update(operator, id, {
        transport: { type: 'http', url: 'https://example.com/mcp', headers: { 'X-Long': 'b'.repeat(bytes) } },
      });
    const foreign = await register(hub, hub.admin, 100 * KiB);
    await t.rejects(grown(foreign.id, 200 * KiB), beyondShare, "also another caller's server");
    await t.rejects(grown(first?.id, 900 * KiB), beyondShare);
    await servers.update(operator, first?.id ?? '', { description: 'the same size' });
    await grown(first?.id, KiB);
    await grown(second?.id, 900 * KiB);
    await t.rejects(register(hub, operator, 500 * KiB), beyondShare);
    await servers.delete(operator, second?.id ?? '');
    await register(hub, operator, 500 * KiB);
  },
);

t.test('network devices take their room from the same share', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['putDevice'] });
  hub.fleet.answers.set('putDevice', () => json({}));
  const operator = await hub.caller('operator');
  for (let n = 0; n < 8; n += 1) await register(hub, operator, 500 * KiB);
  const credentials = { username: 'admin', password: 'p'.repeat(4096), enablePassword: 'e'.repeat(4096) };
  const device = (name: string) => ({ name, type: 'cisco_ios', hostname: '192.0.2.1', credentials }) as const;
  const { devices } = hub.domain.network;
  let made = 0;
  const fill = async () => {
    for (; made < 20; made += 1) await devices.create(operator, device(`device-${made}`));
  };
  await t.rejects(fill(), { code: 'invalid_input', details: { field: 'credentials' }, message: /at most 4 MiB/ });
  t.ok(made > 0, 'as many as there is room for');
  await devices.create(hub.admin, device('of-the-admin'));
});

t.test('other work runs while the hub prepares the servers of an agent', async (t) => {
  const hub = await startDomain(t);
  const transport = { type: 'http', url: 'https://example.com/mcp' } as const;
  for (let n = 0; n < 100; n += 1) await hub.domain.servers.create(hub.admin, { name: `plain-${n}`, transport });
  const agent = hub.fleet.agent(hub.agentId);
  if (!agent) throw new Error('the agent is away');
  const rounds = await othersDuring(t, () => hub.domain.lifecycle.onConnect(agent));
  t.ok(rounds > 20, `other work ran ${rounds} times`);
});

t.test('servers that an agent does not get show the reason until they are handed to it', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('kept', {});
  const { id: newest } = await hub.connect('newest', {});
  const agent = hub.fleet.agent(hub.agentId);
  if (!agent) throw new Error('the agent is away');
  const state = (server: string) => {
    const { observed } = hub.domain.servers.get(hub.admin, server);
    return [observed.state, observed.error];
  };
  hub.domain.lifecycle.onLeftOut(agent, [newest], 'too large');
  hub.report(newest, { state: 'disconnected' });
  t.same(state(newest), ['error', 'too large'], 'also after the agent has ended it');
  t.same(state(id), ['connected', '']);
  await hub.domain.lifecycle.connect(hub.admin, newest);
  t.same(state(newest), ['connected', '']);
  hub.report(newest, { state: 'disconnected' });
  t.same(state(newest), ['disconnected', '']);
});

t.test('a server that cannot be prepared shows the reason, and the other servers start', async (t) => {
  const errors: unknown[] = [];
  const hub = await startDomain(t, { ports: { onError: (error) => errors.push(error) } });
  const { id } = await hub.connect('sound', {});
  const { id: broken } = await hub.connect('broken', {});
  const record = hub.store.get(serverRecords, broken);
  const agent = hub.fleet.agent(hub.agentId);
  if (!agent || !record) throw new Error('the agent or the server is away');
  await hub.store.apply({ writes: [put(serverRecords, { ...record, sealedSecrets: 'not sealed' }, record.revision)] });
  const specs = await hub.domain.lifecycle.onConnect(agent);
  t.same(
    specs.map((spec) => spec.id),
    [id],
  );
  hub.domain.lifecycle.onLeftOut(agent, [], 'too large');
  hub.report(broken, { state: 'disconnected' });
  const { observed } = hub.domain.servers.get(hub.admin, broken);
  t.match(observed, { state: 'error', error: /^the hub cannot prepare this server, .* its secrets cannot be read/ });
  t.match(errors, [{ message: /^the server 'broken' \(.*\) was not prepared for agent/, cause: Error }]);
});
