import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { startPrometheus } from '../kit/prometheus.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { fixture, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

/** Selectors of series that do not change while the test runs. `more`: a further condition. */
const selectors: readonly ((more: string) => string)[] = [
  (more) => `mcp_servers_total{${more}}`,
  (more) => `roundhouse_agent_connected{site="oslo"${more && `,${more}`}}`,
  (more) => `roundhouse_agent_connected{site!="oslo"${more && `,${more}`}}`,
  (more) => `{__name__=~"roundhouse_agent_server_c.*|mcp_servers_.*",site=~"o.lo|"${more && `,${more}`}}`,
  (more) => `{__name__=~"roundhouse_agent_server_calls_total|mcp_servers_total",site!~"os.*"${more && `,${more}`}}`,
  (more) => `{__name__=~"roundhouse_agent_connected|mcp_servers_total",site=""${more && `,${more}`}}`,
  (more) => `roundhouse_agent_server_call_duration_seconds_bucket{le='0.005'${more && `,${more}`}}`,
  (more) => `mcp_connect_circuit_breaker_state{server=\`qu"ote\`${more && `,${more}`}}`,
  (more) => `roundhouse_agent_connected{site=~"os"${more && `,${more}`}}`,
  () => '{}',
];

const refused = [
  'up[5m]',
  'up{a="b"',
  '',
  'up offset 5m',
  '-x',
  'not-a',
  'up{job=~"("}',
  'up or x',
  'up{,}',
  '(up)',
  '1',
];

/** Samples without their times and these labels. */
function samplesIn(text: string, without: readonly string[]): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^([^{ ]+)(?:\{(.*)\})? (\S+) \d+$/.exec(line) ?? [];
      const kept = [...labels.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].filter(
        ([, label = '']) => !without.includes(label),
      );
      return `${name}{${kept.map(([whole]) => whole)}} ${Number(value)}`;
    })
    .sort();
}

t.test('a real Prometheus scrapes, federates and discovers, and federates the same itself', async (t) => {
  if (!part(t, 'prometheus')) return;
  const folder = tempFolder(t, { hub: {} });
  const hub = await startHub(t, { data: join(folder, 'hub'), parts: { fleet: { metricsIntervalMs: 500 } } });
  await startAgent(t, hub, 'oslo');
  await startAgent(t, hub, 'lima');
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };
  await hub.connectServer({ name: 'moody', site: 'oslo', transport });
  await hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
  const { host } = new URL(hub.url);
  const auth = ['    authorization:', '      credentials_file: key'];
  const job = (name: string, ...lines: string[]) => [
    `  - job_name: ${name}`,
    ...lines.map((line) => `    ${line}`),
    ...auth,
  ];
  const keys: (string | undefined)[] = [];
  const own = createServer(({ url, headers }, response) => {
    keys.push(headers.authorization);
    response.end(url === '/own/metrics' ? 'own_series 1\n' : '');
  }).listen(0, '127.0.0.1');
  t.teardown(() => own.close());
  await once(own, 'listening');
  const { port } = own.address() as AddressInfo;
  const remote = { type: 'http', url: `http://127.0.0.1:${port}/mcp` };
  const metadata = { metricsPath: '/own/metrics' };
  await hub.call('POST', '/api/servers', { name: 'remote', site: 'lima', transport: remote, metadata });
  await hub.call('POST', '/api/servers', { name: 'other', site: 'lima', transport: remote });
  const target = `static_configs: [{ targets: ["${host}"] }]`;
  const config = [
    'global: { scrape_interval: 1s }',
    'scrape_configs:',
    ...job('direct', target),
    ...job('federated', 'honor_labels: true', 'metrics_path: /federate', target),
    '    params:',
    `      'match[]': ['{__name__=~"mcp_.*"}', '{__name__=~"roundhouse_agent_.*"}']`,
    '  - job_name: sites',
    '    honor_labels: true',
    ...auth,
    '    http_sd_configs:',
    `      - url: http://${host}/sd/prometheus`,
    // Without its type, the header is the key alone.
    '        authorization: { type: Bearer, credentials_file: key }',
    '  - job_name: servers',
    '    http_sd_configs:',
    `      - url: http://${host}/sd/prometheus?servers=true`,
    '        authorization: { type: Bearer, credentials_file: key }',
  ];
  writeFileSync(join(folder, 'prometheus.yml'), config.join('\n'));
  writeFileSync(join(folder, 'key'), await hub.key('viewer'));
  const prometheus = await startPrometheus(t, folder);

  const federated = async (url: string, selector: string) => {
    const headers = { authorization: `Bearer ${await viewer}` };
    const answer = await fetch(`${url}/federate?match[]=${encodeURIComponent(selector)}`, { headers });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };
  const viewer = hub.key('viewer');
  const calls = 'roundhouse_agent_server_calls_total{outcome="answered"}';
  const found = async (url: string, selector: string) => (await federated(url, selector)).text.includes('} 1 ');
  await wait('the hub has the call', () => found(hub.url, calls));
  for (const name of ['direct', 'federated', 'sites'])
    await wait(`Prometheus has the call, by ${name}`, () => found(prometheus, calls.replace('}', `,job="${name}"}`)));

  for (const make of selectors) {
    const of = (job: string) => federated(prometheus, make(make('') === '{}' ? '' : `job="${job}"`));
    // Prometheus forgets the samples of a target whose answer comes late, until the next scrape.
    const both = async () => {
      const [ours, theirs, direct] = [await federated(hub.url, make('')), await of('federated'), await of('direct')];
      const found = {
        federated: samplesIn(theirs.text, ['job']),
        scraped: samplesIn(direct.text, ['job', 'instance']),
      };
      const expected = { federated: samplesIn(ours.text, []), scraped: samplesIn(ours.text, ['instance']) };
      return { ours, theirs, found, expected };
    };
    let last = await both();
    await wait(
      () => `${make('')}: expected ${JSON.stringify(last.expected)}, found ${JSON.stringify(last.found)}`,
      async () => {
        last = await both();
        return isDeepStrictEqual(last.found, last.expected);
      },
    );
    t.same([last.ours.status, last.ours.type], [200, last.theirs.type], make(''));
  }
  t.equal(samplesIn((await federated(hub.url, 'mcp_servers_total')).text, []).length, 1);
  for (const selector of refused) {
    const [ours, theirs] = [await federated(hub.url, selector), await federated(prometheus, selector)];
    t.equal(ours.status, 400, selector);
    t.same([ours.status, ours.type], [theirs.status, theirs.type], selector);
    t.equal(/^1:\d+: parse error: /.exec(ours.text)?.[0], /^1:\d+: parse error: /.exec(theirs.text)?.[0], selector);
  }
  t.equal((await fetch(`${hub.url}/federate`, { headers: { authorization: `Bearer ${await viewer}` } })).status, 200);

  const up = await federated(prometheus, 'up{job="sites"}');
  t.same(samplesIn(up.text, ['instance', 'job']), ['up{site="lima"} 1', 'up{site="oslo"} 1', 'up{} 1']);
  await wait('Prometheus has the series of the server', () => found(prometheus, 'own_series'));
  const { text } = await federated(prometheus, 'own_series');
  t.same(samplesIn(text, ['instance']), ['own_series{job="servers",server="remote",site="lima"} 1']);
  t.same([...new Set(keys)], [undefined], 'no server gets the key of the hub');
  const sites = await federated(prometheus, 'roundhouse_agent_connected{job="sites"}');
  t.equal(samplesIn(sites.text, []).length, 2, 'each agent is in the target of its site, and in no other');
});

t.test('federation and discovery need a credential, and limit their input', async (t) => {
  const hub = await startHub(t);
  for (const path of ['/federate?match[]=up', '/sd/prometheus']) {
    t.equal((await hub.call('GET', path, undefined, null)).status, 401, path);
    t.equal((await hub.call('GET', path, undefined, await hub.key('viewer'))).status, 200, path);
  }
  const federate = (...texts: string[]) =>
    hub.call('GET', `/federate?${texts.map((text) => `match[]=${encodeURIComponent(text)}`).join('&')}`);
  t.equal((await federate(...new Array<string>(33).fill('up'))).status, 400, 'too many selectors');
  t.equal((await federate(`{a="${'x'.repeat(2048)}"}`)).status, 400, 'a long selector');
  const costly = await federate('{a=~"(?:(?:a{1,100}){1,100}){1,100}"}');
  t.match(costly, { status: 400, body: /^1:2: parse error: .* takes too much work/ });
  const share = '{a=~"[a-z]{1,90}"}';
  t.equal((await federate(share)).status, 200);
  t.match(await federate(...new Array<string>(12).fill(share)), { status: 400, body: /too much work/ }, 'together');
});
