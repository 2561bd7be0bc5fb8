import type { automation, connect } from '@roundhouse/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Confirm, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Status, Table } from '../ui.js';

type Update = automation.GetUpdateResult;

const LOOK_MS = 1000;
/** How many jobs the page searches for the last update of the server. */
const MOST_JOBS = 100;

/** The versions of a server: the available versions, the plan and the progress of an update, and the rollback. */
export function Updates({ server: { id, name, runtime } }: { readonly server: connect.GetServerResult }) {
  const may = useMay();
  const [version, setVersion] = useState('latest');
  const [begun, setBegun] = useState<string>();
  const last = useLastUpdate(id);
  const checked = useQuery({
    queryKey: ['updates', id],
    queryFn: async ({ signal }) => {
      const { servers } = await hub.automation.updates.check({ server: id }, { signal });
      return servers[0] ?? null;
    },
  });
  const begin = (act: () => Promise<automation.BegunUpdate>) => async () => setBegun((await act()).update_id);
  const { updates } = hub.automation;
  const plan = useAct(begin(() => updates.updateServer(id, { version, dry_run: true })));
  const update = useAct(begin(() => updates.updateServer(id, { version })));
  const rollback = useAct(begin(() => updates.rollbackServer(id, {})));
  const isPending = plan.isPending || update.isPending || rollback.isPending;
  const failed = checked.error ?? last.error ?? plan.error ?? update.error ?? rollback.error;
  const shown = begun ?? last.data ?? undefined;
  const found = checked.data;
  return (
    <>
      {failed && <Failure error={failed} />}
      {checked.isLoading && <p>Loading …</p>}
      {found && (
        <>
          <p>
            Runs {runtime.version ?? found.current_version ?? 'an unknown version'} · newest:{' '}
            {found.latest_version ?? 'unknown'}
            {found.update_available && ' · an update is available'}
            {found.breaking_changes && ', with a new major version'}
          </p>
          {found.error !== null && <p className="failure">{found.error}</p>}
          {found.changelog !== null && (
            <details>
              <summary>Changes</summary>
              <pre>{found.changelog}</pre>
            </details>
          )}
        </>
      )}
      {may('server.update') && found?.source && (
        <div className="filters">
          <label>
            Version
            <select value={version} onChange={(event) => setVersion(event.target.value)}>
              <option>latest</option>
              {found.versions.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <button type="button" disabled={isPending} onClick={() => plan.mutate(undefined)}>
            Plan
          </button>
          <Confirm
            action="Update"
            subject={`${name} to ${version}`}
            isPending={isPending}
            onConfirm={() => update.mutate(undefined)}
          />
          <Confirm
            action="Roll back"
            subject={`${name} to the version before`}
            isPending={isPending}
            onConfirm={() => rollback.mutate(undefined)}
          />
        </div>
      )}
      {shown !== undefined && <Progress key={shown} id={shown} server={id} />}
    </>
  );
}

/** The id of the last update or rollback of a server, by any caller. */
function useLastUpdate(server: string) {
  return useQuery({
    queryKey: ['jobs', 'updates', server],
    queryFn: async ({ signal }) => {
      const lists = await Promise.all(
        ['update', 'rollback'].map((kind) => hub.automation.jobs.list({ kind, limit: MOST_JOBS }, { signal })),
      );
      const own = lists.flatMap(({ jobs }) => jobs.filter(({ server_id }) => server_id === server).slice(0, 1));
      // Ids of jobs grow with time.
      return (
        own
          .map(({ job_id }) => job_id)
          .sort()
          .at(-1) ?? null
      );
    },
  });
}

function Progress({ id, server }: { readonly id: string; readonly server: string }) {
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['update', id],
    queryFn: ({ signal }) => hub.automation.updates.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'in_progress' ? LOOK_MS : false),
  });
  const isOver = data !== undefined && data.status !== 'in_progress';
  useEffect(() => {
    if (!isOver) return;
    for (const key of ['server', 'updates']) void queries.invalidateQueries({ queryKey: [key, server] });
  }, [isOver, queries, server]);
  if (!data) return error ? <Failure error={error} /> : <p>Loading …</p>;
  return (
    <section aria-labelledby="update">
      <h2 id="update">{titleOf(data)}</h2>
      <p>
        <Status state={data.status} /> · <Moment at={data.started_at} />
        {data.message !== '' && ` · ${data.message}`}
      </p>
      {!isOver && (
        <p>
          <progress aria-label="Progress" value={data.progress} max={100} /> {number(data.progress)} %
        </p>
      )}
      {data.rolled_back && <p className="failure">The new version was given up: {data.running_version} runs.</p>}
      {data.error && <p className="failure">{data.error.message}</p>}
      {data.plan && <Plan plan={data.plan} />}
      {!data.dry_run && (
        <Table label="Steps" head={['Step', 'State', 'Duration', 'Reason']}>
          {data.steps.map((step) => (
            <tr key={step.name}>
              <td>{step.name}</td>
              <td>
                <Status state={step.status} />
              </td>
              <td>{number(Math.round(step.duration * 10) / 10)} s</td>
              <td>{step.reason}</td>
            </tr>
          ))}
        </Table>
      )}
      {data.tools && <Tools tools={data.tools} />}
    </section>
  );
}

function titleOf({ dry_run, kind, from_version, to_version }: Update): string {
  const what = dry_run ? 'Plan of an update' : kind === 'rollback' ? 'Rollback' : 'Update';
  return `${what} from ${from_version ?? 'an unknown version'} to ${to_version}`;
}

function Plan({ plan }: { readonly plan: automation.UpdatePlan }) {
  return (
    <>
      <ol>
        {plan.steps.map(({ name, action }) => (
          <li key={name}>
            {name}: {action}
          </li>
        ))}
      </ol>
      <p>
        {plan.installed ? 'The new version is installed already. ' : ''}
        {plan.keeps_old ? 'The old version stays for a rollback.' : 'The old version is removed.'}
      </p>
    </>
  );
}

function Tools({ tools: { added, removed, changed } }: { readonly tools: automation.UpdateTools }) {
  const kinds: [string, readonly string[]][] = [
    ['New tools', added],
    ['Tools that are gone', removed],
    ['Changed tools', changed.map(({ name, members }) => `${name} (${members.join(', ')})`)],
  ];
  return (
    <ul>
      {kinds
        .filter(([, names]) => names.length > 0)
        .map(([title, names]) => (
          <li key={title}>
            {title}: {names.join(', ')}
          </li>
        ))}
    </ul>
  );
}
