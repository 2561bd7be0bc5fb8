import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parse } from 'yaml';
import { part } from '../parts.js';
import { ADMIN_KEY, startHub } from '../roundhouse.js';

const file = (name: string) => readFileSync(new URL(`../../deploy/prometheus/${name}`, import.meta.url), 'utf8');

/** The metrics that an expression reads, by the names that they are described by. */
function metricsIn(expression: string): string[] {
  const names = expression.match(/\b(?:mcp|roundhouse)_[a-z_]+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
}

t.test('the metrics of dashboard and alerts exist', async (t) => {
  const hub = await startHub(t);
  const response = await fetch(`${hub.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  const told = new Set([...(await response.text()).matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name));
  const dashboard = JSON.parse(file('dashboard.json')) as { panels: { targets: { expr: string }[] }[] };
  const alerts = parse(file('alerts.yml')) as { groups: { rules: { expr: string }[] }[] };
  const expressions = [
    ...dashboard.panels.flatMap(({ targets }) => targets),
    ...alerts.groups.flatMap(({ rules }) => rules),
  ].map(({ expr }) => expr);
  const wanted = new Set(expressions.flatMap(metricsIn));
  t.ok(wanted.size > 10);
  for (const name of wanted) t.ok(told.has(name), name);
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
