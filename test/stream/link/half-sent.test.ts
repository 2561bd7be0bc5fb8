import { connect as connectHttp2 } from 'node:http2';
import { status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { scene } from './hostile-agent.js';
import type { Hub } from './rig.js';

/** Opens a connection to call by, with the certificate of an agent or without one. */
function rawCaller(t: Test, hub: Hub, identity?: Identity) {
  const credentials = identity && { key: identity.key, cert: identity.certificate };
  const session = connectHttp2(`https://${hub.address}`, { rejectUnauthorized: false, ...credentials });
  session.on('error', () => {});
  t.teardown(() => session.destroy());
  /** Announces a message of this length and sends only its beginning; resolves with the status of the hub's refusal. */
  return (method: string, bytes: number, beginning = Buffer.alloc(0)) =>
    new Promise<number>((resolve) => {
      const headers = { ':method': 'POST', ':path': `/agent.v1.${method}`, 'content-type': 'application/grpc' };
      const stream = session.request(headers);
      const told = (answer: Readonly<Record<string, unknown>>) => {
        if (answer['grpc-status'] !== undefined) resolve(Number(answer['grpc-status']));
      };
      stream
        .on('response', told)
        .on('trailers', told)
        .on('error', () => {});
      stream.resume();
      const head = Buffer.alloc(5);
      head.writeUInt32BE(bytes, 1);
      stream.write(Buffer.concat([head, beginning]));
    });
}

t.test(
  'an agent that begins a thousand messages and ends none: all its calls are refused, logged and counted',
  async (t) => {
    const { hub, villain, unharmed } = await scene(t, { helloTimeoutMs: 600_000 });
    await villain.welcomed;
    const beginning = Buffer.alloc(60 * 1024);
    // On several connections: the hub counts an agent's data on all of them.
    const callers = Array.from({ length: 4 }, () => rawCaller(t, hub, villain.identity));
    const calls = Array.from({ length: 1024 }, (_, n) =>
      callers[n % callers.length]?.('LinkService/Transfer', 65 * 1024, beginning),
    );
    const [first] = await Promise.all([Promise.race(calls), villain.ended]);
    t.equal(first, status.RESOURCE_EXHAUSTED);
    t.match(hub.fleet.stats(), { violations: 1, agents: 1 });
    t.ok(hub.lines.some((line) => line.includes('begins more messages') && line.includes(villain.identity.agentId)));
    await unharmed();
  },
);

t.test('a message that announces more than its method takes: refused before any of it is kept', async (t) => {
  const { hub, honest, unharmed } = await scene(t);
  const identity = (await loadIdentity(honest.dataDir)) as Identity;
  const stranger = rawCaller(t, hub);
  t.equal(await stranger('EnrollmentService/Enroll', 17 * 1024), status.RESOURCE_EXHAUSTED);
  const agent = rawCaller(t, hub, identity);
  for (const [method, bytes] of [
    ['Renew', 17 * 1024],
    ['Transfer', 66 * 1024],
    ['Connect', 513 * 1024],
  ] as const) {
    t.equal(await agent(`LinkService/${method}`, bytes), status.RESOURCE_EXHAUSTED, method);
  }
  await unharmed();
});

t.test('a stranger can make only a few incomplete calls at once', async (t) => {
  const { hub, unharmed } = await scene(t);
  const stranger = rawCaller(t, hub);
  const calls = Array.from({ length: 5 }, () => stranger('EnrollmentService/Enroll', 16 * 1024));
  t.equal(await Promise.race(calls), status.RESOURCE_EXHAUSTED);
  t.equal(hub.fleet.stats().refusedPeers, 1);
  await unharmed();
});

t.test('of the connections of an agent that are not admitted yet, only the newest is kept', async (t) => {
  const { hub, honest, unharmed } = await scene(t);
  const agent = rawCaller(t, hub, (await loadIdentity(honest.dataDir)) as Identity);
  const first = agent('LinkService/Connect', 100);
  void agent('LinkService/Connect', 100);
  t.equal(await first, status.ABORTED);
  await unharmed();
});
