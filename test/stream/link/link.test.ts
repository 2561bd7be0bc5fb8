import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { ServerReportSchema, ServerState } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { dialHub, openControl } from '../../../agent/link/session/channel.js';
import { encodeFrame } from '../../../agent/link/session/frames.js';
import type { Operation, OperationContext } from '../../../agent/operations/operation.js';
import type { ConnectedAgent, ServerSpec } from '../../../hub/domain/agents/fleet.js';
import { freePort } from '../../free-port.mjs';
import { wait } from '../../kit/wait.js';
import { agentFolder, callTool, echo, type Hub, read, startAgent, startHub, table, version } from './rig.js';

const once_ = { ...read, kind: 'once' } as const;
const deaf = table({ name: 'callTool', run: () => new Promise(() => {}) } as never);

/** A stream with an agent's certificate whose other end the test plays itself. */
async function raw(t: Test, hub: Hub, dataDir: string, hello: object | undefined) {
  const client = dialHub(hub.address, (await loadIdentity(dataDir)) as Identity);
  const stream = openControl(client);
  t.teardown(() => {
    stream.cancel();
    client.close();
  });
  stream.on('error', () => {});
  stream.resume();
  const ended = new Promise<{ code: number; details: string }>((resolve) => stream.once('status', resolve));
  if (hello) stream.write(encodeFrame({ case: 'hello', value: { epoch: 2n ** 50n, version, name: 'x', ...hello } }));
  return { stream, ended };
}

/** An enrolled data folder whose agent does not run. */
async function enrolled(t: Test, hub: Hub): Promise<{ id: string; dataDir: string }> {
  const agent = await startAgent(t, hub);
  const gone = once(hub.domain, 'disconnect');
  await agent.link.close({ graceMs: 0 });
  await gone;
  return agent;
}

t.test('the domain learns of connected agents, gives the desired state, and gets reports', async (t) => {
  const hub = await startHub(t);
  hub.domain.specs = [
    {
      id: 's1',
      name: 'one',
      revision: 7,
      connected: true,
      transport: { case: 'http', value: { url: 'http://x', headers: { a: 'b' } } },
      auth: { case: undefined },
      healthCheck: { enabled: false, intervalMs: 0, timeoutMs: 0 },
    } satisfies ServerSpec,
  ];
  const agent = await startAgent(t, hub);
  if (agent.servers.desired.length === 0) await once(agent.servers, 'desired');
  t.match(agent.servers.desired, [{ id: 's1', revision: 7n, transport: { value: { headers: { a: 'b' } } } }]);
  t.match(hub.fleet.agent(agent.id), { name: 'test', site: 'here', version, operations: ['noop'] });
  await wait(
    'the round trip is measured',
    () => (hub.fleet.agent(agent.id) as ConnectedAgent).roundTripMs !== undefined,
  );

  const report = once(hub.domain, 'report');
  const tools = { tools: [{ name: 'echo', definition: Buffer.from('{}') }] };
  const observed = { serverId: 's1', revision: 7n, state: ServerState.CONNECTED, tools };
  agent.servers.emit('report', create(ServerReportSchema, observed));
  t.match(await report, [{ serverId: 's1', revision: 7, state: 'connected', tools: [{ name: 'echo' }] }]);
});

t.test('when an agent dies its callers get an error at once', async (t) => {
  const hub = await startHub(t);
  const connected = once(hub.domain, 'connect');
  const script = fileURLToPath(new URL('./agent-process.ts', import.meta.url));
  const child = fork(script, [hub.address, hub.joinToken(), agentFolder(t)]);
  t.teardown(() => child.kill('SIGKILL'));
  const [agent] = (await connected) as [ConnectedAgent];
  const called = once(child, 'message');
  const call = hub.fleet.execute(agent.id, callTool('x'), { ...once_, timeoutMs: 60_000 });
  const failed = t.rejects(call, { code: 'agent_unreachable', details: { outcome: 'unknown' } });
  await called;
  child.kill('SIGKILL');
  await failed;
  t.equal(hub.fleet.agent(agent.id), undefined);
});

t.test('another process of an agent ends the first connection, and the outcome of its calls is unknown', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, { operations: deaf });
  const call = hub.fleet.execute(agent.id, callTool('x'), once_);
  const failed = t.rejects(call, { code: 'agent_unreachable', details: { outcome: 'unknown' } });
  await new Promise(setImmediate);
  const second = once(hub.domain, 'connect');
  await raw(t, hub, agent.dataDir, {});
  await second;
  await failed;
  t.same(hub.domain.told, ['connect', 'disconnect', 'connect'], 'the domain hears it in order');
  t.equal(hub.fleet.agents().length, 1);
  t.ok(agent.lines.length > 0);
});

t.test('a connection of an older epoch does not end a newer one', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const { ended } = await raw(t, hub, agent.dataDir, { epoch: 1n });
  t.equal((await ended).code, status.ABORTED);
  t.ok(await hub.fleet.execute(agent.id, echo('1'), read));
});

t.test('versions more than one minor apart get a clear error; neighbouring versions work together', async (t) => {
  const hub = await startHub(t);
  const { dataDir } = await enrolled(t, hub);
  const { ended } = await raw(t, hub, dataDir, { version: '0.3.0' });
  t.match(await ended, {
    code: status.FAILED_PRECONDITION,
    details: /agent 0\.3\.0 and hub 0\.1\.0.*update the hub/,
  });
  const connected = once(hub.domain, 'connect');
  await raw(t, hub, dataDir, { version: '0.2.9-beta.1' });
  t.match(await connected, [{ version: '0.2.9-beta.1' }]);
});

t.test('a stream that does not begin with a hello, or not in time, is closed and counted', async (t) => {
  const hub = await startHub(t, { settings: { helloTimeoutMs: 3_000 } });
  const { dataDir } = await enrolled(t, hub);
  const heartbeat = await raw(t, hub, dataDir, undefined);
  heartbeat.stream.write(encodeFrame({ case: 'heartbeat', value: {} }));
  t.equal((await heartbeat.ended).code, status.INVALID_ARGUMENT);
  const garbage = await raw(t, hub, dataDir, undefined);
  garbage.stream.write(Buffer.from('not a message'));
  t.equal((await garbage.ended).code, status.INVALID_ARGUMENT);
  const mute = await raw(t, hub, dataDir, undefined);
  t.equal((await mute.ended).code, status.INVALID_ARGUMENT);
  t.equal(hub.fleet.stats().violations, 3);
});

t.test('a silent link counts as dead', async (t) => {
  const hub = await startHub(t, { settings: { heartbeatIntervalMs: 50, silenceLimitMs: 3_000 } });
  const { id, dataDir } = await enrolled(t, hub);
  const gone = once(hub.domain, 'disconnect');
  const { ended } = await raw(t, hub, dataDir, {});
  t.match(await gone, [{ id }, 'no sign of life']);
  t.equal((await ended).code, status.DEADLINE_EXCEEDED);
});

t.test('an agent comes back after a restart of the hub, and its command ids do not repeat', async (t) => {
  const port = await freePort();
  const hub = await startHub(t, { port });
  const agent = await startAgent(t, hub);
  t.ok(await hub.fleet.execute(agent.id, echo('1'), read));
  await hub.fleet.close({ graceMs: 0 });
  const back = once(hub.domain, 'connect');
  const again = await startHub(t, { domain: hub.domain, dataDir: t.testdirName, port });
  await back;
  t.ok(await again.fleet.execute(agent.id, echo('2'), read));
});

t.test(
  'after a restart of the hub, reading commands are given up and changing commands run on; neither is answered',
  async (t) => {
    const port = await freePort();
    const hub = await startHub(t, { port });
    const calls: { tool: string; context: OperationContext; finish(): void }[] = [];
    const run: Extract<Operation<'callTool'>, { run: unknown }>['run'] = ({ tool }, context) =>
      new Promise((resolve) => {
        calls.push({ tool, context, finish: () => resolve({ case: 'json', value: Buffer.from('1') }) });
      });
    const agent = await startAgent(t, hub, { operations: table({ name: 'callTool', run } as never) });
    const lost = { code: 'agent_unreachable', details: { outcome: 'unknown' } };
    const failed = Promise.all([
      t.rejects(hub.fleet.execute(agent.id, callTool('reads'), read), lost),
      t.rejects(hub.fleet.execute(agent.id, callTool('changes'), once_), lost),
    ]);
    await wait('both calls run', () => calls.length === 2);
    const back = once(hub.domain, 'connect');
    await hub.fleet.close({ graceMs: 0 });
    await failed;
    const again = await startHub(t, { domain: hub.domain, dataDir: t.testdirName, port });
    await back;
    await wait('a call is cancelled', () => calls.some(({ context }) => context.signal.aborted));
    t.same(
      calls.map(({ tool, context }) => [tool, context.signal.aborted]),
      [
        ['reads', true],
        ['changes', false],
      ],
    );
    for (const { finish } of calls) finish();
    await again.fleet.execute(agent.id, echo('1'), read);
    t.match(again.fleet.stats(), { foreignResults: 0, lateResults: 0, results: 1 });
  },
);

t.test('a hub that closes lets running commands end, and refuses new ones', async (t) => {
  const hub = await startHub(t);
  let finish: (() => void) | undefined;
  const run = () =>
    new Promise((resolve) => {
      finish = () => resolve({ case: 'json', value: Buffer.from('"done"') });
    });
  const agent = await startAgent(t, hub, { operations: table({ name: 'callTool', run } as never) });
  const call = hub.fleet.execute(agent.id, callTool('x'), read);
  await wait('the call runs', () => finish !== undefined);
  const closed = hub.fleet.close({ graceMs: 60_000 });
  await t.rejects(hub.fleet.execute(agent.id, echo('1'), read), { code: 'agent_unreachable' });
  finish?.();
  t.match(await call, { case: 'json' });
  await closed;
  await wait('the agent is told to come back later', () =>
    agent.lines.some((line) => line.includes('asked to come back later')),
  );
});

t.test('a hub with a command that never ends closes within its limit', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, { operations: deaf });
  const call = hub.fleet.execute(agent.id, callTool('x'), read);
  const failed = t.rejects(call, { code: 'agent_unreachable' });
  // An agent that does not disconnect when the hub tells it to.
  const { dataDir } = await startAgent(t, hub);
  await raw(t, hub, dataDir, {});
  await hub.fleet.close({ graceMs: 200 });
  await failed;
});

t.test('an agent that stops says so; a revoked agent is cut off and stays out', async (t) => {
  const hub = await startHub(t);
  const leaving = await startAgent(t, hub);
  const gone = once(hub.domain, 'disconnect');
  await leaving.link.close({ graceMs: 0 });
  t.match(await gone, [{ id: leaving.id }, 'closed by the agent']);

  const revoked = await startAgent(t, hub);
  hub.domain.agents.delete(revoked.id);
  hub.fleet.disconnect(revoked.id, 'certificate revoked');
  t.equal(hub.fleet.agents().length, 0);
  await wait('the agent is told that it is not accepted', () =>
    revoked.lines.some((line) => line.includes('does not accept this agent')),
  );
});
