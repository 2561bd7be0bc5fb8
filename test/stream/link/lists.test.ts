import { once } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { type ServerReport, ServerReportSchema, ServerState } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { ReportPace } from '../../../agent/link/session/report-pace.js';
import { readAgentFrames } from '../../../hub/fleet/link/frames.js';
import { wait } from '../../kit/wait.js';
import { scene, toolList } from './hostile-agent.js';
import { echo, type Hub, read, startAgent, startHub } from './rig.js';

const definition = Buffer.from('{}');

/** A report of a server with so many tools, whose names tell which list it is. */
function listed(serverId: string, list: string, count: number): ServerReport {
  const tools = Array.from({ length: count }, (_, n) => ({ name: `${list}-${n}`, definition }));
  return create(ServerReportSchema, { serverId, tools: { tools } });
}

/** Stops the clock that hub and agent measure their rates with. @returns moves it by so many milliseconds */
function stopClock(t: Test): (ms: number) => void {
  let now = performance.now();
  t.intercept(performance, 'now', { value: () => now });
  return (ms) => {
    now += ms;
  };
}

/** Starts an agent; resolves when the agent knows that it is connected. */
async function startConnected(t: Test, hub: Hub) {
  const agent = await startAgent(t, hub);
  await hub.fleet.execute(agent.id, echo('1'), read);
  return agent;
}

t.test(
  'an agent whose servers change long lists all the time stays connected, and the last lists arrive',
  async (t) => {
    // The clock moves fast in this test, so the silence that ends a link has to be long.
    const hub = await startHub(t, { settings: { heartbeatIntervalMs: 60_000, silenceLimitMs: 300_000 } });
    const pass = stopClock(t);
    const { id, servers } = await startConnected(t, hub);
    const names = Array.from({ length: 8 }, (_, n) => `s${n}`);
    const arrived = new Map<string, string | undefined>();
    hub.domain.on('report', ({ serverId, tools }: { serverId: string; tools?: readonly { name: string }[] }) => {
      if (tools) arrived.set(serverId, tools[0]?.name);
    });
    for (let round = 0; round < 4; round++) {
      for (const name of names) servers.emit('report', listed(name, `round${round}`, 2_500));
      // Its answer comes after all lists that the agent has sent.
      await hub.fleet.execute(id, echo('1'), read);
      pass(4_000);
    }
    const last = names.map((name) => [name, 'round3-0']);
    let secondsLeft = 200;
    await wait('the last list of each server arrives', () => {
      if (secondsLeft-- > 0) pass(1_000);
      return names.every((name) => arrived.get(name) === 'round3-0');
    });
    t.same([...arrived].sort(), last);
    t.match(hub.fleet.stats(), { violations: 0, agents: 1 });
    t.ok(await hub.fleet.execute(id, echo('1'), read));
  },
);

t.test('a list that has not changed is not sent again, and the state of its server is', async (t) => {
  const hub = await startHub(t);
  const { servers } = await startConnected(t, hub);
  for (const [list, told] of [
    ['first', true],
    ['first', false],
    ['second', true],
    ['first', true],
  ] as const) {
    const reported = once(hub.domain, 'report') as Promise<[{ readonly tools?: readonly { readonly name: string }[] }]>;
    servers.emit('report', listed('s', list, 2));
    const [{ tools }] = await reported;
    t.same(
      tools?.map(({ name }) => name),
      told ? [`${list}-0`, `${list}-1`] : undefined,
    );
  }
});

/** A pace, and the reports that it sends. */
function paced(t: Test) {
  const passed: ServerReport[] = [];
  const send = (frame: Buffer) => {
    for (const { frame: sent } of readAgentFrames(frame)) if (sent.case === 'server') passed.push(sent.value);
  };
  const link = { send, congested: false };
  const pace = new ReportPace(link, { error: () => {} });
  t.teardown(() => pace.clear());
  return { pace, passed, link };
}

t.test('a server that changes all the time is reported from time to time, and at last as it is', async (t) => {
  stopClock(t);
  const { pace, passed } = paced(t);
  for (let n = 1; n <= 500; n++) {
    const tools = n === 400 ? { tools: [{ name: 'new', definition }] } : undefined;
    pace.take(create(ServerReportSchema, { serverId: 's', revision: BigInt(n), ...(tools && { tools }) }));
  }
  pace.take(create(ServerReportSchema, { serverId: 'other' }));
  t.equal(passed.length, 21, 'twenty reports of one server at once');
  t.equal(passed.at(-1)?.serverId, 'other', 'the others are not held up');
  await wait('the last revision is delivered', () => passed.some(({ revision }) => revision === 500n));
  t.match(passed.find(({ revision }) => revision === 500n)?.tools, { tools: [{ name: 'new' }] }, 'no list is lost');
});

t.test('if a report is too large for the link, the hub gets its state, and why it gets no more', async (t) => {
  const hub = await startHub(t);
  const { id, servers } = await startConnected(t, hub);
  const reported = once(hub.domain, 'report') as Promise<[unknown]>;
  const initializeResult = Buffer.alloc(17 * 1024 * 1024, ' ');
  servers.emit('report', create(ServerReportSchema, { serverId: 's', state: ServerState.CONNECTED, initializeResult }));
  t.match(await reported, [
    { serverId: 's', state: 'connected', error: /report of \d+ bytes is too large for the link/ },
  ]);
  t.ok(await hub.fleet.execute(id, echo('1'), read), 'the agent stays connected');
});

t.test('while many bytes wait for the hub, states are sent and lists wait', async (t) => {
  const { pace, passed, link } = paced(t);
  link.congested = true;
  pace.take(listed('s', 'list', 1));
  t.match(passed, [{ serverId: 's', tools: undefined }]);
  link.congested = false;
  await wait('the list is sent', () => passed.length === 2);
  t.equal(passed[1]?.tools?.tools[0]?.name, 'list-0');
});

t.test('a flood of tools: cut off, however few bytes they are', async (t) => {
  const { hub, villain, unharmed } = await scene(t, { floodBytes: 1024 * 1024 });
  await villain.welcomed;
  villain.stream.write(toolList(2_000));
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  t.match(hub.fleet.stats(), { floods: 1, violations: 1, agents: 1 });
  await unharmed();
});

t.test('only the first 2,500 tools of a server count', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const reported = once(hub.domain, 'report') as Promise<[{ readonly tools: readonly { readonly name: string }[] }]>;
  villain.stream.write(toolList(2_501));
  const [{ tools }] = await reported;
  t.equal(tools.length, 2_500);
  t.equal(tools.at(-1)?.name, 't2499');
  await unharmed();
});
