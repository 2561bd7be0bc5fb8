import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useFleet } from './fleet.js';
import { hub } from './hub.js';
import { useMay } from './session.js';
import { useSettled } from './ui.js';
import { useWorkflowNames, useWorkflows } from './work/workflows.js';

/** A result of the palette. */
interface Found {
  readonly kind: string;
  readonly title: string;
  /** The address of its page. */
  readonly path: string;
}

const MOST_OF_KIND = 8;

/** Actions that have a form on a page. */
const actions = [
  { title: 'Add a server', path: '/add', permission: 'server.write' },
  { title: 'Make a user', path: '/people/users', permission: 'user.manage' },
  { title: 'Make a key', path: '/people/keys', permission: 'key.manage' },
  { title: 'Have an agent join', path: '/people/tokens', permission: 'agent.enroll' },
  { title: 'Make a webhook', path: '/people/webhooks', permission: 'webhook.manage' },
  { title: 'See the schedules of workflows', path: '/work/schedules', permission: 'job.read' },
] as const;

/**
 * Finds pages, actions, servers, tools, containers, clusters, devices, jobs and workflows by their names, and opens their pages.
 * @param pages the pages that the user may open
 */
export function Palette(props: {
  readonly pages: readonly { readonly path: string; readonly title: string }[];
  onClose(): void;
}) {
  const { pages, onClose } = props;
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [, go] = useLocation();
  const dialog = useRef<HTMLDialogElement>(null);
  const found = useFound(text.trim(), pages);
  const at = Math.min(chosen, found.length - 1);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    document.querySelector(`#found-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const open = (one: Found | undefined) => {
    if (!one) return;
    onClose();
    go(one.path);
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setChosen((at + step + found.length) % found.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      open(found[at]);
    }
  };
  return (
    <dialog ref={dialog} className="palette" aria-label="Find" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Find a page, server, tool, device, job or action"
        aria-expanded={found.length > 0}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `found-${at}` : undefined}
        placeholder="Find a page, server, tool, device, job or action"
        autoComplete="off"
        autoFocus
        value={text}
        onKeyDown={onKey}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
      />
      <div role="listbox" id="found" aria-label="Found">
        {found.map((one, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen option
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
          <div
            key={`${one.kind} ${one.path} ${one.title}`}
            id={`found-${i}`}
            role="option"
            aria-selected={i === at}
            onClick={() => open(one)}
          >
            <span className="muted">{one.kind}</span> {one.title}
          </div>
        ))}
      </div>
      {found.length === 0 && <p>Nothing has such a name.</p>}
    </dialog>
  );
}

/** How many Docker hosts are asked for their containers, with one request each. */
const MOST_HOSTS = 10;

/** The Docker hosts, and their first containers by name. A host that fails has no containers. */
async function containersOf(signal: AbortSignal): Promise<Found[]> {
  const { docker } = hub.infrastructure;
  const hosts = await docker.listHosts({ signal });
  const answers = await Promise.allSettled(
    hosts
      .filter(({ reachable }) => reachable)
      .slice(0, MOST_HOSTS)
      .map(async ({ id, name }) => {
        const { data } = await docker.listContainers(id, { limit: 100, sort: 'name' }, { signal });
        return data.map((container) => ({
          kind: 'Container',
          title: `${container.name} on ${name}`,
          path: `/docker/${id}/containers/${encodeURIComponent(container.name)}`,
        }));
      }),
  );
  return [
    ...hosts.map(({ id, name }) => ({ kind: 'Docker host', title: name, path: `/docker/${id}` })),
    ...answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
  ];
}

function useFound(text: string, pages: readonly { readonly path: string; readonly title: string }[]): Found[] {
  const may = useMay();
  const query = useSettled(text);
  const hasDevices = pages.some(({ path }) => path === '/devices');
  const fleet = useFleet();
  const nameOf = useWorkflowNames();
  const workflows = useWorkflows();
  const jobs = useQuery({
    queryKey: ['runs', '', 0],
    queryFn: ({ signal }) => hub.backend.workflowRuns.list({ limit: 50 }, { signal }),
  });
  const others = useQuery({
    queryKey: ['jobs', '', 0],
    queryFn: ({ signal }) => hub.automation.jobs.list({ limit: 50 }, { signal }),
  });
  // A further key press cancels the request.
  const tools = useQuery({
    queryKey: ['tools', 'palette', query],
    queryFn: ({ signal }) => hub.connect.tools.list({ query, limit: MOST_OF_KIND }, { signal }),
    enabled: query !== '' && may('tool.read'),
  });
  const devices = useQuery({
    queryKey: ['devices', 'palette'],
    queryFn: ({ signal }) => hub.infrastructure.network.listDevices({ limit: 100, sort: 'name' }, { signal }),
    enabled: hasDevices,
  });
  const clusters = useQuery({
    queryKey: ['clusters', 'palette'],
    queryFn: ({ signal }) => hub.infrastructure.kubernetes.listClusters({ limit: 100, sort: 'name' }, { signal }),
    enabled: pages.some(({ path }) => path === '/kubernetes'),
  });
  const containers = useQuery({
    queryKey: ['containers', 'palette'],
    queryFn: ({ signal }) => containersOf(signal),
    enabled: pages.some(({ path }) => path === '/docker'),
    staleTime: 30_000,
  });
  const wanted = text.toLowerCase();
  const all: Found[][] = [
    pages.map(({ path, title }) => ({ kind: 'Page', title, path })),
    actions.filter(({ permission }) => may(permission)).map(({ title, path }) => ({ kind: 'Action', title, path })),
    (may('workflow.execute') ? (workflows.data ?? []) : []).map(({ name }) => {
      return { kind: 'Action', title: `Start ${name}`, path: `/work/workflows/${encodeURIComponent(name)}` };
    }),
    (fleet.data?.servers ?? []).map(({ id, name }) => ({ kind: 'Server', title: name, path: `/servers/${id}` })),
    (query === '' || query !== text ? [] : (tools.data?.tools ?? [])).map(({ name, serverId, serverName }) => {
      const path = `/tools/${serverId}/${encodeURIComponent(name)}`;
      return { kind: 'Tool', title: `${name} of ${serverName}`, path };
    }),
    (devices.data?.data ?? []).map(({ id, name }) => ({ kind: 'Device', title: name, path: `/devices/${id}` })),
    (clusters.data?.data ?? []).map(({ id, name }) => ({ kind: 'Cluster', title: name, path: `/kubernetes/${id}` })),
    containers.data ?? [],
    (jobs.data?.items ?? []).map(({ id, workflow_definition_id: workflow, status }) => {
      return { kind: 'Run', title: `${nameOf(workflow)} (${status}) ${id}`, path: `/work/runs/${id}` };
    }),
    (others.data?.jobs ?? [])
      .filter(({ kind }) => kind !== 'workflow')
      .map(({ job_id: id, kind, status }) => {
        return { kind: 'Job', title: `${kind} (${status}) ${id}`, path: `/work/jobs/${id}` };
      }),
  ];
  return all.flatMap((ofKind) =>
    ofKind
      .filter(({ kind, title }) => kind === 'Tool' || title.toLowerCase().includes(wanted))
      .slice(0, wanted === '' ? (ofKind[0]?.kind === 'Page' ? ofKind.length : 3) : MOST_OF_KIND),
  );
}
