import type { automation } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { download, Form, useAct } from '../forms.js';
import { hub, hubAddress } from '../hub.js';
import { Catalog } from '../servers/catalog.js';
import { useMay } from '../session.js';
import { Facts, Failure, Moment, number, Page, Status, Table } from '../ui.js';

type Rule = automation.AlertRules['rules'][number];

const LOOK_MS = 30_000;

export default function Settings() {
  const may = useMay();
  return (
    <Page title="Settings">
      <Hub />
      <Limits />
      <Certificates />
      {may('backup.create') && <Backup />}
      {may('catalog.read') && <Catalog />}
      {may('alert.read') && <Rules />}
    </Page>
  );
}

function useInfo() {
  return useQuery({ queryKey: ['info'], queryFn: ({ signal }) => hub.automation.info.get({ signal }) });
}

function Hub() {
  const status = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => hub.automation.status.get({ signal }),
    refetchInterval: LOOK_MS,
  });
  const info = useInfo();
  const failed = status.error ?? info.error;
  const { data } = status;
  const facts: [string, ReactNode][] = [
    ['State', data && <Status state={data.status} />],
    ['Version', data?.version],
    ['Address, as this page sees it', hubAddress],
    ['Environment', info.data?.environment],
    ['Running since', data && <Moment at={new Date(Date.parse(data.last_check) - data.uptime * 1000).toISOString()} />],
    ['Running for', data && duration(data.uptime)],
  ];
  return (
    <section aria-labelledby="hub">
      <h2 id="hub">This hub</h2>
      {failed && <Failure error={failed} />}
      <Facts facts={facts} />
    </section>
  );
}

/** The limits that the hub reports. */
function Limits() {
  const may = useMay();
  const info = useInfo();
  const engine = useQuery({
    queryKey: ['engine'],
    queryFn: ({ signal }) => hub.automation.orchestration.getStatus({ signal }),
    enabled: may('job.read'),
  });
  const limits = info.data?.limits;
  const jobs = engine.data?.configuration;
  const facts: [string, ReactNode][] = [
    ['Read requests of a caller in a minute', limits && number(limits.max_api_requests_per_minute)],
    ['WebSocket connections', limits && number(limits.max_websocket_connections)],
    ['Updates at once', limits && number(limits.max_concurrent_updates)],
    ['Jobs at once', jobs && number(jobs.max_workers)],
    ['Jobs at once at a site', jobs && number(jobs.jobs_per_site)],
    ['Jobs that wait', jobs && number(jobs.queue_size)],
    ['Time of a job', jobs && duration(jobs.timeout_seconds)],
  ];
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">Limits</h2>
      {engine.error && <Failure error={engine.error} />}
      <Facts facts={facts} />
    </section>
  );
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A span of time in its largest unit, in the browser's language. */
function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1];
  return new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.floor(seconds / size),
  );
}

function Certificates() {
  const may = useMay();
  const info = useInfo();
  const agents = useQuery({
    queryKey: ['agents'],
    queryFn: ({ signal }) => hub.connect.agents.list({ signal }),
    enabled: may('agent.read'),
  });
  const all = [
    ...(info.data?.certificates ?? []).map(({ name, expires_at }) => ({ id: name, name, at: expires_at })),
    ...(agents.data ?? []).map(({ id, name, site, certificateExpiresAt }) => {
      return { id, name: `Agent ${name} at site ${site}`, at: certificateExpiresAt };
    }),
  ];
  return (
    <section aria-labelledby="certificates">
      <h2 id="certificates">Certificates</h2>
      {agents.error && <Failure error={agents.error} />}
      <Table label="Table of certificates" head={['Certificate', 'Expires']}>
        {all.map(({ id, name, at }) => (
          <tr key={id}>
            <td>{name}</td>
            <td>
              <Moment at={at} />
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

/** Makes a backup of the hub, which the browser saves as a file. */
function Backup() {
  const [outcome, setOutcome] = useState<string>();
  const make = useAct(async (withSealingKey: boolean) => {
    setOutcome(undefined);
    const stream = await hub.connect.backups.create({ withSealingKey }, { timeoutMs: 0 });
    const blob = await new Response(stream).blob();
    const name = `roundhouse-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.backup`;
    download(name, blob);
    setOutcome(`${name} has ${number(blob.size)} bytes.`);
  });
  return (
    <Form
      label="Backup of the hub"
      action="Make and download a backup"
      isPending={make.isPending}
      error={make.error}
      onSubmit={(fields) => make.mutate(fields.has('key'))}
    >
      <p>
        The file is for <code>roundhouse restore</code>.
      </p>
      <label>
        <input type="checkbox" name="key" /> With the sealing key. The file then opens all secrets of the hub.
      </label>
      {make.isPending && <output>The hub makes the backup …</output>}
      {outcome && <output>{outcome}</output>}
    </Form>
  );
}

function Rules() {
  const may = useMay();
  const { data, error } = useQuery({
    queryKey: ['alert-rules'],
    queryFn: ({ signal }) => hub.automation.alerts.getRules({ signal }),
  });
  const [edited, setEdited] = useState<string>();
  const head = [
    'Rule',
    'State',
    'Severity',
    'Raised',
    'Resolved',
    'Looks at',
    ...(may('alert.configure') ? ['Actions'] : []),
  ];
  const rule = data?.rules.find((one) => one.rule === edited);
  return (
    <section aria-labelledby="rules">
      <h2 id="rules">Alert rules</h2>
      {error && <Failure error={error} />}
      {rule && <RuleForm key={rule.rule} rule={rule} onClose={() => setEdited(undefined)} />}
      <Table label="Table of alert rules" head={head}>
        {data?.rules.map((one) => (
          <tr key={one.rule}>
            <td>
              {one.title} <small>({one.rule})</small>
            </td>
            <td>
              <Status state={one.enabled ? 'enabled' : 'disabled'} />
            </td>
            <td>{one.severity}</td>
            <td>
              {one.direction} {number(one.threshold)} {one.unit}
            </td>
            <td>
              {number(one.clear_threshold)} {one.unit}
            </td>
            <td>
              {one.window_seconds === null ? 'the present' : `the last ${number(one.window_seconds)} seconds`}
              {one.minimum_calls !== null && `, from ${number(one.minimum_calls)} calls on`}
            </td>
            {may('alert.configure') && (
              <td>
                <button type="button" aria-label={`Change ${one.rule}`} onClick={() => setEdited(one.rule)}>
                  Change
                </button>
              </td>
            )}
          </tr>
        ))}
      </Table>
    </section>
  );
}

function RuleForm({ rule, onClose }: { readonly rule: Rule; onClose(): void }) {
  const save = useAct(
    (change: automation.AlertRuleChange) => hub.automation.alerts.setRules({ rules: [change] }),
    'alert-rules',
    'alerts',
  );
  const { unit } = rule;
  return (
    <Form
      label={`Rule ${rule.rule}`}
      action="Save the rule"
      isPending={save.isPending}
      error={save.error}
      onSubmit={(fields) => {
        const numberIn = (name: string) => Number(fields.get(name));
        const change = {
          rule: rule.rule,
          enabled: fields.has('enabled'),
          severity: fields.get('severity') as automation.AlertSeverity,
          threshold: numberIn('threshold'),
          clear_threshold: numberIn('clear'),
          ...(rule.window_seconds !== null && { window_seconds: numberIn('window') }),
          ...(rule.minimum_calls !== null && { minimum_calls: numberIn('calls') }),
        };
        save.mutate(change, { onSuccess: onClose });
      }}
    >
      <label>
        <input
          type="checkbox"
          name="enabled"
          defaultChecked={rule.enabled}
          // biome-ignore lint/a11y/noAutofocus: the form opens above the button that had the focus
          autoFocus
        />{' '}
        Enabled
      </label>
      <label>
        Severity
        <select name="severity" defaultValue={rule.severity}>
          <option>critical</option>
          <option>warning</option>
          <option>info</option>
        </select>
      </label>
      <label>
        Raised {rule.direction}, {unit}
        <input name="threshold" type="number" step="any" required defaultValue={rule.threshold} />
      </label>
      <label>
        Resolved at, {unit}
        <input name="clear" type="number" step="any" required defaultValue={rule.clear_threshold} />
      </label>
      {rule.window_seconds !== null && (
        <label>
          Looks at the last seconds
          <input name="window" type="number" min={10} max={86400} required defaultValue={rule.window_seconds} />
        </label>
      )}
      {rule.minimum_calls !== null && (
        <label>
          Calls at least
          <input name="calls" type="number" min={1} max={500} required defaultValue={rule.minimum_calls} />
        </label>
      )}
      <button type="button" onClick={onClose}>
        Keep the rule
      </button>
    </Form>
  );
}
