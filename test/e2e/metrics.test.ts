import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startPrometheus } from '../kit/prometheus.js';
import { wait } from '../kit/wait.js';
import { scaled } from '../nightly.js';
import { part } from '../parts.js';
import { ADMIN_KEY, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { SseClient } from '../stream/sse-client.js';
import { tempFolder } from '../temp-folder.js';

const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };
const shipped = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../deploy/prometheus/${name}`, import.meta.url)), 'utf8');

async function scrape(hub: Hub): Promise<string> {
  const { status, body } = await hub.call('GET', '/metrics');
  if (status !== 200) throw new Error(`${status}`);
  return body;
}

/** The samples of a metric, comments apart. */
function samples(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

t.test('names, labels and buckets are the documented ones', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer({ name: 'filesystem', transport });
  await hub.call('GET', '/api/tools');
  await hub.call('GET', '/api/tools');
  await hub.call('GET', '/api/servers/filesystem');
  await hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
  await hub.call('POST', '/api/tools/leak/invoke', { arguments: {} });
  const { headers, body: text } = await hub.call('GET', '/metrics');
  t.match(headers.get('content-type'), /^text\/plain/);
  for (const line of [
    '# HELP mcp_connect_requests_total Total number of requests',
    '# TYPE mcp_connect_requests_total counter',
    'mcp_connect_requests_total{method="GET",path="/api/tools",status="200"} 2',
    'mcp_connect_requests_total{method="GET",path="/api/servers/:id",status="200"} 1',
    '# HELP mcp_connect_tool_invocations_total Total tool invocations',
    '# TYPE mcp_connect_tool_invocations_total counter',
    'mcp_connect_tool_invocations_total{tool="read",server="filesystem",status="success"} 1',
    'mcp_connect_tool_invocations_total{tool="leak",server="filesystem",status="error"} 1',
    '# HELP mcp_connect_active_connections Current active server connections',
    '# TYPE mcp_connect_active_connections gauge',
    'mcp_connect_active_connections 1',
    '# HELP mcp_connect_circuit_breaker_state Circuit breaker state (0=closed, 1=half-open, 2=open)',
    '# TYPE mcp_connect_circuit_breaker_state gauge',
    'mcp_connect_circuit_breaker_state{server="filesystem"} 0',
    '# HELP mcp_connect_request_duration_seconds Request duration histogram',
    '# TYPE mcp_connect_request_duration_seconds histogram',
    'mcp_servers_total 1',
    'mcp_servers_healthy 1',
    'roundhouse_agents_connected 1',
  ])
    t.ok(text.split('\n').includes(line), line);
  const buckets = samples(text, 'mcp_connect_request_duration_seconds_bucket').map(
    (line) => /le="([^"]+)"/.exec(line)?.[1],
  );
  t.same(buckets, ['0.01', '0.05', '0.1', '0.5', '1', '+Inf']);
  const [inf] = samples(text, 'mcp_connect_request_duration_seconds_bucket').slice(-1);
  const requests = samples(text, 'mcp_connect_requests_total').reduce(
    (sum, line) => sum + Number(line.split(' ').at(-1)),
    0,
  );
  t.equal(Number(inf?.split(' ').at(-1)), requests, 'each request has its duration');
});

t.test('streams are counted, and do not count as slow', async (t) => {
  const hub = await startHub(t);
  const stream = await SseClient.open(t, hub);
  stream.close();
  const line = 'mcp_connect_requests_total{method="GET",path="/api/sse/events",status="200"} 1';
  let text = '';
  await wait('the metrics have the line', async () => {
    text = await scrape(hub);
    return text.includes(line);
  });
  const last = (sample = '') => Number(sample.split(' ').at(-1));
  const requests = samples(text, 'mcp_connect_requests_total').reduce((sum, sample) => sum + last(sample), 0);
  const [count] = samples(text, 'mcp_connect_request_duration_seconds_bucket').slice(-1);
  t.equal(last(count), requests - 1, 'all requests but the stream have a duration');
});

t.test('unknown paths, methods and tools add no series', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer({ name: 'moody', transport });
  const flood = async (from: number, to: number) => {
    for (let i = from; i < to; i += 20)
      await Promise.all(
        Array.from({ length: 20 }, (_, j) =>
          (i + j) % 2 === 0
            ? hub.call('GET', `/no/such/path/${i + j}`)
            : hub.call('POST', `/api/tools/no-such-tool-${i + j}/invoke`, { arguments: {} }),
        ),
      );
  };
  await flood(0, 20);
  await hub.call('TRACE2', '/no/such/path').catch(() => undefined);
  // The agent reports the series of its server some seconds after the connection.
  const before = await wait('the series of the server are there', async () => {
    const lines = (await scrape(hub)).split('\n');
    return lines.some((line) => line.startsWith('roundhouse_agent_server_connected{')) && lines;
  });
  const flooded = 20 + scaled(10_000);
  await flood(20, flooded);
  const after = (await scrape(hub)).split('\n');
  const names = (lines: readonly string[]) =>
    lines.filter((line) => line.startsWith('mcp_') || line.startsWith('roundhouse_')).map((line) => line.split(' ')[0]);
  t.same(names(after), names(before));
  const [, unmatched] =
    /requests_total\{method="GET",path="unmatched",status="404"\} (\d+)/.exec(after.join('\n')) ?? [];
  // Half of them, and at most the one of an unknown method.
  t.ok(Number(unmatched) - flooded / 2 <= 1 && Number(unmatched) >= flooded / 2, `${unmatched} unknown paths`);
  t.notMatch(after.join('\n'), /no-such/);
});

t.test('a credential is needed unless they are public', async (t) => {
  const hub = await startHub(t);
  t.equal((await hub.call('GET', '/metrics', undefined, null)).status, 401);
  t.equal((await hub.call('GET', '/metrics', undefined, await hub.key('viewer'))).status, 200);
  const headers = { 'X-API-Key': ADMIN_KEY };
  t.equal((await hub.call('GET', '/metrics', undefined, null, { headers })).status, 200, 'either header');
  const open = await startHub(t, { data: join(hub.data, 'another'), env: { ROUNDHOUSE_METRICS_PUBLIC: '1' } });
  t.equal((await open.call('GET', '/metrics', undefined, null)).status, 200);
});

t.test('a real Prometheus reads them with the shipped configuration', async (t) => {
  if (!part(t, 'prometheus')) return;
  const folder = tempFolder(t, { hub: {} });
  const hub = await startHub(t, { data: join(folder, 'hub') });
  await startAgent(t, hub);
  await hub.connectServer({ name: 'moody', transport });
  await hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
  const config = shipped('prometheus.yml')
    .replace('127.0.0.1:8080', new URL(hub.url).host)
    .replace('scrape_interval: 15s', 'scrape_interval: 1s');
  writeFileSync(join(folder, 'prometheus.yml'), config);
  writeFileSync(join(folder, 'alerts.yml'), shipped('alerts.yml'));
  writeFileSync(join(folder, 'roundhouse.key'), await hub.key('viewer'));
  const url = await startPrometheus(t, folder);

  // All of the same moment: of a hub that takes longer than the interval to answer, the next one knows nothing.
  let at = '';
  const query = async (expression: string) => {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}${at}`);
    return ((await answer.json()) as { data: { result: { value: [number, string] }[] } }).data.result;
  };
  const invocations = 'mcp_connect_tool_invocations_total{tool="read",server="moody",status="success"}';
  await wait("Prometheus has the hub's calls", async () => {
    const [found] = await query(invocations);
    if (found) at = `&time=${found.value[0]}`;
    return found !== undefined;
  });
  t.equal((await query(invocations))[0]?.value[1], '1');
  t.equal((await query('up{job="roundhouse"}'))[0]?.value[1], '1');
  t.equal((await query('mcp_connect_active_connections'))[0]?.value[1], '1');
  t.ok((await query('histogram_quantile(0.9, mcp_connect_request_duration_seconds_bucket)')).length > 0);
  const rules = (await (await fetch(`${url}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { health: string; name: string }[] }[] };
  };
  t.ok((rules.data.groups[0]?.rules.length ?? 0) >= 5, 'the alert rules are taken');
});
