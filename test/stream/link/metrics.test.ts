import { mock } from 'node:test';
import { status } from '@grpc/grpc-js';
import { agentMetrics } from '@roundhouse/proto/agent-metrics';
import t from 'tap';
import { encodeFrame } from '../../../agent/link/session/frames.js';
import { MetricsReports } from '../../../agent/link/session/metrics-reports.js';
import { Meter } from '../../../agent/meter.js';
import type { FleetEvents } from '../../../hub/domain/agents/fleet.js';
import { wait } from '../../kit/wait.js';
import { scene } from './hostile-agent.js';
import { type Hub, memoryLog, startAgent, startHub } from './rig.js';

type Report = Parameters<NonNullable<FleetEvents['onMetrics']>>[1];

/** The reports that a hub gets, as they come. */
function reportsOf(hub: Hub): Report[] {
  const reports: Report[] = [];
  const domain: FleetEvents = hub.domain;
  domain.onMetrics = (_agent, report) => void reports.push(report);
  return reports;
}

/** The values of a metric's only series over all reports. */
function valuesIn(reports: readonly Report[], { number: metric }: { readonly number: number }): number[] {
  let known: number | undefined;
  return reports.flatMap(({ added, changed }) => {
    const one = added.find((series) => series.metric === metric);
    known = one?.number ?? known;
    return [...(one ? [one] : []), ...changed.filter(({ number }) => number === known)].map(
      ({ values }) => values[0] ?? 0,
    );
  });
}

t.test('the first report of a connection has all series, and later ones the changed series', async (t) => {
  const hub = await startHub(t, { settings: { metricsIntervalMs: 100 } });
  const reports = reportsOf(hub);
  const meter = new Meter();
  meter.set('heapBytes', 7);
  meter.set('deviceConnected', 1, ['d1']);
  await startAgent(t, hub, { options: { meter } });
  await wait('the first report', () => reports.length > 0);
  t.match(reports[0], { first: true, leftOut: 0 });
  t.same(valuesIn(reports, agentMetrics.heapBytes), [7]);
  meter.set('heapBytes', 8);
  await wait('the change', () => valuesIn(reports, agentMetrics.heapBytes).includes(8));
  t.same(valuesIn(reports, agentMetrics.heapBytes), [7, 8], 'it is sent once each time');
  t.ok(reports.slice(1).every(({ first }) => !first));
  const device = reports[0]?.added.find(({ labels }) => labels[0] === 'd1');
  meter.keep('device', new Set());
  await wait('the end of a series', () => reports.some(({ gone }) => gone.includes(device?.number ?? -1)));
});

t.test('a hub that wants no metrics gets none', async (t) => {
  const hub = await startHub(t, { settings: { metricsIntervalMs: 0 } });
  const reports = reportsOf(hub);
  const wanting = await startHub(t, { settings: { metricsIntervalMs: 100 } });
  const others = reportsOf(wanting);
  await startAgent(t, hub, { options: { meter: new Meter() } });
  await startAgent(t, wanting, { options: { meter: new Meter() } });
  await wait('another agent has reported twice', () => others.length > 1);
  t.same(reports, []);
});

t.test('no metrics are reported while the link is behind, and all of them afterwards', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const meter = new Meter();
  meter.set('heapBytes', 7);
  const frames: Buffer[] = [];
  const link = { behind: true, send: (frame: Buffer) => void frames.push(frame) };
  let looks = 0;
  const looking = {
    look: async () => {
      looks += 1;
      return meter.look();
    },
  };
  const reports = new MetricsReports(looking, link, memoryLog().log);
  reports.start(1_000);
  for (let i = 1; i <= 3; i++) {
    mock.timers.tick(1_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  t.ok(looks >= 3);
  t.same(frames, []);
  link.behind = false;
  mock.timers.tick(1_000);
  await new Promise<void>((resolve) => setImmediate(resolve));
  t.equal(frames.length, 1);
  reports.stop();
});

t.test('ended series are reported before new ones: the hub has room for as many again', async (t) => {
  const hub = await startHub(t, { settings: { metricsIntervalMs: 100 } });
  const reports = reportsOf(hub);
  const meter = new Meter();
  const most = 9_000;
  const fill = (name: string) => {
    for (let i = 0; i < most; i++) meter.set('deviceConnected', 1, [`${name}${i}`]);
  };
  fill('a');
  await startAgent(t, hub, { options: { meter } });
  const named = (name: string) =>
    reports.flatMap(({ added }) => added).filter(({ labels }) => labels[0]?.startsWith(name));
  await wait('the first series', () => named('a').length === most);
  const before = reports.length;
  meter.keep('device', new Set());
  fill('b');
  await wait('the second series', () => named('b').length === most);
  const later = reports.slice(before);
  const lastGone = later.findLastIndex(({ gone }) => gone.length > 0);
  t.equal(
    later.reduce((sum, { gone }) => sum + gone.length, 0),
    most,
  );
  t.ok(lastGone < later.findIndex(({ added }) => added.some(({ labels }) => labels[0]?.startsWith('b'))));
});

t.test('an agent sends the samples that the hub keeps, and tells how many it leaves out', async (t) => {
  const hub = await startHub(t, { settings: { metricsIntervalMs: 100 } });
  const reports = reportsOf(hub);
  const meter = new Meter();
  for (let i = 0; i < 12_000; i++) meter.set('deviceConnected', 1, [`d${i}`]);
  const { lines } = await startAgent(t, hub, { options: { meter } });
  const added = () => reports.reduce((sum, report) => sum + report.added.length, 0);
  await wait('all that it sends has come', () => added() >= 10_000);
  t.equal(added(), 10_000);
  // The link has three series of its own.
  t.ok((reports.at(-1)?.leftOut ?? 0) >= 2_000);
  t.equal(lines.filter((line) => line.includes('too many series of metrics')).length, 1);
});

const ofHeap = { number: 1, metric: agentMetrics.heapBytes.number };
for (const [what, added] of Object.entries({
  'a label too many': [{ ...ofHeap, labels: ['x'], values: [1] }],
  'a value too many': [{ ...ofHeap, labels: [], values: [1, 2] }],
  'no value': [{ ...ofHeap, labels: [], values: [] }],
  'a label that is too long': [
    { number: 1, metric: agentMetrics.dockerRequests.number, labels: ['x'.repeat(129)], values: [1] },
  ],
}))
  t.test(`a series with ${what}: the agent is cut off, and others are not harmed`, async (t) => {
    const { hub, villain, unharmed } = await scene(t);
    await villain.welcomed;
    villain.stream.write(encodeFrame({ case: 'metrics', value: { first: true, added } }));
    t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
    t.match(hub.fleet.stats(), { violations: 1, agents: 1 });
    await unharmed();
  });

t.test('a packed list of more numbers than a message may have: the agent is cut off before it is read', async (t) => {
  const { hub, villain, unharmed } = await scene(t);
  await villain.welcomed;
  const gone = new Array<number>(100_000).fill(1);
  villain.stream.write(encodeFrame({ case: 'metrics', value: { gone } }));
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  t.ok(hub.lines.some((line) => line.includes('unreadable message') && line.includes(villain.identity.agentId)));
  await unharmed();
});

t.test('more series at once than any agent may send: the agent is cut off, and named', async (t) => {
  const { hub, villain, unharmed } = await scene(t, { floodBytes: 1024 * 1024 });
  await villain.welcomed;
  const metric = agentMetrics.dockerRequests.number;
  const added = Array.from({ length: 10_000 }, (_, number) => ({ number, metric, labels: [`${number}`], values: [1] }));
  villain.stream.write(encodeFrame({ case: 'metrics', value: { first: true, added } }));
  t.equal((await villain.ended).code, status.INVALID_ARGUMENT);
  t.match(hub.fleet.stats(), { floods: 1, agents: 1 });
  t.ok(hub.lines.some((line) => line.includes('more than any agent may') && line.includes(villain.identity.agentId)));
  await unharmed();
});
