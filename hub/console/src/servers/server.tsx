import * as Tabs from '@radix-ui/react-tabs';
import type { connect } from '@roundhouse/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useAudit } from '../audit-entries.js';
import { Code } from '../code.js';
import { FollowedLog } from '../followed-log.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Facts, Failure, Moment, number, Page, Status, Table } from '../ui.js';
import { Calls } from './calls.js';
import { Prompts, Resources } from './server-contents.js';
import { Tests } from './server-tests.js';
import { Updates } from './server-updates.js';

type Server = connect.GetServerResult;

export default function ServerPage({ id }: { readonly id: string }) {
  const may = useMay();
  const { data: server, error } = useQuery({
    queryKey: ['server', id],
    queryFn: ({ signal }) => hub.connect.servers.get(id, { signal }),
  });
  if (!server) return <Page title="Server">{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const tabs: [name: string, title: string, content: ReactNode][] = [
    ['state', 'State', <State key="state" server={server} />],
    ['tools', `Tools (${number(server.tools.length)})`, <ToolList key="tools" server={server} />],
    ...(may('resource.read') && server.status === 'connected'
      ? ([
          ['resources', 'Resources', <Resources key="resources" id={server.id} />],
          ['prompts', 'Prompts', <Prompts key="prompts" id={server.id} />],
        ] satisfies typeof tabs)
      : []),
    ...(may('server.logs') ? [['log', 'Log', <Log key="log" id={server.id} />] satisfies (typeof tabs)[number]] : []),
    ['calls', 'Calls', <ServerCalls key="calls" server={server} />],
    ...(may('job.read')
      ? ([
          ['updates', 'Updates', <Updates key="updates" server={server} />],
          ['tests', 'Tests', <Tests key="tests" server={server} />],
        ] satisfies typeof tabs)
      : []),
    ['access', 'Access', <Access key="access" server={server} />],
    [
      'configuration',
      'Configuration',
      <Fragment key="configuration">
        <Configuration server={server} />
        {may('audit.read') && <History id={server.id} />}
      </Fragment>,
    ],
  ];
  return (
    <Page title={server.name} actions={may('server.operate') && <Operations server={server} />}>
      {error && <Failure error={error} />}
      <p>
        <Status state={server.status} /> at site {server.site}
        {server.description !== '' && ` · ${server.description}`}
      </p>
      {server.runtime.error !== null && (
        <p className="failure" role="status">
          {server.runtime.error}
        </p>
      )}
      <Tabs.Root defaultValue="state">
        <Tabs.List aria-label="About this server" className="tabs">
          {tabs.map(([name, title]) => (
            <Tabs.Trigger key={name} value={name}>
              {title}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {tabs.map(([name, , content]) => (
          <Tabs.Content key={name} value={name}>
            {content}
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </Page>
  );
}

function Operations({ server }: { readonly server: Server }) {
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: async (verb: 'connect' | 'disconnect') => {
      if (verb === 'connect') await hub.connect.servers.connectServer(server.id, { timeoutMs: 0 });
      else await hub.connect.servers.disconnectServer(server.id, { timeoutMs: 0 });
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['server', server.id] }),
  });
  const isConnected = server.status === 'connected';
  return (
    <div className="actions">
      <button
        type="button"
        className={isConnected ? '' : 'primary'}
        disabled={act.isPending}
        onClick={() => act.mutate(isConnected ? 'disconnect' : 'connect')}
      >
        {act.isPending ? 'Working …' : isConnected ? 'Disconnect' : 'Connect'}
      </button>
      {act.error && <Failure error={act.error} />}
    </div>
  );
}

function State({ server: { runtime, healthChecks, ...server } }: { readonly server: Server }) {
  const facts: [string, ReactNode][] = [
    ['State', <Status key="state" state={server.status} />],
    ['Reason', runtime.error ?? runtime.healthReason],
    ['Health', runtime.health],
    ['Version', runtime.version],
    ['Process', runtime.pid],
    ['Next attempt', <Moment key="next" at={runtime.nextAttemptAt} />],
    ['Registered', <Moment key="made" at={server.createdAt} />],
    ['Changed', <Moment key="changed" at={server.updatedAt} />],
    ['Last health check', <Moment key="check" at={healthChecks.at(-1)?.timestamp ?? null} />],
  ];
  return <Facts facts={facts} />;
}

function ToolList({ server }: { readonly server: Server }) {
  if (server.tools.length === 0) return <p>The server has no tools now.</p>;
  return (
    <ul className="cards">
      {server.tools.map(({ name, description }) => (
        <li key={name}>
          <Link href={`/tools/${server.id}/${encodeURIComponent(name)}`}>{name}</Link>
          <p>{description}</p>
        </li>
      ))}
    </ul>
  );
}

function Log({ id }: { readonly id: string }) {
  return (
    <FollowedLog
      id={id}
      follow={(signal) => hub.connect.servers.followLog(id, { lines: 200 }, { signal })}
      textOf={({ source, message }) => `${source} ${message}`}
      render={({ timestamp, source }, text) => (
        <>
          <Moment at={timestamp} /> <span className="muted">{source}</span> {text.slice(source.length + 1)}
        </>
      )}
    />
  );
}

function ServerCalls({ server }: { readonly server: Server }) {
  const [tool, setTool] = useState(server.tools[0]?.name ?? '');
  if (server.tools.length === 0) return <p>The server has no tools now.</p>;
  return (
    <>
      <label className="filter">
        Tool
        <select value={tool} onChange={(event) => setTool(event.target.value)}>
          {server.tools.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <Calls server={server.id} tool={tool} />
    </>
  );
}

/** The roles and the keys that may call the server's tools. */
function Access({ server }: { readonly server: Server }) {
  const may = useMay();
  const { data, error } = useQuery({
    queryKey: ['keys'],
    queryFn: ({ signal }) => hub.connect.keys.list({ signal }),
    enabled: may('key.manage'),
  });
  const { id, groupId, site } = server;
  // Each list of a key's grants must name the server.
  const keys = data?.filter(
    ({ role, grants }) =>
      role !== 'viewer' &&
      (!grants?.servers || grants.servers.includes(id)) &&
      (!grants?.groups || (groupId !== null && grants.groups.includes(groupId))) &&
      (!grants?.sites || grants.sites.includes(site)),
  );
  return (
    <>
      <p>
        {server.personal
          ? 'The server belongs to one user or key: only its owner and admins see it and call it.'
          : 'Users with role user, operator or admin call the tools of the server, and keys with such a role whose grants cover it. Viewers see it.'}
      </p>
      {error && <Failure error={error} />}
      {keys && !server.personal && (
        <Table label="Keys that may call it" head={['Key', 'Role', 'Tools', 'Expires', 'Last used']}>
          {keys.map((key) => (
            <tr key={key.id}>
              <td>{key.name}</td>
              <td>{key.role}</td>
              <td>{key.grants?.tools ? key.grants.tools.join(', ') : 'all'}</td>
              <td>{key.expiresAt ? <Moment at={key.expiresAt} /> : 'never'}</td>
              <td>
                <Moment at={key.lastUsedAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

/** The members of a server that belong to its configuration. Secrets are masked; a masked secret keeps its value. */
function configurationOf(server: Server) {
  const { name, description, transport, auth, healthCheck, rateLimits, limits, cache, metadata, groupId, enabled } =
    server;
  return { name, description, transport, auth, healthCheck, rateLimits, limits, cache, metadata, groupId, enabled };
}

function Configuration({ server }: { readonly server: Server }) {
  const may = useMay();
  const queries = useQueryClient();
  const stored = JSON.stringify(configurationOf(server), null, 2);
  const [typed, setTyped] = useState<string>();
  const save = useMutation({
    // Only the changed members, since the history names the members of the request.
    mutationFn: (text: string) => {
      const before = Object.entries(configurationOf(server)).map(([name, value]) => [name, JSON.stringify(value)]);
      const same = new Map(before as [string, string][]);
      const given = Object.entries(JSON.parse(text) as connect.UpdateServerBody);
      const changes = given.filter(([name, value]) => JSON.stringify(value) !== same.get(name));
      return hub.connect.servers.update(server.id, Object.fromEntries(changes));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['server', server.id] });
      await queries.invalidateQueries({ queryKey: ['audit'] });
      setTyped(undefined);
    },
  });
  if (!may('server.write')) return <pre>{stored}</pre>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(typed ?? stored);
      }}
    >
      <Code
        label="Configuration (JSON). Secrets are masked; a masked secret keeps its value."
        language="json"
        value={typed ?? stored}
        original={stored}
        onChange={(text) => setTyped(text === stored ? undefined : text)}
      />
      {save.error && <Failure error={save.error} />}
      {save.isSuccess && typed === undefined && <output>Saved.</output>}
      <div className="actions">
        <button type="submit" className="primary" disabled={typed === undefined || save.isPending}>
          Save
        </button>
        <button type="button" disabled={typed === undefined} onClick={() => setTyped(undefined)}>
          Discard
        </button>
      </div>
    </form>
  );
}

/** The changes of the server and the other actions on it, from the audit log. */
function History({ id }: { readonly id: string }) {
  const [action, setAction] = useState('server.update');
  const audit = useAudit({ resource: 'server', resourceId: id, ...(action && { action }) });
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      <label className="filter">
        Show
        <select value={action} onChange={(event) => setAction(event.target.value)}>
          <option value="server.update">changes of the configuration</option>
          <option value="">everything that was done to the server</option>
        </select>
      </label>
      {audit.error && <Failure error={audit.error} />}
      {audit.entries?.length === 0 && <p>The audit log has no such entries.</p>}
      {audit.entries && audit.entries.length > 0 && (
        <Table label="History of the server" head={['Time', 'Actor', 'Action', 'Outcome', 'Details']}>
          {audit.entries.map(({ id, timestamp, actor, action, details }) => {
            const { success, durationMs: _, name: __, changed, ...others } = details;
            return (
              <tr key={id}>
                <td>
                  <Moment at={timestamp} />
                </td>
                <td>{actor.name || actor.type}</td>
                <td>{action}</td>
                <td>
                  <Status state={success === false ? 'failed' : 'completed'} />
                </td>
                <td>
                  {Array.isArray(changed) && changed.join(', ')}{' '}
                  {Object.keys(others).length > 0 && JSON.stringify(others)}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
      {audit.hasNextPage && (
        <button type="button" onClick={audit.more}>
          Show older
        </button>
      )}
    </section>
  );
}
