// Pictures for the documents: `ROUNDHOUSE_TEST_PICTURES=1 npm test -- test/e2e/pictures.test.ts` renews them. The run of the night takes them, too, to see that it can.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import t from 'tap';
import { startDevice } from '../fixtures/devices/start.js';
import { heading, Visitors } from '../kit/console.js';
import { type Dashboard, dashboardPage, type Series } from '../kit/dashboard-picture.js';
import { startPrometheus } from '../kit/prometheus.js';
import { wait } from '../kit/wait.js';
import { addDevice } from '../network.js';
import { nightly } from '../nightly.js';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, type Hub, publishedEverything, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const renews = process.env.ROUNDHOUSE_TEST_PICTURES === '1';
const runs = renews || nightly ? {} : { skip: 'npm run test:nightly takes the pictures' };
const documents = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const dashboards = new URL('../../deploy/prometheus/dashboards/', import.meta.url);
const packages = dirname(dirname(dirname(publishedEverything)));
const server = (name: string, site: string, path: string, ...args: string[]) => ({
  name,
  site,
  transport: { type: 'stdio', command: process.execPath, args: [path, ...args] },
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows
const release = {
  name: 'release',
  description: 'Asks a person, then changes both sites side by side',
  parameters: { version: { type: 'string', default: '2.4.1' } },
  steps: [
    { id: 'check', kind: 'tool_call', with: { server: 'everything', tool: 'echo', arguments: { message: 'ready' } } },
    { id: 'ask', kind: 'approval', with: { question: 'Release ${{ inputs.version }} to both sites?' } },
    { id: 'oslo', kind: 'set', needs: ['ask'], with: { site: 'oslo' } },
    { id: 'berlin', kind: 'set', needs: ['ask'], with: { site: 'berlin' } },
    { id: 'report', kind: 'set', needs: ['oslo', 'berlin'], with: { done: true } },
  ],
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows

/** Calls tools of both sites until the function that it gives is called: most calls go well, a few fail. */
function work(hub: Hub): () => Promise<void> {
  let stopped = false;
  const call = (tool: string, args: object) => hub.call('POST', `/api/tools/${tool}/invoke`, { arguments: args });
  const calls = (async () => {
    for (let i = 0; !stopped; i += 1) {
      await Promise.all([
        call('echo', { message: 'hello' }),
        i % 2 === 0 && call('get-sum', { a: i, b: 1 }),
        i % 3 === 0 && call('read_graph', {}),
        i % 4 === 0 && call('list_allowed_directories', {}),
        i % 9 === 0 && call('read_text_file', { path: '/nowhere' }),
      ]);
    }
  })();
  return () => {
    stopped = true;
    return calls;
  };
}

t.test('each page of the console, and each dashboard, has a picture', runs, async (t) => {
  if (!part(t, 'chromium') || !part(t, 'prometheus')) return;
  const folder = tempFolder(t, { hub: {}, files: {}, prometheus: {} });
  const hub = await startHub(t, { data: join(folder, 'hub'), parts: { fleet: { metricsIntervalMs: 500 } } });
  await Promise.all([startAgent(t, hub, 'oslo'), startAgent(t, hub, 'berlin')]);
  const found = (name: string) => join(packages, name, 'dist/index.js');
  const [everythingId] = await Promise.all([
    hub.connectServer(server('everything', 'oslo', publishedEverything, 'stdio')),
    hub.connectServer(server('memory', 'oslo', found('server-memory'))),
    hub.connectServer(server('files', 'berlin', found('server-filesystem'), join(folder, 'files'))),
  ]);
  await hub.call('POST', '/api/servers', server('archive', 'berlin', found('server-memory')));
  const device = await startDevice(t, { platform: 'cisco_ios', hostname: 'edge-1' });
  const { id: deviceId } = await addDevice(hub, 'edge-1', 'cisco_ios', device, { site: 'oslo' });
  for (const [username, role] of Object.entries({ oscar: 'operator', vera: 'viewer', uma: 'user' }))
    await hub.call('POST', '/api/users', { username, password: ADMIN_PASSWORD, role });
  for (const name of ['deployment', 'reports']) await hub.call('POST', '/api/keys', { name, role: 'operator' });
  const orchestration = '/automation/api/v1/orchestration/workflows';
  const defined = await hub.call('POST', orchestration, release);
  t.equal(defined.status, 201, JSON.stringify(defined.body));
  const { body: run } = await hub.call('POST', `${orchestration}/execute`, { workflow: 'release' });
  await hub.call('POST', `${orchestration}/execute`, { workflow: 'health_sweep', parameters: {} });

  writeFileSync(join(folder, 'prometheus/key'), await hub.key('viewer'));
  const config = [
    'global: { scrape_interval: 1s }',
    'scrape_configs:',
    '  - job_name: roundhouse',
    '    authorization: { credentials_file: key }',
    `    static_configs: [{ targets: ["${new URL(hub.url).host}"] }]`,
  ];
  writeFileSync(join(folder, 'prometheus/prometheus.yml'), config.join('\n'));
  const prometheus = await startPrometheus(t, join(folder, 'prometheus'));
  const begun = Date.now() / 1000;
  const stop = work(hub);
  t.teardown(stop);

  const visitors = await Visitors.start(t, hub);
  const page = await visitors.pageOf(t, 'admin');
  await page.setViewportSize({ width: 1280, height: 800 });
  const take = async (shot: Page, name: string, fullPage = false) => {
    await shot.evaluate('document.activeElement?.blur()');
    const picture = await shot.screenshot({ fullPage });
    t.ok(picture.length > 20_000, `${name}: a blank page is smaller`);
    if (renews) writeFileSync(join(documents, `${name}.png`), picture);
  };
  const places: readonly (readonly [name: string, title: string, path: string])[] = [
    ['overview', 'Overview', '/'],
    ['servers', 'Servers', '/servers'],
    ['server', 'everything', `/servers/${everythingId}`],
    ['tools', 'Tools', '/tools'],
    ['tool', 'get-sum', `/tools/${everythingId}/get-sum`],
    ['devices', 'Devices', '/devices'],
    ['device', 'edge-1', `/devices/${deviceId}`],
    ['run', 'Run of release', `/work/runs/${run.data.workflow_id}`],
    ['workflow', 'release', '/work/workflows/release'],
    ['keys', 'People and keys', '/people/keys'],
    ['events', 'Events', '/events'],
    ['audit', 'Audit', '/audit'],
    ['add-server', 'Add a server', '/add'],
    ['settings', 'Settings', '/settings'],
  ];
  for (const [name, title, path] of places) {
    await page.goto(`${hub.url}/console/#${path}`);
    await heading(page, title);
    await page.getByText('Loading …').first().waitFor({ state: 'detached' });
    await take(page, name);
  }
  t.same(visitors.problems, []);

  // The rates of the dashboards need a minute of samples.
  const values: Readonly<Record<string, string>> = {
    instance: '.*',
    site: 'oslo',
    server: 'everything',
    __rate_interval: '20s',
  };
  const ask = async (expression: string) => {
    const query = expression.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? `$${name}`);
    const range = new URLSearchParams({ query, start: `${begun}`, end: `${Date.now() / 1000}`, step: '2' });
    const response = await fetch(`${prometheus}/api/v1/query_range?${range}`);
    const answer = (await response.json()) as { status: string; error?: string; data: { result: Series[] } };
    if (answer.status !== 'success') throw new Error(`${query}: ${answer.error}`);
    return answer.data.result;
  };
  await wait(
    'a minute of calls is scraped',
    async () => ((await ask('mcp_connect_tool_invocations_total{tool="echo"}'))[0]?.values.length ?? 0) > 30,
  );
  await stop();
  const context = await visitors.stranger();
  for (const name of ['fleet', 'site', 'server']) {
    const dashboard = JSON.parse(readFileSync(new URL(`${name}.json`, dashboards), 'utf8')) as Dashboard;
    const file = join(folder, `${name}.html`);
    writeFileSync(file, await dashboardPage(dashboard, ask));
    const drawn = await context.newPage();
    await drawn.setViewportSize({ width: 1280, height: 400 });
    await drawn.goto(pathToFileURL(file).href);
    await take(drawn, `dashboard-${name}`, true);
    await drawn.close();
  }
});
