import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { dialHub, openControl } from '../../../agent/link/session/channel.js';
import { encodeFrame } from '../../../agent/link/session/frames.js';
import type { ConnectedAgent } from '../../../hub/domain/agents/fleet.js';
import { Pace } from '../../../hub/fleet/link/pace.js';
import { freePort } from '../../free-port.mjs';
import { wait } from '../../kit/wait.js';
import { play, scene } from './hostile-agent.js';
import { agentFolder, Domain, echo, type Hub, read, startAgent, startHub, version } from './rig.js';

/** A domain that has agents wait at a gate, and watches how many it gets at once. */
class SlowDomain extends Domain {
  now = 0;
  most = 0;
  gate: Promise<void> = Promise.resolve();
  override async onConnect(agent: ConnectedAgent) {
    this.most = Math.max(this.most, ++this.now);
    await this.gate;
    this.now--;
    return super.onConnect(agent);
  }
}

/** A promise, and the function that resolves it. */
function opening(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Agents that are enrolled, but do not run. */
async function enrolled(t: Test, hub: Hub, count: number): Promise<Identity[]> {
  const identities: Identity[] = [];
  for (let n = 0; n < count; n++) {
    const { dataDir, link } = await startAgent(t, hub);
    identities.push((await loadIdentity(dataDir)) as Identity);
    await link.close({ graceMs: 0 });
  }
  await wait('the hub has given the agents up', () => hub.fleet.agents().length === 0);
  return identities;
}

function knock(t: Test, hub: Hub, identity: Identity) {
  const client = dialHub(hub.address, identity);
  t.teardown(() => client.close());
  const stream = openControl(client);
  stream.on('error', () => {});
  stream.write(encodeFrame({ case: 'hello', value: { epoch: 2n ** 50n, version, name: 'x' } }));
  const welcomed = new Promise<'welcomed'>((resolve) => stream.once('data', () => resolve('welcomed')));
  const refused = new Promise<{ code: number; afterMs: number }>((resolve) =>
    stream.once('status', ({ code, metadata }) =>
      resolve({ code, afterMs: Number(metadata.get('return-after-ms')[0] ?? Number.NaN) }),
    ),
  );
  return Promise.race([welcomed, refused]);
}

t.test(
  'agents that come at once are admitted a few at a time; beyond a bound the hub tells them when to come back',
  async (t) => {
    const domain = new SlowDomain();
    const hub = await startHub(t, { domain, settings: { admitting: 3, admissionQueue: 10 } });
    const identities = await enrolled(t, hub, 20);
    domain.most = 0;
    const gate = opening();
    domain.gate = gate.opened;
    const knocking = identities.map((identity) => knock(t, hub, identity));
    await wait('seven agents are postponed', () => hub.fleet.stats().postponed === 7);
    gate.open();
    const outcomes = await Promise.all(knocking);
    t.equal(domain.most, 3);
    const refused = outcomes.filter((outcome) => outcome !== 'welcomed');
    t.equal(refused.length, 7, 'the agents without a place');
    t.equal(hub.fleet.stats().postponed, 7);
    for (const { code, afterMs } of refused) {
      t.equal(code, status.UNAVAILABLE);
      t.ok(afterMs >= 2_000 && afterMs < 10_000);
    }
    t.ok(new Set(refused.map(({ afterMs }) => afterMs)).size > refused.length / 2, 'not all at the same time');
  },
);

t.test('an agent that the hub sends away for a while comes back by itself', async (t) => {
  const hub = await startHub(t, { settings: { admitting: 1, admissionQueue: 0 } });
  const agent = await startAgent(t, hub);
  let open = (): void => {};
  const onConnect = hub.domain.onConnect.bind(hub.domain);
  hub.domain.onConnect = async (agent) => {
    await new Promise<void>((resolve) => {
      open = resolve;
    });
    return onConnect(agent);
  };
  // One agent takes the only place; the hub sends the other away meanwhile.
  const first = await startAgent(t, hub, { wait: false });
  await wait('two agents are connected', () => hub.fleet.agents().length === 2);
  const second = await startAgent(t, hub, { wait: false });
  await wait('the second agent is told to come back later', () =>
    second.lines.some((line) => line.includes('asked to come back later')),
  );
  hub.domain.onConnect = onConnect;
  open();
  await wait('three agents are connected', () => hub.fleet.stats().agents === 3);
  t.ok(await hub.fleet.execute(second.id, echo('1'), read));
  t.ok(agent.id && first.id);
});

t.test('a hub that drains says when to come back, each agent at another time; the agents do', async (t) => {
  const port = await freePort();
  const hub = await startHub(t, { port });
  const agents = await Promise.all(Array.from({ length: 8 }, () => startAgent(t, hub, { wait: false })));
  await wait('eight agents are connected', () => hub.fleet.stats().agents === 8);
  for (const { id } of agents) await hub.fleet.execute(id, echo('1'), read);
  await hub.fleet.close({ graceMs: 100 });
  const waits = () =>
    agents.map(({ lines }) => /"waitMs":(\d+).*asked to come back later/.exec(lines.join('\n'))?.[1]).filter(Boolean);
  await wait('every agent says how long it waits', () => waits().length === 8);
  t.ok(new Set(waits()).size > 4);
  t.ok(waits().every((ms) => Number(ms) >= 500 && Number(ms) <= 2_000));
  const again = await startHub(t, { domain: hub.domain, dataDir: t.testdirName, port });
  await wait('all eight agents are back', () => again.fleet.stats().agents === 8);
});

t.test('an agent that stops says when it comes back; its callers learn that, and no command runs', async (t) => {
  const hub = await startHub(t);
  const [begun, over] = [opening(), opening()];
  const run = async () => {
    begun.open();
    await over.opened;
    return { case: 'json', value: Buffer.from('null') };
  };
  const slow = new Map([['noop', { name: 'noop', run }]]);
  const agent = await startAgent(t, hub, { operations: slow as never, dataDir: agentFolder(t) });
  const running = hub.fleet.execute(agent.id, echo('1'), read);
  await begun.opened;
  const gone = once(hub.domain, 'disconnect');
  const closed = agent.link.close({ graceMs: 60_000, returnAfterMs: 7_200 });
  let refusal: unknown;
  await wait('the second command is refused', () => {
    // The agent accepts a command that comes before the hub knows. It runs as long as the first, and the test does not wait for it.
    hub.fleet.execute(agent.id, echo('2'), read).catch((error) => {
      refusal ??= error;
    });
    return refusal !== undefined;
  });
  t.match(refusal, { code: 'agent_unreachable', details: { outcome: 'not_run', retryAfter: 8 } });
  over.open();
  t.ok(await running, 'what runs comes to its end');
  await closed;
  t.match(await gone, [{ id: agent.id }, 'closed by the agent']);
});

t.test('work at a pace: the limit holds, all works run, and a failed work delays no other', async (t) => {
  const pace = new Pace(3);
  let [now, most] = [0, 0];
  const works = Array.from({ length: 20 }, (_, n) =>
    pace.run(async () => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
      if (n % 5 === 0) throw new Error('no');
      return n;
    }),
  );
  const results = await Promise.allSettled(works);
  t.equal(most, 3);
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 16);
  t.equal(pace.waiting, 0);
});

t.test('an agent that comes back again and again has to wait', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const postponed = () => hub.fleet.stats().postponed;
  const before = hub.lines.length;
  for (let n = 1n; postponed() === 0 && n <= 100n; n++) {
    const again = await play(t, hub, villain.dataDir, { epoch: 2n ** 51n + n });
    const end = await Promise.race([again.ended, again.welcomed]);
    if (end !== undefined) t.match(end, { code: status.UNAVAILABLE, details: /comes back too often/ });
    again.stream.cancel();
  }
  t.equal(postponed(), 1);
  t.ok(hub.lines.length > before, 'the first connections were taken');
  await unharmed();
});
