import { create } from '@bufbuild/protobuf';
import { CallLimitsSchema } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { PrivateInstances, type PrivateLimits } from '../../../agent/drivers/mcp/instances/private-instances.js';
import { AgentFailure } from '../../../agent/failure.js';
import { httpServer, tool } from '../../fixtures/servers/http-servers.js';
import { firstText, fixture, harness, httpSpec, isError, never, silentLog } from '../agent/harness.js';

type CallLimits = Omit<NonNullable<Parameters<typeof create<typeof CallLimitsSchema>>[1]>, '$typeName'>;

const client = { capabilities: '{"sampling":{}}', info: '{"name":"x","version":"1"}' };

/** An agent's server, and the instances of it that belong to single clients. */
async function instances(t: Test, limits: Partial<PrivateLimits> = {}, calls: CallLimits = {}) {
  const server = await httpServer(t, { tools: [tool('one')] });
  const { servers, logs } = harness(t);
  const limit = (change: CallLimits, revision: bigint) =>
    servers.put(httpSpec(server.url, { revision, connected: true, limits: create(CallLimitsSchema, change) }));
  limit(calls, 1n);
  await servers.connect('s1', never);
  const privates = new PrivateInstances({ servers, reports: servers, logs, log: silentLog, limits });
  t.teardown(() => privates.closeAll());
  const ended: string[] = [];
  let wake = () => {};
  privates.tell({
    notice: () => true,
    ask: () => true,
    ended: ({ instanceId }, reason) => {
      ended.push(`${instanceId}: ${reason}`);
      wake();
    },
  });
  /** Resolves with the report of the next instance that ends by itself. */
  const told = async () => {
    if (ended.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return ended.shift();
  };
  const call = (id: string) => privates.callTool(id, 'one', Buffer.from('{}'), { signal: never });
  return { server, servers, privates, told, ended, limit, call, open: (id: string) => privates.open('s1', id, client) };
}

t.test('the limits hold, of a server and of all; an instance that ends makes room', async (t) => {
  const { open, privates } = await instances(t, { ofServer: 2 });
  await Promise.all([open('a'), open('b'), open('a')]);
  t.throws(() => open('c'), { kind: 'overloaded', message: /the server has 2/ });
  await privates.close('a');
  await open('c');
  t.equal(privates.size, 2);
  const few = await instances(t, { ofAgent: 1 });
  await few.open('a');
  t.throws(() => few.open('b'), { kind: 'overloaded', message: /the agent has 1/ });
});

t.test('an idle instance ends within its limit, and is reported; a busy instance goes on', async (t) => {
  const { open, privates, told, server } = await instances(t, { idleMs: 50 });
  let answer = () => {};
  server.answering = ({ method }) =>
    method === 'tools/call'
      ? new Promise<void>((resolve) => {
          answer = resolve;
        })
      : undefined;
  await open('busy');
  const asked = server.received('tools/call');
  // At work before the other one is there: however long that takes, it is not idle.
  const call = privates.callTool('busy', 'one', Buffer.from('{}'), { signal: never });
  await asked;
  await open('idle');
  t.equal(await told(), 'idle: no client used it');
  t.ok(privates.find('busy'));
  answer();
  await call;
  t.equal(await told(), 'busy: no client used it');
});

t.test('the instances of a stopped server end with it, and are reported', async (t) => {
  const { open, privates, told, servers, server } = await instances(t);
  await open('a');
  const gone = server.ended();
  await servers.disconnect('s1');
  t.equal(await told(), 'a: the server was stopped');
  await gone;
  await privates.close('a');
  const missing = { name: 'AgentFailure', kind: 'not_found', details: { instanceId: 'a', outcome: 'not_run' } };
  t.throws(() => privates.find('a'), missing);
});

t.test('the hub keeps the instances that it names, and learns which of them are gone', async (t) => {
  const { open, privates, ended, server } = await instances(t);
  await Promise.all([open('kept'), open('left')]);
  const gone = server.ended();
  t.same(privates.keep(['kept', 'lost']), ['lost']);
  await gone;
  await privates.close('left');
  t.ok(privates.find('kept'));
  t.same(ended, [], 'who ends it need not be told');
});

t.test('arguments are one JSON object: they cannot make the call another one', async (t) => {
  const { open, privates } = await instances(t);
  await open('a');
  for (const bad of ['{},"name":"danger"', '{}}}\n{"jsonrpc":"2.0","method":"x"}', '[]', '{"a":1'])
    await t.rejects(
      privates.callTool('a', 'one', Buffer.from(bad), { signal: never }),
      { name: 'AgentFailure', kind: 'invalid_argument', details: { field: 'arguments' } },
      bad,
    );
});

t.test("the limits of a registration hold for the calls of all of a server's instances together", async (t) => {
  const { open, call, servers, server } = await instances(t, {}, { maxConcurrent: 1, maxQueue: 1 });
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  server.answering = ({ method }) => (method === 'tools/call' ? held : undefined);
  await Promise.all([open('a'), open('b')]);
  const asked = server.received('tools/call');
  const running = call('a');
  await asked;
  const waiting = call('b');
  const overloaded = { name: 'AgentFailure', kind: 'overloaded', details: { outcome: 'not_run' } };
  await t.rejects(call('a'), overloaded, 'one call runs, and one waits');
  await t.rejects(servers.callTool('s1', 'one', Buffer.from('{}'), { signal: never }), overloaded);
  answer();
  await Promise.all([running, waiting]);
  await servers.callTool('s1', 'one', Buffer.from('{}'), { signal: never });
});

t.test("a call of an instance waits for its place while the server's own connection ends", async (t) => {
  const h = harness(t);
  h.servers.put(fixture('slow', {}, { connected: true, limits: create(CallLimitsSchema, { maxConcurrent: 1 }) }));
  const { pid } = await h.servers.connect('s1', never);
  const privates = new PrivateInstances({ servers: h.servers, reports: h.servers, logs: h.logs, log: silentLog });
  t.teardown(() => privates.closeAll());
  await Promise.all([privates.open('s1', 'a', client), privates.open('s1', 'b', client)]);
  const cancel = new CancelSource();
  const running = privates.callTool('a', 'wait', Buffer.from('{}'), { signal: cancel });
  const waiting = privates.callTool('b', 'quick', Buffer.from('{}'), { signal: never });
  process.kill(pid, 'SIGKILL');
  await h.report(isError);
  cancel.abort(new AgentFailure('cancelled', 'enough'));
  await t.rejects(running, { name: 'AgentFailure', kind: 'cancelled' });
  t.equal(firstText(Buffer.from((await waiting).json).toString()), 'quick');
});

t.test('a limit of the size of results holds for open instances, too', async (t) => {
  const { open, call, limit } = await instances(t);
  await open('a');
  await call('a');
  limit({ maxResultBytes: 10n }, 2n);
  await t.rejects(call('a'), { name: 'AgentFailure', kind: 'upstream', message: /the limit is 10/ });
  limit({}, 3n);
  await call('a');
});
