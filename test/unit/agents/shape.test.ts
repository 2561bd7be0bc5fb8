import t from 'tap';
import { progressNotes } from '../../../hub/domain/agents/answer.js';
import type { CommandOptions, ConnectedAgent, Fleet } from '../../../hub/domain/agents/fleet.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { ClusterPort } from '../../../hub/domain/clusters/port.js';
import type { ClusterRecord } from '../../../hub/domain/clusters/record.js';
import { type PodDetails, podDetails } from '../../../hub/domain/clusters/resources/answers.js';
import { ConfigReader } from '../../../hub/domain/devices/config/reader.js';
import { DevicePort } from '../../../hub/domain/devices/port.js';
import type { DeviceRecord } from '../../../hub/domain/devices/record.js';
import { type ContainerSummary, containerSummary } from '../../../hub/domain/docker/answers.js';
import { DockerPort } from '../../../hub/domain/docker/port.js';
import type { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { Store } from '../../../hub/domain/store.js';
import { SourceCommands } from '../../../hub/domain/updates/commands.js';

const options = { kind: 'read', timeoutMs: 1000 } as const;

/** A fleet whose only agent gives the same answer to every operation. */
function answering(answer: string) {
  const fleet = {
    agent: () => ({ id: 'a', name: 'edge-1' }),
    execute: async () => ({ case: 'json', value: Buffer.from(answer) }),
  };
  return () => fleet as unknown as Fleet;
}

/** The hub's reading of an agent's answer to the request for a list of containers. */
function read(answer: string, asked: CommandOptions = options) {
  const port = new DockerPort(answering(answer), new Redactor(), { byId: () => undefined });
  const operation = { case: 'listContainers', value: { all: true, name: '', labels: [], limit: 10 } } as const;
  const shape = { containers: [containerSummary], total: 'number' } as const;
  type Containers = { readonly containers: readonly ContainerSummary[]; readonly total: number };
  return port.change<Containers>({ id: 'a' } as ConnectedAgent, operation, shape, asked, () => {});
}

const container = {
  ...{ id: 'c1', name: 'web', image: 'nginx:1', state: 'running', status: 'Up', createdAt: 1, ports: ['80/tcp'] },
  ...{ labels: { a: 'b' }, serverId: '' },
};
const answered = (change: object) => JSON.stringify({ containers: [{ ...container, ...change }], total: 1 });

t.test('an answer keeps its documented members; members that an older agent leaves out are empty', async (t) => {
  t.same(await read(answered({})), { containers: [container], total: 1 });
  t.same(await read(answered({ secret: 1, labels: undefined, createdAt: null })), {
    containers: [{ ...container, labels: {}, createdAt: 0 }],
    total: 1,
  });
  t.same(await read('{}'), { containers: [], total: 0 });
});

t.test('an answer of another form is an error that names the agent and the operation', async (t) => {
  const refused = {
    code: 'upstream_failed',
    message: "the answer of agent 'edge-1' to 'listContainers' cannot be read",
    details: { reason: 'answer_unreadable', agent: 'edge-1', operation: 'listContainers' },
  };
  for (const answer of [
    ...['', 'null', '[]', '1', '{"containers":{}}', '{"containers":[null,1]}', '{"total":"1"}', '{"total":1e999}'],
    ...[answered({ name: 1 }), answered({ name: {} }), answered({ ports: 'x' }), answered({ ports: [{}] })],
    ...[answered({ labels: { a: { b: 1 } } }), answered({ labels: [] }), answered({ createdAt: 1e300 })],
  ])
    await t.rejects(read(answer), refused, answer.slice(0, 80));
});

t.test('a long text of an answer is refused, except where it is an output or a label', async (t) => {
  const long = 'x'.repeat(16 * 1024 + 1);
  const refused = { code: 'upstream_failed', details: { reason: 'answer_unreadable' } };
  await t.rejects(read(answered({ name: long })), refused);
  t.match(await read(answered({ name: long.slice(1), labels: { long } })), { containers: [{ labels: { long } }] });
});

t.test('whether a change was made is unknown if its answer cannot be read', async (t) => {
  const change = { ...options, kind: 'once' } as const;
  await t.rejects(read('[]', change), { code: 'upstream_failed', details: { outcome: 'unknown' } });
});

t.test('an answer that the fleet has taken is read, with any number of values', async (t) => {
  t.same(await read(`{"total":1,"x":[[${'[],'.repeat(400_000)}1]]}`), { containers: [], total: 1 });
});

t.test(
  'the answer about a pod has no member that is undefined, and a bad answer is an error of the cluster',
  async (t) => {
    const ask = (answer: string) => {
      const parts = { store: {} as Store, redactor: new Redactor(), fleet: answering(answer), onOutcome: () => {} };
      const source = { case: 'agent', value: { kind: 'in_cluster', context: '' } };
      const cluster = { id: 'c', name: 'prod', agentId: 'a', site: 'here', source, sealedSource: null };
      const request = { case: 'getPod', value: { namespace: 'default', name: 'web' } } as const;
      return new ClusterPort({
        ...parts,
        store: { unsealData: async () => Buffer.from(JSON.stringify(source)) },
      }).ask<PodDetails>(cluster as unknown as ClusterRecord, request, podDetails, options);
    };
    const pod = await ask('{"name":"web","containers":[{"name":"nginx"}],"volumes":[{"details":{"name":null}}]}');
    t.same(pod.volumes, [{ name: '', type: '', details: { name: null } }]);
    t.same(Object.keys(pod.containers[0] ?? {}), [
      'name',
      'image',
      'ready',
      'restartCount',
      'state',
      'ports',
      'resources',
    ]);
    t.notOk('owner' in pod);
    for (const answer of ['{"name":{}}', '{"containers":[{"resources":[]}]}', '{"events":[{"firstAt":1e300}]}'])
      await t.rejects(
        ask(answer),
        { code: 'cluster_operation_failed', message: "the answer of agent 'edge-1' to 'getPod' cannot be read" },
        answer,
      );
  },
);

t.test('a configuration of another form is an error of the device', async (t) => {
  const device = { id: 'd', agentId: 'a', options: { timeoutMs: 1 } } as unknown as DeviceRecord;
  const ask = (answer: string) => new ConfigReader(new DevicePort(answering(answer))).read(device, 'text', '');
  t.same(await ask('{"config":"hostname a"}'), { config: 'hostname a', format: 'text', retrievedAt: 0 });
  for (const answer of ['{"config":1}', '{"format":"yaml"}', '{"retrievedAt":"now"}'])
    await t.rejects(
      ask(answer),
      { code: 'device_config_failed', message: "the answer of agent 'edge-1' to 'getConfig' cannot be read" },
      answer,
    );
});

t.test('an answer of another kind names the agent and the operation, too', async (t) => {
  const device = { id: 'd', agentId: 'a', options: { timeoutMs: 1 } } as unknown as DeviceRecord;
  const operation = { case: 'inspectDevice', value: { deviceId: 'd' } } as const;
  const report = new DevicePort(answering('{}')).report(device, 'connect', operation, options);
  const message = "the answer of agent 'edge-1' to 'inspectDevice' cannot be read";
  await t.rejects(report, { code: 'device_unreachable', message });
});

t.test('an answer about installed versions of another form is an error', async (t) => {
  const signal = AbortSignal.timeout(60_000);
  const ask = (answer: string) => {
    const parts = { store: {} as Store, observed: {} as ObservedServers, fleet: answering(answer), awayMs: 0 };
    return new SourceCommands(parts).installed({ id: 's', agentId: 'a' } as ServerRecord, signal);
  };
  t.same(await ask('{"installed":[{"version":"1.0.0"}]}'), {
    current: null,
    installed: [{ version: '1.0.0', installedAt: '', bytes: 0 }],
  });
  for (const answer of ['{"current":1}', '{"installed":[1]}', '{"installed":[{"bytes":"many"}]}'])
    await t.rejects(
      ask(answer),
      { code: 'upstream_failed', message: "the answer of agent 'edge-1' to 'listInstalled' cannot be read" },
      answer,
    );
});

t.test('a version that an agent has fetched has the form of one: it goes into the registration', async (t) => {
  const fetch = (version: string) => {
    const answer = JSON.stringify({ version, already: false });
    const parts = { store: {} as Store, observed: {} as ObservedServers, fleet: answering(answer), awayMs: 0 };
    const record = { id: 's', agentId: 'a' } as ServerRecord;
    return new SourceCommands(parts).download(
      record,
      { version: '2.0.0', anyCommit: false },
      AbortSignal.timeout(60_000),
    );
  };
  t.equal((await fetch('')).version, '2.0.0');
  t.equal((await fetch('sha256:00ff')).version, 'sha256:00ff');
  for (const version of ['9'.repeat(201), '9.9\u202e', '1\n2', 'a b'])
    await t.rejects(fetch(version), { message: /names a version of another form/ }, version.slice(0, 9));
});

t.test('a note of another form is left out, and the next one is passed on', async (t) => {
  const told: unknown[] = [];
  const hear = progressNotes((progress, message) => told.push([progress, message]));
  const bad = ['', 'null', '{', '[]', '{"message":"x"}', '{"progress":"1"}', '{"progress":1,"message":{}}'];
  for (const note of [...bad, '{"progress":1,"message":"half"}']) hear(Buffer.from(note));
  t.same(told, [[1, 'half']]);
});
