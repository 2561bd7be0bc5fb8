import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { ended, fixtureServer } from '../automation.js';
import { startDevice } from '../fixtures/devices/start.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { preinstall } from '../fixtures/packages/preinstall.js';
import { type CollectedSpan, startCollector } from '../kit/collector.js';
import { wait } from '../kit/wait.js';
import { addDevice } from '../network.js';
import { part } from '../parts.js';
import { Receiver } from '../receiver.js';
import { ADMIN_KEY, type Hub, type HubProcess, startAgentProcess, startHubProcess } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { npx, update } from '../updates.js';

const clientTrace = '4bf92f3577b34da6a3ce929d0e0e4736';
const clientSpan = '00f067aa0ba902b7';
const traceparent = `00-${clientTrace}-${clientSpan}-01`;

/** A hub and an agent, as processes, with a server that continues traces. */
async function start(t: Test, env: Readonly<Record<string, string>>) {
  const hub = await startHubProcess(t, { env });
  const agent = await startAgentProcess(t, hub, 'local', [], env);
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const traced = fixtureServer('traced', 'traced', endpoint ? { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } : {});
  await hub.connectServer({ ...traced, limits: { maxConcurrentCalls: 1 } });
  return { hub, agent };
}

/** Calls the tool at `/mcp`; gives the `_meta` that its server got. */
async function shout(hub: Hub, headers: Readonly<Record<string, string>>, meta: object = {}, args: object = {}) {
  const params = { name: 'traced__shout', arguments: args, _meta: meta };
  const { status, body } = await hub.call(
    'POST',
    '/mcp',
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
    null,
    {
      headers: {
        Authorization: `Bearer ${ADMIN_KEY}`,
        Accept: 'application/json',
        'Content-Type': 'application/json',
        ...headers,
      },
    },
  );
  if (status !== 200 || body.result === undefined) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return JSON.parse(body.result.content[0].text);
}

/** The spans from the named one up to the root of its trace, as `service: name`. The id of a parent that is not there stands at the end. */
function wayUp(spans: readonly CollectedSpan[], name: string): string[] {
  const up = (span: CollectedSpan): string[] => {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
    return [`${span.service}: ${span.name}`, ...(parent ? up(parent) : span.parentSpanId ? [span.parentSpanId] : [])];
  };
  return spans.filter((span) => span.name === name).flatMap(up);
}

/** The agent's span of a command with the two spans above it, once all three are there. */
function wayFromAgent(spans: readonly CollectedSpan[], name: string): Promise<string[]> {
  return wait(`the way up from '${name}' is there`, () => {
    const found = wayUp(spans, name);
    const at = found.indexOf(`roundhouse-agent: ${name}`);
    const way = found.slice(at, at + 3);
    return at >= 0 && way[2]?.startsWith('roundhouse-hub: ') && way;
  });
}

/** The services and names of a trace's spans that hold a text anywhere. */
const withText = (spans: readonly CollectedSpan[], text: string) =>
  spans.filter((span) => JSON.stringify(span).includes(text)).map(({ service, name }) => `${service}: ${name}`);

async function stopAll({ hub, agent }: { hub: HubProcess; agent: { stop(): Promise<void> } }): Promise<void> {
  await agent.stop();
  await hub.stop();
}

t.test('a call is one trace, from the client to the MCP server', async (t) => {
  if (!part(t, 'otel-collector')) return;
  const collector = await startCollector(t);
  const { spans } = collector;
  const registry = await startNpmRegistry(t);
  const { hub, agent } = await start(t, collector.env);
  const meta = await shout(hub, { traceparent, tracestate: 'vendor=1' }, {}, { ms: 0, word: 'hidden-argument' });
  const done = () => spans.filter(({ traceId }) => traceId === clientTrace);
  const way = await wait('the way from the server to the client is there', () => {
    const found = wayUp(done(), 'shouting');
    return found.at(-1) === clientSpan && found;
  });
  t.same(way, [
    'fixture: shouting',
    'roundhouse-agent: tools/call',
    'roundhouse-agent: command callTool',
    'roundhouse-hub: command callTool',
    'roundhouse-hub: execute_tool shout',
    'roundhouse-hub: tools/call',
    'roundhouse-hub: POST /mcp',
    clientSpan,
  ]);
  t.equal(meta.tracestate, 'vendor=1', 'the state of the trace goes all the way');
  t.same(withText(done(), 'hidden-argument'), [], 'no span holds arguments');
  t.match(done().find(({ service, name }) => service === 'roundhouse-hub' && name === 'command callTool')?.events, [
    { name: 'sent' },
  ]);

  await t.test('the place that `_meta` names comes before the place in the headers', async (t) => {
    const other = 'a'.repeat(32);
    await shout(hub, { traceparent }, { traceparent: `00-${other}-${'b'.repeat(16)}-01` });
    const ofOther = () => spans.filter(({ traceId }) => traceId === other);
    const way = await wait('the way from the server to the client is there', () => {
      const found = wayUp(ofOther(), 'shouting');
      return found.at(-1) === 'b'.repeat(16) && found;
    });
    t.equal(way.at(-2), 'roundhouse-hub: tools/call');
  });

  await t.test('a call that waits for its place says so', async (t) => {
    const own = 'c'.repeat(32);
    const headers = { traceparent: `00-${own}-${'d'.repeat(16)}-01` };
    await Promise.all([shout(hub, headers, {}, { ms: 100 }), shout(hub, headers, {}, { ms: 100 })]);
    const waited = await wait('the span of the gate is there, and the first ones of the hub', () => {
      const found = spans.filter(({ traceId }) => traceId === own);
      return (
        found.filter(({ name }) => name === 'POST /mcp').length === 2 &&
        found.find(({ name }) => name === 'wait for a place')
      );
    });
    t.equal(waited.service, 'roundhouse-agent');
  });

  await t.test('a job, its steps and their calls are one trace', async (t) => {
    const workflows = '/automation/api/v1/orchestration/workflows';
    const steps = [{ name: 'loud', kind: 'tool_call', with: { server: 'traced', tool: 'shout' } }];
    const made = await hub.call('POST', workflows, { name: 'shouts', description: '', parameters: {}, steps });
    t.equal(made.status, 201, JSON.stringify(made.body));
    const run = await hub.call('POST', `${workflows}/execute`, { workflow: 'shouts' });
    await ended(hub, `${workflows}/${run.body.data.workflow_id}`);
    const job = await wait('the span of the job is there', () => spans.find(({ name }) => name === 'job workflow'));
    const ofJob = () => spans.filter(({ traceId }) => traceId === job.traceId);
    const way = await wait('the way from the server to the job is there', () => {
      const found = wayUp(ofJob(), 'shouting');
      return found.at(-1) === 'roundhouse-hub: job workflow' && found;
    });
    t.same(way.slice(-4), [
      'roundhouse-hub: command callTool',
      'roundhouse-hub: execute_tool shout',
      'roundhouse-hub: step loud',
      'roundhouse-hub: job workflow',
    ]);
    // The hub stops before this one ends.
    const left = { name: 'patient', kind: 'wait', with: { seconds: 3600 } };
    const long = { name: 'waits', description: '', parameters: {}, steps: [left] };
    t.equal((await hub.call('POST', workflows, long)).status, 201);
    const waiting = await hub.call('POST', `${workflows}/execute`, { workflow: 'waits' });
    await wait('the run waits', async () => {
      const { body } = await hub.call('GET', `${workflows}/${waiting.body.data.workflow_id}`);
      return body.data.status === 'running';
    });
  });

  await t.test('a command for a device is one trace', async (t) => {
    const device = await startDevice(t, { platform: 'cisco_ios', hostname: 'edge' });
    const { path } = await addDevice(hub, 'edge', 'cisco_ios', device);
    t.equal((await hub.call('POST', `${path}/commands`, { commands: ['show version'] })).status, 200);
    const name = 'command runCommands';
    t.same(await wayFromAgent(spans, name), [
      `roundhouse-agent: ${name}`,
      `roundhouse-hub: ${name}`,
      'roundhouse-hub: POST /api/v1/network/devices/{device_id}/commands',
    ]);
    t.same(withText(spans, 'show version'), [], 'no span holds the commands');
  });

  await t.test('an update, its steps and their commands are one trace', async (t) => {
    for (const version of ['1.0.0', '2.0.0']) registry.publish(mcpPackage(version));
    preinstall(agent.data, mcpPackage('1.0.0'));
    await hub.connectServer(npx('sample', 'mcp-sample@1.0.0'));
    t.match(await update(t, hub, 'sample'), { status: 'completed', to_version: '2.0.0' });
    t.same(await wayFromAgent(spans, 'command switchServer'), [
      'roundhouse-agent: command switchServer',
      'roundhouse-hub: command switchServer',
      'roundhouse-hub: job update',
    ]);
    const steps = spans.filter(({ name }) => ['step backup', 'step switch'].includes(name));
    t.same(
      steps.flatMap(({ name }) => wayUp(spans, name)),
      [
        'roundhouse-hub: step backup',
        'roundhouse-hub: job update',
        'roundhouse-hub: step switch',
        'roundhouse-hub: job update',
      ],
    );
  });

  await t.test('the receiver of a webhook can continue the trace of its delivery', async (t) => {
    const receiver = await new Receiver().listen(t);
    const made = await hub.call('POST', '/api/webhooks', { url: receiver.url, events: ['tool.invoked'] });
    receiver.secret = made.body.data.secret;
    await shout(hub, {});
    const [heard] = await receiver.until(({ length }) => length > 0);
    const post = await wait('the span of the delivery is there', () => spans.find(({ name }) => name === 'POST'));
    t.equal(heard?.headers.traceparent, `00-${post.traceId}-${post.spanId}-01`);
  });

  await t.test('the metrics of requests name a recorded trace', async (t) => {
    const traces = async (accept: string) => {
      const headers = { Accept: accept, Authorization: `Bearer ${ADMIN_KEY}` };
      const { body } = await hub.call('GET', '/metrics', undefined, null, { headers });
      return [...body.matchAll(/_duration_seconds_bucket\{.*\} \d+ # \{trace_id="(\w{32})"\} [\d.]+ [\d.]+\n/g)];
    };
    const [named, ...more] = await traces('application/openmetrics-text');
    t.ok(more.length < 6, 'at most one for each bucket');
    await wait('the trace is there', () => spans.some(({ traceId }) => traceId === named?.[1]));
    t.same(await traces('text/plain'), [], 'the older form has no place for it');
  });

  await t.test('metrics go to the collector, too', async (t) => {
    const { metrics } = collector;
    const duration = await wait('the durations of requests are there', () =>
      metrics.findLast(({ name, histogram }) => name === 'mcp_connect_request_duration_seconds' && histogram),
    );
    const [point] = duration.histogram?.dataPoints ?? [];
    const sum = (point?.bucketCounts ?? []).reduce((total, count) => total + Number(count), 0);
    t.equal(sum, Number(point?.count), 'each request is in one bucket');
    t.ok(sum > 0);
    t.ok(metrics.some(({ name, sum }) => name === 'mcp_connect_tool_invocations_total' && sum?.isMonotonic));
  });
  // The next metrics hold those of an export that came late.
  const told = [...hub.log, ...agent.log].filter(
    ({ event, reason }) => event === 'telemetry.not_sent' && !/^PeriodicExportingMetricReader/.test(String(reason)),
  );
  t.same(told, [], 'no span was lost');
  await stopAll({ hub, agent });
  const stopped = await wait('the span of the job that did not end is there', () =>
    withText(spans, 'interrupted').find((name) => name.endsWith('job workflow')),
  );
  t.equal(stopped, 'roundhouse-hub: job workflow', 'it does not pass for a success');
});

t.test('a client cannot force the hub to record its trace, and the server still gets it', async (t) => {
  if (!part(t, 'otel-collector')) return;
  const collector = await startCollector(t);
  const never = await start(t, { ...collector.env, OTEL_TRACES_SAMPLER: 'always_off' });
  t.match(await shout(never.hub, { traceparent }), { traceparent });
  await stopAll(never);
  const follows = await start(t, { ...collector.env, OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
  await shout(follows.hub, { traceparent: traceparent.replace('4bf9', 'ffff') });
  await stopAll(follows);
  await wait('a span of the hub that follows its clients is there', () =>
    collector.spans.some(({ service, traceId }) => service === 'roundhouse-hub' && traceId.startsWith('ffff')),
  );
  const own = collector.spans.filter(({ service, traceId }) => service !== 'fixture' && traceId === clientTrace);
  t.same(own, [], 'the hub that records nothing has sent nothing');
});

/** Notes which files a program reads as code: by Node's own loader, and by that of the product. */
const listing = (folder: string) => `
const fs = require('node:fs');
const read = fs.readFileSync;
const names = [];
fs.readFileSync = (name, ...rest) => (names.push(String(name)), read(name, ...rest));
require('node:module').syncBuiltinESMExports();
const file = ${JSON.stringify(folder)} + '/' + process.argv[2] + '.json';
process.on('exit', () => fs.writeFileSync(file, JSON.stringify([...names, ...Object.keys(require.cache)])));
`;

/** The files of OpenTelemetry that a hub and an agent read. */
async function telemetryRead(t: Test, env: Readonly<Record<string, string>>): Promise<string[][]> {
  const folder = tempFolder(t);
  await writeFile(join(folder, 'listing.cjs'), listing(folder));
  const started = await start(t, { ...env, NODE_OPTIONS: `--require ${join(folder, 'listing.cjs')}` });
  const passed = await shout(started.hub, { traceparent });
  t.match(passed, { traceparent: new RegExp(`^00-${clientTrace}-`) }, 'the trace of a client is passed on');
  const broken = { traceparent: `00-${'0'.repeat(32)}-${clientSpan}-01`, tracestate: 'evil' };
  for (const meta of [await shout(started.hub, broken), await shout(started.hub, {}, broken)])
    t.notMatch(JSON.stringify(meta), /0{32}|evil/, 'a broken place is not');
  await stopAll(started);
  const listed = await Promise.all(['hub', 'agent'].map((name) => readFile(join(folder, `${name}.json`), 'utf8')));
  return listed.map((names) => [
    ...new Set(
      (JSON.parse(names) as string[]).filter((name) => /telemetry\.cjs$/.test(name)).map((name) => basename(name)),
    ),
  ]);
}

t.test('without an endpoint nothing of OpenTelemetry is loaded', async (t) => {
  t.same(await telemetryRead(t, {}), [[], []]);
});

t.test('a collector that never answers keeps neither hub nor agent from its end', async (t) => {
  const sent: string[] = [];
  const asked = createServer(async (request) => {
    t.match(request.url, /^\/v1\//);
    sent.push(await text(request));
  });
  await once(asked.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    asked.closeAllConnections();
    asked.close();
  });
  const endpoint = `http://127.0.0.1:${(asked.address() as AddressInfo).port}`;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: '3600000' };
  const read = await telemetryRead(t, env);
  t.same(read, [['telemetry.cjs'], ['telemetry.cjs']], 'with an endpoint both programs load it');
  for (const program of ['roundhouse-hub', 'roundhouse-agent'])
    await wait(`${program} has sent something`, () => sent.some((body) => body.includes(program)));
});
