import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { Confirm, Parts, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Page, Status, Table } from '../ui.js';
import { useWorkflowNames, useWorkflows } from './workflows.js';

const PAGE = 50;
const LOOK_MS = 5000;
const parts = [
  { href: '/work', title: 'Runs' },
  { href: '/work/jobs', title: 'Jobs' },
  { href: '/work/schedules', title: 'Schedules' },
  { href: '/work/workflows', title: 'Workflows' },
];
const statuses = ['scheduled', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;
type State = (typeof statuses)[number] | '';

/** Jobs, runs, series and definitions of workflows. */
export default function Work({ part = '' }: { readonly part?: string | undefined }) {
  const current = part === '' ? '/work' : `/work/${part}`;
  return (
    <Page title="Work">
      <Parts label="Parts of Work" current={current} parts={parts} />
      {part === '' && <Runs />}
      {part === 'jobs' && <Jobs />}
      {part === 'schedules' && <Schedules />}
      {part === 'workflows' && <Workflows />}
      {!parts.some(({ href }) => href === current) && <p>There is no such part.</p>}
    </Page>
  );
}

function Filter({ state, onChange }: { readonly state: State; onChange(state: State): void }) {
  return (
    <label className="filter">
      State
      <select value={state} onChange={(event) => onChange(event.target.value as State)}>
        <option value="">All</option>
        {statuses.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}

function Pages(props: { readonly from: number; readonly total: number; onChange(from: number): void }) {
  const { from, total } = props;
  if (total <= PAGE) return null;
  return (
    <div className="actions">
      <button type="button" disabled={from === 0} onClick={() => props.onChange(from - PAGE)}>
        Newer
      </button>
      <button type="button" disabled={from + PAGE >= total} onClick={() => props.onChange(from + PAGE)}>
        Older
      </button>
      <output>
        {number(from + 1)} to {number(Math.min(from + PAGE, total))} of {number(total)}
      </output>
    </div>
  );
}

function Runs() {
  const [state, setState] = useState<State>('');
  const [from, setFrom] = useState(0);
  const nameOf = useWorkflowNames();
  const { data, error } = useQuery({
    queryKey: ['runs', state, from],
    queryFn: ({ signal }) =>
      hub.backend.workflowRuns.list({ ...(state && { status: state }), skip: from, limit: PAGE }, { signal }),
    refetchInterval: LOOK_MS,
  });
  return (
    <>
      <Filter
        state={state}
        onChange={(next) => {
          setState(next);
          setFrom(0);
        }}
      />
      {error && <Failure error={error} />}
      {data?.total === 0 && <p>There are no such runs.</p>}
      {data && data.total > 0 && (
        <Table label="Runs" head={['Workflow', 'State', 'Asked for', 'Changed']}>
          {data.items.map((run) => (
            <tr key={run.id}>
              <td>
                <Link href={`/work/runs/${run.id}`}>{nameOf(run.workflow_definition_id)}</Link>
              </td>
              <td>
                <Status state={run.status} />
              </td>
              <td>
                <Moment at={run.created_at} />
              </td>
              <td>
                <Moment at={run.updated_at} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pages from={from} total={data?.total ?? 0} onChange={setFrom} />
    </>
  );
}

function Jobs() {
  const [state, setState] = useState<State>('');
  const [from, setFrom] = useState(0);
  const { data, error } = useQuery({
    queryKey: ['jobs', state, from],
    queryFn: ({ signal }) =>
      hub.automation.jobs.list({ ...(state && { status: state }), offset: from, limit: PAGE }, { signal }),
    refetchInterval: LOOK_MS,
  });
  const total = data?.pagination.total ?? 0;
  return (
    <>
      <Filter
        state={state}
        onChange={(next) => {
          setState(next);
          setFrom(0);
        }}
      />
      {error && <Failure error={error} />}
      {data && total === 0 && <p>There are no such jobs.</p>}
      {total > 0 && (
        <Table label="Jobs" head={['Kind', 'State', 'Progress', 'Asked for', 'By']}>
          {data?.jobs.map((job) => (
            <tr key={job.job_id}>
              <td>
                <Link href={`/work/jobs/${job.job_id}`}>{job.kind}</Link>
              </td>
              <td>
                <Status state={job.status} />
              </td>
              <td>{number(job.progress)} %</td>
              <td>
                <Moment at={job.created_at} />
              </td>
              <td>{job.created_by ?? 'the hub'}</td>
            </tr>
          ))}
        </Table>
      )}
      <Pages from={from} total={total} onChange={setFrom} />
    </>
  );
}

/** The series of workflows. @param of the name and, if there is one, the id of the workflow whose series are shown; absent: all workflows */
export function Schedules({ of }: { readonly of?: readonly string[] }) {
  const may = useMay();
  const nameOf = useWorkflowNames();
  const { data, error } = useQuery({
    queryKey: ['schedules'],
    queryFn: ({ signal }) => hub.automation.orchestration.listSchedules({ signal }),
    refetchInterval: LOOK_MS,
  });
  const end = useAct((run: string) => hub.automation.orchestration.cancelWorkflow(run), 'schedules', 'runs');
  const failed = error ?? end.error;
  const shown = data?.schedules.filter(({ workflow }) => !of || of.includes(workflow)) ?? [];
  return (
    <>
      {failed && <Failure error={failed} />}
      {data && shown.length === 0 && (
        <p>
          {of
            ? 'No series runs this workflow.'
            : 'No workflow runs again and again. A workflow’s page starts a series.'}
        </p>
      )}
      {shown.length > 0 && (
        <Table label="Schedules" head={['Workflow', 'Times (cron)', 'Time zone', 'Next run', 'Actions']}>
          {shown.map((one) => (
            <tr key={one.id}>
              <td>{nameOf(one.workflow)}</td>
              <td>{one.cron}</td>
              <td>{one.timezone}</td>
              <td>
                <Link href={`/work/runs/${one.next_workflow_id}`}>
                  <Moment at={one.next_at} />
                </Link>
              </td>
              <td>
                {may('workflow.execute') && (
                  <Confirm
                    action="End"
                    subject={`the series of ${nameOf(one.workflow)}`}
                    isPending={end.isPending}
                    onConfirm={() => end.mutate(one.next_workflow_id)}
                  />
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function Workflows() {
  const may = useMay();
  const { data, error } = useWorkflows();
  return (
    <>
      {error && <Failure error={error} />}
      {may('workflow.define') && (
        <p>
          <Link href="/work/definitions/new">Make a workflow</Link>
        </p>
      )}
      <ul className="cards">
        {data?.map(({ name, description, shipped, steps }) => (
          <li key={name}>
            <Link href={`/work/workflows/${encodeURIComponent(name)}`}>{name}</Link>
            <p>{description}</p>
            <p className="muted">
              {number(steps.length)} steps{shipped && ' · comes with the hub'}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
