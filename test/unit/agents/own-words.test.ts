import { mock } from 'node:test';
import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import type { Agents } from '../../../hub/domain/agents/agents.js';
import type { Operation } from '../../../hub/domain/agents/fleet.js';
import { PolicyRefusals } from '../../../hub/domain/agents/refusals.js';
import { UsageWatch } from '../../../hub/domain/alerts/usage.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { changesOf } from '../../../hub/domain/devices/config/records.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { SystemLogs } from '../../../hub/domain/logs/system-logs.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import type { Store } from '../../../hub/domain/store.js';
import { readCheck } from '../../../hub/domain/updates/source.js';
import { agent, input, rig } from '../devices/rig.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';

const own = { id: 'own-server', name: 'own', agentId: agent.id, site: agent.site, groupId: null };
const foreign = { ...own, id: 'foreign-server', name: 'foreign', agentId: 'agent-2', site: 'berlin' };

/** An agent that answers every operation with one text. */
class Told extends ScriptedFleet {
  constructor(private readonly value: unknown) {
    super({ ...agent, operations: ['measureUsage'] });
  }

  protected answer(_: Operation) {
    return json(this.value);
  }
}

t.test('only an address that a browser opens is a place to consent', async (t) => {
  const nothing = { error: '', pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0, revision: 1 };
  const observed = new ObservedServers();
  for (const [authorizationUrl, shown] of [
    ['https://login.example.org/consent?state=x', 'https://login.example.org/consent?state=x'],
    ['javascript:alert(1)', ''],
    ['no address', ''],
    [`https://login.example.org/${'x'.repeat(10_000)}`, ''],
  ] as const) {
    const report = { ...nothing, serverId: 's', state: 'error', initializeResult: new Uint8Array() } as const;
    observed.report(agent.id, { ...report, authorizationUrl });
    t.equal(observed.get('s').authorizationUrl, shown);
  }
});

t.test('the page of an update is an address that a browser opens', async (t) => {
  t.equal(readCheck({ url: 'https://example.org/changes' }).url, 'https://example.org/changes');
  t.equal(readCheck({ url: 'javascript:alert(1)' }).url, null);
});

/** The logs of an agent that answers a search with a value. */
function logsOf(answer: unknown): SystemLogs {
  const servers = new Map([own, foreign].map((record) => [record.id, record as unknown as ServerRecord]));
  return new SystemLogs({
    agents: { list: () => [{ record: { id: agent.id, name: agent.name, site: agent.site } }] } as unknown as Agents,
    registry: {
      byId: (id: string) => servers.get(id),
      find: (name: string) => [...servers.values()].find((record) => record.name === name),
      ofAgent: () => [own],
    } as unknown as ServerRegistry,
    fleet: () => new Told(answer),
    redactor: new Redactor(),
    own: undefined,
  });
}

const query = { sinceMs: 0, untilMs: 0, text: '', limit: 10 };
const { signal } = new AbortController();
const caller = { role: 'admin', grants: null } as unknown as Caller;

t.test('an agent with an unreadable answer counts as an agent without an answer', async (t) => {
  const entry = { timestamp: '2026-01-01T00:00:00Z', level: 'info', source: 'x', message: 'm' };
  for (const answer of [
    ...[null, 5, { entries: {}, total: 1, complete: true }, { entries: [], total: 'many', complete: true }],
    ...[null, { server: '' }, { server: '', entry: { ...entry, timestamp: 'never' } }].map(answerWith),
    ...[
      { server: 5, entry },
      { server: '', entry: { ...entry, message: {} } },
      { server: '', entry: { ...entry, metadata: [] } },
    ].map(answerWith),
  ]) {
    const found = await logsOf(answer).search(caller, undefined, query, signal);
    t.match(
      found,
      { entries: { length: 0 }, unanswered: [{ agent: agent.name, reason: /cannot be read/ }] },
      JSON.stringify(answer),
    );
  }
});

function answerWith(entry: unknown) {
  return { entries: [entry], total: 1, complete: true };
}

t.test('an agent gives only the logs of requested servers at its own site', async (t) => {
  const entry = (message: string) => ({ timestamp: '2026-01-01T00:00:00Z', level: 'info', source: 'x', message });
  const entries = [
    { server: own.id, entry: { ...entry('mine'), metadata: { site: 'berlin' } } },
    { server: foreign.id, entry: entry('forged') },
    { server: '', entry: entry('its own') },
  ];
  const logs = logsOf({ entries, total: 3, complete: true });
  const found = await logs.search(caller, undefined, query, signal);
  t.same(found.entries.map(({ server, message }) => [server, message]).sort(), [
    ['agent/agent', 'its own'],
    ['own', 'mine'],
  ]);
  t.equal(found.entries.find(({ server }) => server === 'own')?.metadata.site, agent.site);
  const narrow = await logs.search(caller, 'own', query, signal);
  t.same(
    narrow.entries.map(({ message }) => message),
    ['mine'],
    'its own log was not asked for',
  );
});

function auditedRefusals() {
  const written: { readonly writes: readonly { readonly value: { readonly details: unknown } }[] }[] = [];
  const store = {
    record: (change: (typeof written)[number]) => written.push(change),
  } as unknown as Store;
  const serverOf = (id: string) => [own, foreign].find((record) => record.id === id);
  const redactor = new Redactor();
  redactor.learn('sealed-value');
  return { refusals: new PolicyRefusals(store, redactor, serverOf), written };
}

t.test('endless refusals of an agent make few audit entries a minute, with counts', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const { refusals, written } = auditedRefusals();
  const details = () => written.splice(0).map(({ writes: [entry] }) => entry?.value.details);
  const notice = (reason: string) => refusals.notice({ agentId: agent.id, serverId: own.id, reason });
  for (let n = 0; n < 1000; n++) notice('no');
  for (let n = 0; n < 1000; n++) notice(`no ${n}`);
  t.same(
    details(),
    ['no', 'no 0', 'no 1', 'no 2', 'no 3'].map((reason) => ({ reason })),
  );
  mock.timers.tick(60_000);
  t.match(details(), [{ reason: 'no', count: 999 }, { count: 996 }]);
  notice('no');
  t.same(details(), [{ reason: 'no' }], 'the next minute');
});

t.test('a refusal that is cut shows no part of a secret', async (t) => {
  const { refusals, written } = auditedRefusals();
  refusals.notice({ agentId: agent.id, reason: `${'x'.repeat(1018)}sealed-value` });
  t.notMatch(JSON.stringify(written), /seal/);
});

t.test('a refusal names a server only if it is the agent’s own', async (t) => {
  const { refusals, written } = auditedRefusals();
  for (const serverId of [own.id, foreign.id]) refusals.notice({ agentId: agent.id, serverId, reason: 'no' });
  t.match(JSON.stringify(written[0]), own.id);
  t.notMatch(JSON.stringify(written[1]), foreign.id);
});

t.test('the usage of a server counts if it is a number, and at its own agent only', async (t) => {
  const memory = { totalBytes: 100, usedBytes: 1 };
  const servers = [
    { serverId: own.id, memoryBytes: 'much', diskBytes: 5 },
    { serverId: foreign.id, memoryBytes: 99, diskBytes: 99 },
  ];
  const watch = new UsageWatch(() => new Told({ memory, disk: memory, servers }), {
    measure: () => Promise.resolve({ memory, disk: memory }),
  });
  await watch.look();
  t.same(watch.server(own.id, agent.id), { memory: undefined, disk: { totalBytes: 100, usedBytes: 5 } });
  t.equal(watch.server(foreign.id, foreign.agentId), undefined);
});

t.test('a report on one device ends no change of another', async (t) => {
  const { network, fleet, put, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  const { record: other } = await network.lifecycle.create(SYSTEM, { ...input, name: 'edge-2' });
  fleet.before = (operation) => {
    if (operation.case !== 'applyConfig') return;
    fleet.connected = false;
    throw new DomainError('agent_unreachable', 'the link was lost', { outcome: 'unknown' });
  };
  await t.rejects(put('hostname b\n'), { name: 'DomainError', details: { state: 'begun' } });
  const [change] = changesOf(store, record.id);
  fleet.connected = true;
  const forged = { changeId: change?.id ?? '', state: 'confirmed', hashBefore: '', hashAfter: 'x', time: 1 } as const;
  const asked = fleet.told('inspectChange');
  network.lifecycle.onDeviceReport(agent, fleet.report(other.id, { change: { ...forged, error: '' } }));
  t.equal(fleet.told('inspectChange'), asked, 'the agent is not believed about it');
  t.match(changesOf(store, record.id), [{ state: 'begun' }]);
  network.lifecycle.onDeviceReport(agent, fleet.report(record.id, { change: { ...forged, error: '' } }));
  t.equal(fleet.told('inspectChange'), asked + 1, 'as it is about the device itself');
});
