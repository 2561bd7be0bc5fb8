import type { automation } from '@roundhouse/sdk';
import { lazy, Suspense, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Page, Table } from '../ui.js';
import { Triggers } from './triggers.js';
import { Schedules } from './work.js';
import { placed, useDefinitions, useWorkflows, WorkflowGraph } from './workflows.js';

const SchemaForm = lazy(() => import('../schema-form.js'));

export default function WorkflowPage({ name }: { readonly name: string }) {
  const may = useMay();
  const { data, error } = useWorkflows();
  const workflow = data?.find((one) => one.name === name);
  const definition = useDefinitions().find((one) => one.name === name);
  const keys = definition ? [name, definition.id] : [name];
  return (
    <Page
      title={name}
      actions={
        definition &&
        may('workflow.define') && <Link href={`/work/definitions/${definition.id}`}>Change the definition</Link>
      }
    >
      {error && <Failure error={error} />}
      {data && !workflow && <p>There is no such workflow.</p>}
      {workflow && (
        <>
          <p className="text">{workflow.description}</p>
          {may('workflow.execute') && <Start workflow={workflow} />}
          <h2>Series</h2>
          <Schedules of={keys} />
          {may('workflow.execute') && <Triggers name={name} keys={keys} />}
          <h2>Graph</h2>
          <WorkflowGraph steps={workflow.steps} />
          <h2>Steps</h2>
          <Table label="Steps" head={['Step', 'Kind', 'After', 'Definition']}>
            {placed(workflow.steps).map(({ key, kind, needs, compensates }, at) => (
              <tr key={key}>
                <td>{key}</td>
                <td>{kind}</td>
                <td>{compensates.length > 0 ? `a failure of ${compensates.join(', ')}` : needs.join(', ') || '–'}</td>
                <td>
                  <details>
                    <summary aria-label={`Show the definition of ${key}`}>Show</summary>
                    <pre>{JSON.stringify(workflow.steps[at], null, 2)}</pre>
                  </details>
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </Page>
  );
}

/** The JSON Schema of a workflow's parameters. */
function schemaOf({ parameters }: automation.Workflow) {
  const fields = Object.entries(parameters).map(([key, { type, default: value, description }]) => {
    const form = type === 'strings' ? { type: 'array', items: { type: 'string' } } : { type };
    return [key, { ...form, default: value, ...(description && { description }) }] as const;
  });
  return { type: 'object', properties: Object.fromEntries(fields) };
}

type When = 'now' | 'once' | 'series';

function Start({ workflow }: { readonly workflow: automation.Workflow }) {
  const [values, setValues] = useState<Record<string, unknown>>({});
  const [when, setWhen] = useState<When>('now');
  const [time, setTime] = useState('');
  const [cron, setCron] = useState('');
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [, go] = useLocation();
  const start = useAct(
    async (parameters: Record<string, unknown>) => {
      const schedule = when === 'now' ? 'immediate' : when === 'once' ? new Date(time).toISOString() : cron;
      const timezone = when === 'series' ? { timezone: zone } : {};
      const body = { workflow: workflow.name, parameters, schedule, ...timezone };
      const { workflow_id: id } = await hub.automation.orchestration.executeWorkflow(body);
      go(`/work/runs/${id}`);
    },
    'runs',
    'schedules',
  );
  return (
    <>
      <h2>Start</h2>
      <Suspense fallback={<p>Loading …</p>}>
        <SchemaForm
          schema={schemaOf(workflow)}
          values={values}
          onChange={setValues}
          onSubmit={(given) => start.mutate(given)}
        >
          <div className="filters">
            <label>
              When
              <select value={when} onChange={(event) => setWhen(event.target.value as When)}>
                <option value="now">now</option>
                <option value="once">at a time</option>
                <option value="series">again and again</option>
              </select>
            </label>
            {when === 'once' && (
              <label>
                Time
                <input type="datetime-local" required value={time} onChange={(event) => setTime(event.target.value)} />
              </label>
            )}
            {when === 'series' && (
              <>
                <label>
                  Times (cron)
                  <input
                    required
                    placeholder="0 3 * * *"
                    value={cron}
                    onChange={(event) => setCron(event.target.value)}
                  />
                </label>
                <label>
                  Time zone
                  <input required value={zone} onChange={(event) => setZone(event.target.value)} />
                </label>
              </>
            )}
            <button type="submit" className="primary" disabled={start.isPending}>
              Start
            </button>
          </div>
          {start.error && <Failure error={start.error} />}
        </SchemaForm>
      </Suspense>
    </>
  );
}
