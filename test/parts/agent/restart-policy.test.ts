import { RestartPolicy } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { fixture, harness, isConnected, isError, never } from './harness.js';

/** A server whose tool `exit` ends it with a code, under a policy, and its end. */
async function ended(t: Test, restartPolicy: RestartPolicy, code: number) {
  const h = harness(t, { backoffFirstMs: 1, backoffMaxMs: 2 });
  h.servers.put(fixture('in-image', { IMAGE_TOOLS: 'exit' }, { restartPolicy }));
  const { pid } = await h.servers.connect('s1', never);
  const call = h.servers.callTool('s1', 'exit', Buffer.from(JSON.stringify({ code })), { signal: never });
  await t.rejects(call, { message: /exited with code/ });
  return { ...h, pid, end: await h.report(isError) };
}

t.test('always: the server is started again after any end', async (t) => {
  const { report, pid } = await ended(t, RestartPolicy.UNSPECIFIED, 0);
  await report((now) => isConnected(now) && now.pid !== pid);
});

t.test('on failure: the server is started again after a failure only', async (t) => {
  const { report, pid } = await ended(t, RestartPolicy.ON_FAILURE, 3);
  await report((now) => isConnected(now) && now.pid !== pid);
  const clean = await ended(t, RestartPolicy.ON_FAILURE, 0);
  t.match(clean.end, { error: /restart policy/, nextAttemptMs: 0n });
});

t.test('no: the server stays stopped until a caller connects it', async (t) => {
  const { end, servers, pid } = await ended(t, RestartPolicy.NO, 3);
  t.match(end, { error: /exited with code 3.*restart policy/, nextAttemptMs: 0n });
  const again = await servers.connect('s1', never);
  t.not(again.pid, pid);
});

for (const [restartPolicy, tries] of [
  [RestartPolicy.ON_FAILURE, true],
  [RestartPolicy.NO, false],
] as const) {
  const what = tries ? 'tried again' : 'not tried again where the policy is no';
  t.test(`an image or package that cannot be started is ${what}`, async (t) => {
    const { servers, report } = harness(t, { backoffFirstMs: 1, backoffMaxMs: 2 });
    servers.put(fixture('exits', {}, { restartPolicy, connected: true }));
    const { nextAttemptMs } = await report(isError);
    t.equal(nextAttemptMs > 0n, tries);
  });
}
