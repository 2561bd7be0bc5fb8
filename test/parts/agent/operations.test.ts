import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mock } from 'node:test';
import { create } from '@bufbuild/protobuf';
import {
  CallToolSchema,
  CleanupSchema,
  CommandSchema,
  ConnectServerSchema,
  DisconnectServerSchema,
  NoopSchema,
  PutServerSchema,
  ReadLogSchema,
  RemoveServerSchema,
} from '@roundhouse/proto/agent/v1/command';
import { OpenPrivateSchema } from '@roundhouse/proto/agent/v1/mcp';
import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { DatabaseProbes } from '../../../agent/drivers/databases/probes.js';
import { DatabaseQueries } from '../../../agent/drivers/databases/queries.js';
import { Docker } from '../../../agent/drivers/docker/docker.js';
import { DockerHost } from '../../../agent/drivers/docker/host/docker-host.js';
import { Kubernetes } from '../../../agent/drivers/kubernetes/kubernetes.js';
import { createLogs } from '../../../agent/drivers/logs/logs.js';
import { PrivateInstances } from '../../../agent/drivers/mcp/instances/private-instances.js';
import { createDevices } from '../../../agent/drivers/network/devices.js';
import { Storage } from '../../../agent/drivers/storage/storage.js';
import { UsageMeter } from '../../../agent/drivers/usage/usage.js';
import { AgentFailure } from '../../../agent/failure.js';
import type { Answer, OperationContext, OperationName } from '../../../agent/operations/operation.js';
import { createOperations } from '../../../agent/operations/table.js';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';
import { Sealer } from '../../../agent/sealer.js';
import { firstText, fixture, harness, silentLog, tempFolder } from './harness.js';

function table(t: Test, policy = noPolicy) {
  const h = harness(t);
  const sources = { inUse: () => new Set<string>() };
  const storage = new Storage({ dataDir: h.dataDir, log: silentLog, logs: h.logs, sources });
  const usage = new UsageMeter({
    dataDir: h.dataDir,
    servers: () => h.servers.reports().map(({ serverId }) => serverId),
  });
  const sealer = new Sealer(h.dataDir);
  const devices = createDevices({ dataDir: h.dataDir, sealer, log: silentLog, policy: () => noPolicy });
  const privates = new PrivateInstances({ servers: h.servers, reports: h.servers, logs: h.logs, log: silentLog });
  t.teardown(() => privates.closeAll());
  const kubernetes = new Kubernetes({ policy: () => noPolicy });
  t.teardown(() => kubernetes.close());
  const docker = new DockerHost(new Docker({ dataDir: h.dataDir, log: silentLog }), () => noPolicy);
  const databases = new DatabaseProbes(() => noPolicy);
  const queries = new DatabaseQueries(() => noPolicy);
  const operations = createOperations({
    ...h,
    privates,
    devices,
    kubernetes,
    docker,
    storage,
    usage,
    databases,
    queries,
    policy: () => policy,
  });
  const progress: string[] = [];
  const context = (signal = new CancelSource()): OperationContext => ({
    commandId: 'c1',
    signal,
    progress: (json) => progress.push(Buffer.from(json).toString()),
    log() {},
  });
  const run = async (name: OperationName, args: object): Promise<Answer> => {
    const operation = operations.get(name);
    if (operation === undefined || !('run' in operation)) throw new Error(`${name} does not run`);
    return operation.run(args as never, context());
  };
  return { ...h, operations, run, context, progress, privates };
}

t.test('the agent knows every operation of the contract, under its own name', async (t) => {
  const { operations } = table(t);
  const contract = CommandSchema.oneofs.flatMap(({ fields }) => fields.map(({ localName }) => localName));
  t.same([...operations.keys()].sort(), contract.sort());
  for (const [name, operation] of operations) t.equal(operation.name, name);
});

t.test('noop returns its echo', async (t) => {
  const { run } = table(t);
  t.match(await run('noop', create(NoopSchema, {})), { case: 'json', value: Buffer.from('null') });
  t.match(await run('noop', create(NoopSchema, { echo: Buffer.from('[1.0]') })), { value: Buffer.from('[1.0]') });
  await t.rejects(run('noop', create(NoopSchema, { echo: Buffer.from('{') })), {
    name: 'AgentFailure',
    kind: 'invalid_argument',
  });
});

t.test('further fields of a call cannot change its tool and arguments', async (t) => {
  const { run } = table(t);
  for (const name of ['name', 'arguments', '_meta', 'na\\u006de']) {
    const call = create(CallToolSchema, { serverId: 's1', tool: 'safe', more: Buffer.from(`{"${name}":"danger"}`) });
    await t.rejects(
      run('callTool', call),
      { name: 'AgentFailure', kind: 'invalid_argument', details: { field: 'more' } },
      name,
    );
  }
});

t.test('a server that is disconnected or removed leaves no instance of a single client behind', async (t) => {
  const { run, privates } = table(t);
  const client = {
    capabilities: Buffer.from('{"sampling":{}}'),
    clientInfo: Buffer.from('{"name":"x","version":"1"}'),
  };
  const connected = async (instanceId: string) => {
    await run('putServer', create(PutServerSchema, { server: fixture('slow') }));
    await run('connectServer', create(ConnectServerSchema, { serverId: 's1' }));
    await run('openPrivate', create(OpenPrivateSchema, { serverId: 's1', instanceId, ...client }));
    t.equal(privates.size, 1);
  };
  for (const force of [false, true]) {
    await connected(`stopped, force ${force}`);
    await run('disconnectServer', create(DisconnectServerSchema, { serverId: 's1', force }));
    t.equal(privates.size, 0, `none that still ends, force ${force}`);
  }
  await connected('removed');
  await run('removeServer', create(RemoveServerSchema, { serverId: 's1' }));
  t.equal(privates.size, 0);
});

t.test('a server from its registration to its removal', async (t) => {
  const { run, progress, servers } = table(t);
  const put = await run('putServer', create(PutServerSchema, { server: fixture('slow') }));
  t.match(put, { case: 'server', value: { serverId: 's1', state: ServerState.DISCONNECTED } });
  const up = await run('connectServer', create(ConnectServerSchema, { serverId: 's1' }));
  t.match(up, { case: 'server', value: { state: ServerState.CONNECTED } });
  const call = { serverId: 's1', tool: 'quick', arguments: Buffer.from('{}') };
  const called = await run('callTool', create(CallToolSchema, call));
  if (called.case !== 'tool') throw new Error('not a tool result');
  t.equal(firstText(Buffer.from(called.value.json).toString()), 'quick');
  t.match(called.value, { isError: false });
  t.ok(called.value.durationUs > 0 && called.value.durationUs < 60_000_000);
  t.same(progress, []);
  const down = await run('disconnectServer', create(DisconnectServerSchema, { serverId: 's1' }));
  t.match(down, { value: { state: ServerState.DISCONNECTED } });
  await run('removeServer', create(RemoveServerSchema, { serverId: 's1' }));
  t.same(servers.reports(), []);
  t.match(await run('removeServer', create(RemoveServerSchema, { serverId: 's1' })), { case: 'json' }, 'once more');
  await t.rejects(run('connectServer', create(ConnectServerSchema, { serverId: 's1' })), {
    name: 'AgentFailure',
    kind: 'not_found',
  });
  await t.rejects(run('putServer', create(PutServerSchema, {})), { name: 'AgentFailure', kind: 'invalid_argument' });
});

t.test('a log is sent no faster than the hub reads it, until it is cancelled', async (t) => {
  const { operations, servers, logs, context } = table(t);
  const operation = operations.get('readLog');
  if (operation === undefined || !('transfer' in operation)) throw new Error('readLog does not transfer');
  const read = create(ReadLogSchema, { serverId: 's1', follow: true }) as never;
  await t.rejects(operation.transfer(read, context(), { write: async () => {} }), {
    name: 'AgentFailure',
    kind: 'not_found',
  });
  servers.put(fixture('slow'));
  logs.open('s1').appendLines('stderr', 'info', ['one', 'two']);
  const cancel = new CancelSource();
  let text = '';
  let writing = 0;
  const write = async (chunk: Uint8Array) => {
    t.equal(++writing, 1, 'one at a time');
    await new Promise((resolve) => setImmediate(resolve));
    text += Buffer.from(chunk).toString();
    writing--;
    if (text.includes('three')) cancel.abort(new AgentFailure('cancelled', 'enough'));
    else logs.open('s1').append({ level: 'info', source: 'agent', message: 'three' });
  };
  await t.rejects(operation.transfer(read, context(cancel), { write }), {
    name: 'AgentFailure',
    kind: 'cancelled',
    message: 'enough',
  });
  t.match(text, /one"}\n.*two"}\n.*three"}\n/);
});

t.test('a site that is read-only: an operation that changes something is refused, whatever it changes', async (t) => {
  const { run, operations, context, dataDir } = table(t, new Policy({ read_only: true }));
  const backup = join(dataDir, 'backups', 's1', 'old');
  mkdirSync(dirname(backup), { recursive: true });
  writeFileSync(backup, 'kept');
  const refused = { name: 'AgentFailure', kind: 'refused', details: { reason: 'read_only', outcome: 'not_run' } };
  const request = { targets: ['backups', 'cache', 'temp', 'logs'], beforeMs: BigInt(Date.now() + 60_000), force: true };
  await t.rejects(run('cleanup', create(CleanupSchema, request)), refused);
  t.ok(existsSync(backup));
  t.match(await run('cleanup', create(CleanupSchema, { ...request, dryRun: true })), { case: 'json' });
  for (const name of [
    'removeInstalled',
    'removeContainer',
    'createDeployment',
    'applyConfig',
    'writeTerminal',
  ] as const)
    await t.rejects(run(name, {}), refused, name);
  const terminal = operations.get('openPodTerminal');
  t.ok(terminal !== undefined && 'transfer' in terminal);
  if (terminal !== undefined && 'transfer' in terminal)
    await t.rejects(async () => terminal.transfer({} as never, context(), { write: async () => {} }), refused);
  t.match(await run('noop', create(NoopSchema, {})), { case: 'json' });
  t.match(await run('putServer', create(PutServerSchema, { server: fixture('slow') })), { case: 'server' });
});

t.test("the entries of the agent's own log stay for a week, whatever the hub asks for", async (t) => {
  const clock = mock.timers;
  clock.enable({ apis: ['Date'], now: Date.now() });
  t.teardown(() => clock.reset());
  const dataDir = tempFolder(t);
  const logs = createLogs({ dataDir, log: silentLog, limits: { segmentBytes: 200 } });
  t.teardown(() => logs.close());
  for (const log of [logs.own, logs.open('s1')]) {
    for (let at = 0; at < 5; at++)
      log.append({ level: 'info', source: 'agent', message: `line ${at}`.repeat(20), metadata: {} });
    await log.flushed();
  }
  const cleaned = async () => (await logs.clean(Number.MAX_SAFE_INTEGER, false)).files;
  t.ok((await cleaned()) > 0, 'those of a server go at once');
  clock.tick(6 * 86_400_000);
  t.equal(await cleaned(), 0, 'those of the agent stay');
  clock.tick(2 * 86_400_000);
  t.ok((await cleaned()) > 0, 'and go after a week');
});
