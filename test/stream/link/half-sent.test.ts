import { connect as connectHttp2 } from 'node:http2';
import { status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { wait } from '../../kit/wait.js';
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

/** Makes empty calls of one method at once, on a connection of its own; resolves when the hub has closed the connection. */
function floodOf(t: Test, hub: Hub, identity: Identity | undefined, path: string, calls: number): Promise<void> {
  const credentials = identity && { key: identity.key, cert: identity.certificate };
  const session = connectHttp2(`https://${hub.address}`, { rejectUnauthorized: false, ...credentials });
  t.teardown(() => session.destroy());
  session.on('error', () => {});
  const call = (path: string) => {
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
    session
      .request(headers, { endStream: true })
      .on('error', () => {})
      .resume();
  };
  session.once('connect', () => {
    // With this call, a connection with a certificate is a stranger's no more.
    call('/agent.v1.LinkService/Renew');
    for (let n = 0; n < calls; n++) call(path);
  });
  return new Promise((resolve) => session.once('close', () => resolve()));
}

/** Calls come back as slowly as in no test. */
const fewCalls = { callsPerSecond: 0.001, callsAtOnce: 20 };

for (const method of ['LinkService/Transfer', 'LinkService/Connect', 'LinkService/Renew', 'EnrollmentService/Enroll']) {
  t.test(`an agent that calls ${method} more often than any agent may: its connection is closed`, async (t) => {
    const { hub, villain, unharmed } = await scene(t, fewCalls);
    await villain.welcomed;
    await floodOf(t, hub, villain.identity, `/agent.v1.${method}`, 40);
    await wait('the hub has cut the agent off', () => hub.fleet.agents().length === 1);
    t.ok(hub.lines.some((line) => line.includes('agent.cut_off') && line.includes(villain.identity.agentId)));
    // A new connection brings no new calls.
    await floodOf(t, hub, villain.identity, `/agent.v1.${method}`, 0);
    await unharmed();
  });
}

t.test('a stranger that goes on calling after a refusal: its connection is closed', async (t) => {
  const { hub, unharmed } = await scene(t, { strangerMs: 600_000 });
  await floodOf(t, hub, undefined, '/agent.v1.EnrollmentService/Enroll', 40);
  t.equal(hub.fleet.stats().refusedPeers, 2);
  await unharmed();
});

t.test('the calls of a revoked agent are counted, too', async (t) => {
  const { hub, villain, unharmed } = await scene(t, fewCalls);
  await villain.welcomed;
  const call = rawCaller(t, hub, villain.identity);
  await call('LinkService/Renew', 17 * 1024);
  hub.domain.revoked.add(villain.identity.agentId);
  for (let n = 0; n < 40; n++) void call('LinkService/Transfer', 100);
  await wait('the hub has cut the agent off', () => hub.lines.some((line) => line.includes('agent.cut_off')));
  await unharmed();
});

t.test('an agent that keeps more calls open than any agent may: its connection is closed', async (t) => {
  const { hub, villain, unharmed } = await scene(t, { openCalls: 10, helloTimeoutMs: 600_000 });
  await villain.welcomed;
  const callers = Array.from({ length: 2 }, () => rawCaller(t, hub, villain.identity));
  const calls = Array.from({ length: 11 }, (_, n) => callers[n % 2]?.('LinkService/Transfer', 100));
  t.equal(await Promise.race(calls), status.RESOURCE_EXHAUSTED);
  t.ok(hub.lines.some((line) => line.includes('agent.cut_off') && line.includes(villain.identity.agentId)));
  await unharmed();
});

t.test('of the connections of an agent, the hub closes the oldest beyond the bound', async (t) => {
  const { hub, villain, unharmed } = await scene(t, { agentConnections: 3 });
  await villain.welcomed;
  const callers = Array.from({ length: 3 }, () => rawCaller(t, hub, villain.identity));
  for (const call of callers) await call('LinkService/Renew', 17 * 1024);
  t.not((await villain.ended).code, status.OK);
  await unharmed();
});
