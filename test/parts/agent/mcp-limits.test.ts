import { create } from '@bufbuild/protobuf';
import { CallLimitsSchema } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { AgentFailure } from '../../../agent/failure.js';
import { firstText, fixture, harness, never } from './harness.js';

type Limits = Omit<NonNullable<Parameters<typeof create<typeof CallLimitsSchema>>[1]>, '$typeName'>;

async function limited(t: Test, name: string, limits: Limits, env = {}) {
  const h = harness(t);
  const one = (change: Limits, revision: bigint) =>
    fixture(name, env, { revision, connected: true, limits: create(CallLimitsSchema, change) });
  h.servers.put(one(limits, 1n));
  const report = await h.servers.connect('s1', never);
  const call = async (tool: string, signal = new CancelSource()) => {
    const { json } = await h.servers.callTool('s1', tool, Buffer.from('{}'), { signal });
    return Buffer.from(json).toString();
  };
  return { ...h, call, report, relimit: (change: Limits) => h.servers.put(one(change, 2n)) };
}

t.test(
  'calls at once and in the queue; beyond that they are refused, and nothing of it outlasts the calls',
  async (t) => {
    const { call } = await limited(t, 'slow', { maxConcurrent: 1, maxQueue: 1 });
    const cancel = new CancelSource();
    const running = call('wait', cancel);
    const queued = call('quick');
    await t.rejects(call('quick'), {
      name: 'AgentFailure',
      kind: 'overloaded',
      details: { retryAfterMs: 1000, outcome: 'not_run' },
    });
    cancel.abort(new AgentFailure('cancelled', 'enough'));
    await t.rejects(running, { name: 'AgentFailure', kind: 'cancelled' });
    t.equal(firstText(await queued), 'quick');
    for (let i = 0; i < 5; i++) t.equal(firstText(await call('quick')), 'quick');
  },
);

t.test('failed calls of any kind give their slot back', async (t) => {
  const { call } = await limited(t, 'answers', { maxConcurrent: 1, maxQueue: 0 });
  for (const bad of ['no-object', 'rpc-error', 'no-array'])
    await t.rejects(call(bad), { name: 'AgentFailure', kind: 'upstream' });
  const aborted = new CancelSource();
  aborted.abort(new AgentFailure('cancelled', 'before'));
  await t.rejects(call('as-string', aborted), { name: 'AgentFailure', kind: 'cancelled' });
  t.equal(firstText(await call('as-string')), 'string id');
});

t.test('a queued call whose server ends did not run', async (t) => {
  const { call, servers } = await limited(t, 'slow', { maxConcurrent: 1, maxQueue: 5 });
  const running = call('wait');
  const queued = call('quick');
  const both = Promise.all([
    t.rejects(running, { name: 'AgentFailure', kind: 'disconnected', details: { outcome: 'unknown' } }),
    t.rejects(queued, { name: 'AgentFailure', kind: 'disconnected', details: { outcome: 'not_run' } }),
  ]);
  await servers.disconnect('s1');
  await both;
});

t.test('a result beyond the limit fails its call and no other; new limits need no new connection', async (t) => {
  const { call, report, relimit } = await limited(t, 'answers', { maxResultBytes: 50_000n }, { HUGE_BYTES: '60000' });
  await t.rejects(call('huge'), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: /has 60\d{3} bytes; the limit is 50000/,
  });
  relimit({ maxResultBytes: 100_000n });
  t.ok((await call('huge')).length > 60_000);
  t.equal(JSON.parse(firstText(await call('args'))).pid, report.pid, 'the same process');
});

t.test('calls per second', async (t) => {
  const { call } = await limited(t, 'answers', { perSecond: 10, maxQueue: 100 });
  const begun = performance.now();
  await Promise.all(Array.from({ length: 14 }, () => call('as-string')));
  t.ok(performance.now() - begun >= 350, '10 at once, 4 as time allows');
});
