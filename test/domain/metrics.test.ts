import { agentMetrics, mostSamples } from '@roundhouse/proto/agent-metrics';
import t, { type Test } from 'tap';
import type { Caller, Grants } from '../../hub/domain/access/caller.js';
import type { ConnectedAgent } from '../../hub/domain/agents/fleet.js';
import type { MetricsText } from '../../hub/http/metrics.js';
import { createMetrics } from '../../hub/metrics/metrics.js';
import { startDomain, type TestDomain } from '../kit/domain.js';

const link = new Proxy({}, { get: () => 0 });

function metricsOf({ domain }: TestDomain) {
  const address = (host: string) => `http://${host}`;
  return createMetrics({ domain, link: () => link as never, version: '0', public: false, address });
}

async function textOf({ pieces }: MetricsText): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** A report with one series of each of these metrics. */
const report = (...series: readonly [metric: keyof typeof agentMetrics, labels: string[], value: number][]) => ({
  first: true,
  added: series.map(([metric, labels, value], number) => ({
    ...{ number, metric: agentMetrics[metric].number, labels },
    values: [value],
  })),
  changed: [],
  gone: [],
  leftOut: 0,
});

const samplesIn = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

async function rig(t: Test) {
  const test = await startDomain(t);
  test.agentComes();
  const tool = { answer: () => ({ content: [] }) };
  const notes = await test.connect('notes', { read: tool, write: tool } as never);
  const mail = await test.connect('mail', { send: tool } as never);
  const agent = test.fleet.agent(test.agentId) as ConnectedAgent;
  const metrics = metricsOf(test);
  return {
    ...{ test, notes, mail, agent, metrics },
    read: async (caller: Caller | null, part = {}) => textOf(await metrics.read(caller, '', part)),
    key: async (grants: Grants | null) => (await test.caller('viewer', grants)).caller,
  };
}

t.test('a narrowed key sees the series of its servers and tools, and none of the hub', async (t) => {
  const { test, notes, mail, agent, read, key } = await rig(t);
  for (const tool of ['read', 'write', 'send']) await test.call(tool);
  test.domain.fleetSeries.report(
    agent,
    report(['serverConnected', [notes.id], 1], ['serverConnected', [mail.id], 1], ['residentBytes', [], 5]),
  );
  const whole = await read(await key(null));
  for (const part of [
    'server="notes"',
    'server="mail"',
    'process_cpu_seconds_total',
    'resident_memory_bytes{site="local"',
  ])
    t.ok(whole.includes(part), part);

  const ofServer = await read(await key({ servers: [notes.id] }));
  t.same(
    samplesIn(ofServer).filter((line) => line.includes('server="')),
    [
      'mcp_connect_tool_invocations_total{tool="read",server="notes",status="success"} 1',
      'mcp_connect_tool_invocations_total{tool="write",server="notes",status="success"} 1',
      'mcp_connect_circuit_breaker_state{server="notes"} 0',
      'roundhouse_agent_server_connected{server="notes",site="local",agent="local"} 1',
    ],
  );
  t.notMatch(samplesIn(ofServer).join('\n'), /mail|process_|requests_total|resident_memory|roundhouse_agents_/);
  t.match(ofServer, /^mcp_servers_total 1$/m);

  const ofTool = await read(await key({ tools: ['read'] }));
  t.match(ofTool, /tool="read"/);
  t.notMatch(samplesIn(ofTool).join('\n'), /tool="(?:write|send)"|resident_memory/);

  const elsewhere = await read(await key({ sites: ['elsewhere'] }));
  t.same(
    samplesIn(elsewhere),
    ['mcp_connect_active_connections 0', 'mcp_servers_total 0', 'mcp_servers_healthy 0'],
    'a key of another site gets no series, and counts nothing',
  );
  const here = await read(await key({ sites: ['local'] }));
  t.match(here, /resident_memory_bytes\{site="local",agent="local"\} 5/);
  t.notMatch(samplesIn(here).join('\n'), /process_cpu|requests_total/);
});

t.test('federation and discovery have the same bounds as the metrics', async (t) => {
  const { notes, mail, agent, test, metrics, key } = await rig(t);
  test.domain.fleetSeries.report(agent, report(['serverConnected', [notes.id], 1], ['serverConnected', [mail.id], 1]));
  const narrowed = await key({ servers: [notes.id] });
  const found = await metrics.federate(narrowed, '', ['{__name__=~".+"}']);
  const text = await textOf(found as MetricsText);
  t.match(text, /roundhouse_agent_server_connected\{agent="local",server="notes",site="local",instance=""\} 1 \d+\n/);
  t.notMatch(text, /mail|process_/);
  const sitesOf = async (caller: Caller) =>
    metrics.targets(caller, 'hub.example').flatMap(({ labels }) => (labels.site === undefined ? [] : [labels.site]));
  t.same(await sitesOf(await key(null)), ['local']);
  t.same(await sitesOf(narrowed), ['local'], 'the site of its server');
  t.same(await sitesOf(await key({ sites: ['elsewhere'] })), []);
});

t.test("a personal server's series have its name for no caller", async (t) => {
  const { test, agent, read, key } = await rig(t);
  const ada = await test.caller('user');
  const input = { name: 'diary', transport: { type: 'stdio', command: 'diary', args: [] } } as const;
  const belonging = { ownerId: ada.caller.id, curated: true };
  const { record } = await test.domain.lifecycle.create(ada, input, {}, belonging);
  test.domain.fleetSeries.report(agent, report(['serverConnected', [record.id], 1]));
  for (const grants of [null, { servers: [record.id] }, { sites: ['local'] }])
    t.notMatch(await read(await key(grants)), /diary/, JSON.stringify(grants));
  t.notMatch(await read(test.admin.caller), /diary/, 'an admin');
  t.match(await read(await key(null)), /circuit_breaker_state\{server="\(private\)"\} 0/);
  t.notMatch(await read(await key({ sites: ['local'] })), /private/);
});

t.test('the selectors of a request have a bounded number of conditions together', async (t) => {
  const { test, metrics } = await rig(t);
  const ask = (...counts: number[]) =>
    metrics.federate(
      test.admin.caller,
      '',
      counts.map((count) => `{${new Array<string>(count).fill('a!="x"').join(',')}}`),
    );
  t.match(await ask(32, 32), { contentType: /^text/ });
  for (const counts of [[65], [32, 33]])
    t.match(await ask(...counts), { problem: /^1:\d+: .* at most 64 conditions$/ }, `${counts}`);
});

t.test('an agent cannot report series of a server of another agent', async (t) => {
  const { test, notes, agent, read } = await rig(t);
  const villain = { ...agent, id: 'another', name: 'villain', site: 'elsewhere' };
  test.domain.fleetSeries.report(villain, report(['serverConnected', [notes.id], 7], ['residentBytes', [], 7]));
  const text = await read(test.admin.caller);
  t.match(text, /resident_memory_bytes\{site="elsewhere",agent="villain"\} 7/, 'it speaks for itself');
  t.notMatch(text, /server_connected\{/);
});

t.test('the series of an agent end with its connection, and a minute after its last report', async (t) => {
  const { test, agent, read } = await rig(t);
  const { fleetSeries } = test.domain;
  fleetSeries.report(agent, report(['residentBytes', [], 5]));
  const has = async () => (await read(test.admin.caller)).includes('resident_memory_bytes{');
  t.ok(await has());
  fleetSeries.forget(agent.id);
  t.notOk(await has(), 'its connection has ended');
  fleetSeries.report(agent, report(['residentBytes', [], 5]), Date.now() - 59_000);
  t.ok(await has());
  fleetSeries.report(agent, report(['residentBytes', [], 5]), Date.now() - 61_000);
  t.notOk(await has(), 'it reports nothing any more');
});

t.test('a million series: the hub keeps its bound, reports how many it leaves out, and logs that once', async (t) => {
  const { test, agent, read } = await rig(t);
  const { fleetSeries } = test.domain;
  const added = Array.from({ length: 1_000 }, (_, i) => [i] as const);
  let said = 0;
  for (let from = 0; from < 1_000_000; from += 1_000) {
    const series = added.map(([i]) => ({
      ...{ number: from + i, metric: agentMetrics.dockerRequests.number, labels: [`${from + i}`], values: [1] },
    }));
    if (fleetSeries.report(agent, { ...report(), first: from === 0, added: series })) said += 1;
  }
  t.equal(said, 1);
  const text = await read(test.admin.caller);
  t.equal(
    text.split('\n').filter((line) => line.startsWith('roundhouse_agent_docker_requests_total{')).length,
    mostSamples,
  );
  t.match(text, /roundhouse_agent_samples\{site="local",agent="local"\} 10000\n/);
  t.match(text, /roundhouse_agent_samples_left_out\{site="local",agent="local"\} 990000\n/);
  const numbers = Array.from({ length: mostSamples }, (_, i) => i);
  fleetSeries.report(agent, { ...report(['residentBytes', [], 5]), first: false, gone: numbers });
  const later = await read(test.admin.caller);
  t.match(later, /resident_memory_bytes\{.*\} 5\n/, 'ended series make room');
  const refused = numbers.map((number) => number + mostSamples);
  t.notOk(fleetSeries.report(agent, { ...report(), first: false, gone: refused }));
  const last = await read(test.admin.caller);
  t.match(last, /samples_left_out\{.*\} 980000\n/, 'refused series that have ended are missing no more');
  t.notOk(fleetSeries.report(agent, { ...report(), leftOut: 0 }));
  t.notOk(fleetSeries.report(agent, { ...report(), leftOut: 7 }), 'the hub tells it once for each connection');
});

t.test('a list of series stays as it is while the agent replaces them', async (t) => {
  const { test, agent } = await rig(t);
  const { fleetSeries } = test.domain;
  const of = (value: number) => report(['dockerRequests', ['a'], value], ['dockerRequests', ['b'], value]);
  fleetSeries.report(agent, of(1));
  const [view] = [...fleetSeries.all()];
  const seen: string[] = [];
  for (const { labels } of view?.series(agentMetrics.dockerRequests) ?? []) {
    seen.push(...labels);
    if (seen.length < 9) fleetSeries.report(agent, { ...of(2), first: false });
  }
  t.same(seen, ['a', 'b'], 'no series comes twice');
});
