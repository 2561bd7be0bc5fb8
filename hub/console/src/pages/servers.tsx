import type { connect } from '@roundhouse/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useFleet } from '../fleet.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { type Column, Failure, number, Page, Rows, Status } from '../ui.js';

type Server = connect.MonitoredServer;

/** The hub takes so many servers at a time. */
const AT_ONCE = 500;
const states = ['connected', 'disconnected', 'error'] as const;

export default function Servers() {
  const may = useMay();
  const fleet = useFleet();
  const [search] = useSearchParams();
  const [text, setText] = useState('');
  const [state, setState] = useState(search.get('state') ?? '');
  const [site, setSite] = useState('');
  const [sort, setSort] = useState({ id: 'name', down: false });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const all = fleet.data?.servers;
  const sites = useMemo(() => [...new Set(all?.map((server) => server.site))].sort(), [all]);
  const canOperate = may('server.operate');

  const columns: Column<Server>[] = [
    ...(canOperate
      ? [
          {
            id: 'choice',
            title: 'Choice',
            cell: ({ id, name }: Server) => (
              <input
                type="checkbox"
                aria-label={`Choose ${name}`}
                checked={chosen.has(id)}
                onChange={() => setChosen((before) => toggled(before, id))}
              />
            ),
          },
        ]
      : []),
    {
      id: 'name',
      title: 'Name',
      value: ({ name }) => name.toLowerCase(),
      cell: ({ id, name }) => <Link href={`/servers/${id}`}>{name}</Link>,
    },
    { id: 'state', title: 'State', value: ({ status }) => status, cell: ({ status }) => <Status state={status} /> },
    { id: 'site', title: 'Site', value: (server) => server.site, cell: (server) => server.site },
    { id: 'tools', title: 'Tools', value: ({ toolCount }) => toolCount, cell: ({ toolCount }) => number(toolCount) },
    { id: 'reason', title: 'Reason', cell: ({ error }) => error ?? '' },
  ];

  const rows = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const found = (all ?? []).filter(
      (server) =>
        server.name.toLowerCase().includes(wanted) &&
        (state === '' || server.status === state) &&
        (site === '' || server.site === site),
    );
    const values: Record<string, (server: Server) => string | number> = {
      name: ({ name }) => name.toLowerCase(),
      state: ({ status }) => status,
      site: (server) => server.site,
      tools: ({ toolCount }) => toolCount,
    };
    const sorted = values[sort.id];
    if (!sorted) return found;
    const direction = sort.down ? -1 : 1;
    return found.sort((a, b) => direction * compare(sorted(a), sorted(b)));
  }, [all, text, state, site, sort]);
  const ids = rows.filter(({ id }) => chosen.has(id)).map(({ id }) => id);

  return (
    <Page title="Servers" actions={may('server.write') && <Link href="/add">Add a server</Link>}>
      {fleet.error && <Failure error={fleet.error} />}
      <div className="filters">
        <label>
          Name contains
          <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <label>
          State
          <select value={state} onChange={(event) => setState(event.target.value)}>
            <option value="">All</option>
            {states.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Site
          <select value={site} onChange={(event) => setSite(event.target.value)}>
            <option value="">All</option>
            {sites.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <output>
          {number(rows.length)} of {number(all?.length ?? 0)} servers
        </output>
      </div>
      {canOperate && (
        <BulkActions
          ids={ids}
          onAll={() => setChosen(new Set(rows.map(({ id }) => id)))}
          onNone={() => setChosen(new Set())}
        />
      )}
      <Rows
        label="Servers"
        rows={rows}
        columns={columns}
        keyOf={({ id }) => id}
        sort={sort}
        onSort={(id) => setSort((before) => ({ id, down: before.id === id && !before.down }))}
      />
    </Page>
  );
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}

/** Connects or disconnects the chosen servers that the filters show. */
function BulkActions(props: { readonly ids: readonly string[]; onAll(): void; onNone(): void }) {
  const queries = useQueryClient();
  const { ids } = props;
  const act = useMutation({
    mutationFn: async (verb: 'connect' | 'disconnect') => {
      const failed: string[] = [];
      for (let from = 0; from < ids.length; from += AT_ONCE) {
        const body = { serverIds: ids.slice(from, from + AT_ONCE) };
        const { servers } = hub.connect;
        const { results } =
          verb === 'connect'
            ? await servers.connectServers(body, { timeoutMs: 0 })
            : await servers.disconnectServers(body, { timeoutMs: 0 });
        failed.push(...results.flatMap(({ status, error }) => (status === 'error' ? [error ?? 'failed'] : [])));
      }
      return { verb, done: ids.length - failed.length, failed };
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['fleet'] }),
  });
  const { data, error, isPending } = act;
  return (
    <div className="actions">
      <button type="button" onClick={props.onAll}>
        Choose all shown
      </button>
      <button type="button" onClick={props.onNone} disabled={ids.length === 0}>
        Choose none
      </button>
      <button
        type="button"
        className="primary"
        disabled={ids.length === 0 || isPending}
        onClick={() => act.mutate('connect')}
      >
        Connect {number(ids.length)}
      </button>
      <button type="button" disabled={ids.length === 0 || isPending} onClick={() => act.mutate('disconnect')}>
        Disconnect {number(ids.length)}
      </button>
      <output>
        {isPending && 'Working …'}
        {data &&
          `${number(data.done)} ${data.verb}ed, ${number(data.failed.length)} failed${data.failed[0] ? `: ${data.failed[0]}` : ''}`}
      </output>
      {error && <Failure error={error} />}
    </div>
  );
}
