import type { connect } from '@roundhouse/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  columnFilteringFeature,
  columnGroupingFeature,
  createColumnHelper,
  createExpandedRowModel,
  createFilteredRowModel,
  createGroupedRowModel,
  createSortedRowModel,
  filterFn_equalsString,
  filterFn_includesString,
  rowExpandingFeature,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useFleet } from '../fleet.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { type Column, Failure, number, Page, Rows, Status } from '../ui.js';

type Server = connect.MonitoredServer;

/** How many servers the hub accepts in one request. */
const AT_ONCE = 500;
const states = ['connected', 'disconnected', 'error'] as const;

const features = tableFeatures({
  columnFilteringFeature,
  rowSortingFeature,
  columnGroupingFeature,
  rowExpandingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
  groupedRowModel: createGroupedRowModel(),
  expandedRowModel: createExpandedRowModel(),
  filterFns: { includesString: filterFn_includesString, equalsString: filterFn_equalsString },
  sortFns: { basic: sortFn_basic },
});
const column = createColumnHelper<typeof features, Server>();
const fields = column.columns([
  column.accessor(({ name }) => name.toLowerCase(), { id: 'name', filterFn: 'includesString', sortFn: 'basic' }),
  column.accessor('status', { id: 'state', filterFn: 'equalsString', sortFn: 'basic' }),
  column.accessor('site', { filterFn: 'equalsString', sortFn: 'basic' }),
  column.accessor('toolCount', { id: 'tools', sortFn: 'basic' }),
]);
const none: Server[] = [];

export default function Servers() {
  const may = useMay();
  const fleet = useFleet();
  const [search] = useSearchParams();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const all = fleet.data?.servers ?? none;
  const sites = useMemo(() => [...new Set(all.map((server) => server.site))].sort(), [all]);
  const canOperate = may('server.operate');
  const linked = search.get('state') ?? '';
  const table = useTable({
    features,
    columns: fields,
    data: all,
    getRowId: ({ id }) => id,
    autoResetExpanded: false,
    initialState: {
      sorting: [{ id: 'name', desc: false }],
      expanded: true,
      columnFilters: linked === '' ? [] : [{ id: 'state', value: linked }],
    },
  });
  const { sorting, grouping } = table.state;
  const filterOf = (id: string) => String(table.getColumn(id)?.getFilterValue() ?? '');
  const filter = (id: string, value: string) => table.getColumn(id)?.setFilterValue(value || undefined);
  const rows = table.getRowModel().rows;
  const found = table.getFilteredRowModel().flatRows.map(({ original }) => original);
  const ids = found.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const [sort] = sorting;

  type Shown = (typeof rows)[number];
  const of =
    (cell: (server: Server) => ReactNode) =>
    ({ original }: Shown) =>
      cell(original);
  const sorts = () => '';
  const columns: Column<Shown>[] = [
    ...(canOperate
      ? [
          {
            id: 'choice',
            title: 'Choice',
            cell: of(({ id, name }) => (
              <input
                type="checkbox"
                aria-label={`Choose ${name}`}
                checked={chosen.has(id)}
                onChange={() => setChosen((before) => toggled(before, id))}
              />
            )),
          },
        ]
      : []),
    {
      id: 'name',
      title: 'Name',
      value: sorts,
      cell: of(({ id, name }) => <Link href={`/servers/${id}`}>{name}</Link>),
    },
    { id: 'state', title: 'State', value: sorts, cell: of(({ status }) => <Status state={status} />) },
    { id: 'site', title: 'Site', value: sorts, cell: of((server) => server.site) },
    { id: 'tools', title: 'Tools', value: sorts, cell: of(({ toolCount }) => number(toolCount)) },
    { id: 'reason', title: 'Reason', cell: of(({ error }) => error ?? '') },
  ];

  return (
    <Page title="Servers" actions={may('server.write') && <Link href="/add">Add a server</Link>}>
      {fleet.error && <Failure error={fleet.error} />}
      <div className="filters">
        <label>
          Name contains
          <input type="search" value={filterOf('name')} onChange={(event) => filter('name', event.target.value)} />
        </label>
        <label>
          State
          <select value={filterOf('state')} onChange={(event) => filter('state', event.target.value)}>
            <option value="">All</option>
            {states.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Site
          <select value={filterOf('site')} onChange={(event) => filter('site', event.target.value)}>
            <option value="">All</option>
            {sites.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Group by
          <select
            value={grouping[0] ?? ''}
            onChange={({ target }) => table.setGrouping(target.value === '' ? [] : [target.value])}
          >
            <option value="">Nothing</option>
            <option value="site">Site</option>
            <option value="state">State</option>
          </select>
        </label>
        <output>
          {number(found.length)} of {number(all.length)} servers
        </output>
      </div>
      {canOperate && (
        <BulkActions
          ids={ids}
          onAll={() => setChosen(new Set(found.map(({ id }) => id)))}
          onNone={() => setChosen(new Set())}
        />
      )}
      <Rows
        label="Servers"
        rows={rows}
        columns={columns}
        keyOf={({ id }) => id}
        {...(sort && { sort: { id: sort.id, down: sort.desc } })}
        onSort={(id) => table.setSorting([{ id, desc: sort?.id === id && !sort.desc }])}
        groupOf={(row) =>
          row.getIsGrouped()
            ? {
                title: String(row.groupingValue),
                count: row.subRows.length,
                isOpen: row.getIsExpanded(),
                onToggle: () => row.toggleExpanded(),
              }
            : undefined
        }
      />
    </Page>
  );
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
