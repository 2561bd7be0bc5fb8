import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parse } from 'yaml';
import { fixtureServer } from '../automation.js';
import { startPrometheus } from '../kit/prometheus.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { ADMIN_KEY, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const file = (name: string) => readFileSync(new URL(`../../deploy/prometheus/${name}`, import.meta.url), 'utf8');

/** The metrics that an expression reads, by the names that they are described by. */
function metricsIn(expression: string): string[] {
  const names = expression.match(/\b(?:mcp|roundhouse)_[a-z_]+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const dashboards = ['fleet', 'site', 'server'].map((name) => ({
  name,
  ...(JSON.parse(file(`dashboards/${name}.json`)) as Dashboard),
}));

t.test('the metrics of the alerts exist', async (t) => {
  const hub = await startHub(t);
  const response = await fetch(`${hub.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  const told = new Set([...(await response.text()).matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name));
  const alerts = parse(file('alerts.yml')) as { groups: { rules: { expr: string }[] }[] };
  const wanted = new Set(alerts.groups.flatMap(({ rules }) => rules).flatMap(({ expr }) => metricsIn(expr)));
  t.ok(wanted.size > 10);
  for (const name of wanted) t.ok(told.has(name), name);
});

t.test('each query of the dashboards has an answer of a real Prometheus', async (t) => {
  if (!part(t, 'prometheus')) return;
  const folder = tempFolder(t, { hub: {} });
  const hub = await startHub(t, { data: join(folder, 'hub'), parts: { fleet: { metricsIntervalMs: 500 } } });
  await startAgent(t, hub, 'oslo');
  await hub.connectServer(fixtureServer('everything'));
  const config = [
    'global: { scrape_interval: 1s }',
    'scrape_configs:',
    '  - job_name: roundhouse',
    '    authorization: { credentials_file: key }',
    `    static_configs: [{ targets: ["${new URL(hub.url).host}"] }]`,
  ];
  writeFileSync(join(folder, 'prometheus.yml'), config.join('\n'));
  writeFileSync(join(folder, 'key'), await hub.key('viewer'));
  const prometheus = await startPrometheus(t, folder);
  const values: Readonly<Record<string, string>> = {
    instance: '.*',
    site: 'oslo',
    server: 'everything',
    __rate_interval: '1m',
  };
  const ask = async (expression: string): Promise<readonly { readonly value: readonly [number, string] }[]> => {
    const query = expression.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? `$${name}`);
    const response = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query })}`);
    const answer = (await response.json()) as { status: string; error?: string; data: { result: never[] } };
    if (answer.status !== 'success') throw new Error(`${query}: ${answer.error}`);
    return answer.data.result;
  };
  const call = (tool: string, args: object = {}) => hub.call('POST', `/api/tools/${tool}/invoke`, { arguments: args });
  const sweep = { workflow: 'health_sweep', parameters: { servers: ['everything'] } };
  await hub.call('POST', '/automation/api/v1/orchestration/workflows/execute', sweep);
  for (const { name, panels, templating } of dashboards) {
    for (const { title, targets } of panels)
      for (const { expr } of targets)
        await wait(`${name}, ${title}: ${expr}`, async () => {
          await Promise.all([call('echo', { word: 'x' }), call('fail')]);
          const found = await ask(expr);
          return found.length > 0 && found.every(({ value }) => value[1] !== 'NaN');
        });
    for (const { definition } of templating.list) {
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? [];
      if (!selector || !label) continue;
      const wanted = label === 'instance' ? new URL(hub.url).host : values[label];
      const found = (await ask(`group by (${label}) (${selector})`)) as readonly { metric?: Record<string, string> }[];
      t.ok(
        found.some(({ metric }) => metric?.[label] === wanted),
        `${name}: the variable ${label} has the value ${wanted}`,
      );
    }
  }
});

t.test('each rule passes its unit test, and each alert has one', async (t) => {
  if (!part(t, 'prometheus')) return;
  const cwd = fileURLToPath(new URL('../../deploy/prometheus', import.meta.url));
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'alerts.test.yml'], {
    cwd,
    encoding: 'utf8',
  });
  t.equal(status, 0, `${stdout}${stderr}`);
  const rules = parse(file('alerts.yml')) as { groups: { rules: { alert?: string; record?: string }[] }[] };
  const tested = file('alerts.test.yml');
  for (const { alert, record } of rules.groups.flatMap(({ rules }) => rules)) {
    const name = alert ?? record ?? '';
    t.ok(tested.includes(alert === undefined ? `expr: ${name}` : `alertname: ${name}\n`), name);
  }
});
