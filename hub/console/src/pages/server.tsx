import * as Tabs from '@radix-ui/react-tabs';
import type { connect } from '@roundhouse/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { Calls } from '../calls.js';
import { hub, reasonOf } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Page, Status } from '../ui.js';

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
    ...(may('server.logs') ? [['log', 'Log', <Log key="log" id={server.id} />] satisfies (typeof tabs)[number]] : []),
    ['calls', 'Calls', <ServerCalls key="calls" server={server} />],
    ['configuration', 'Configuration', <Configuration key="configuration" server={server} />],
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
    ['Reason', runtime.error ?? runtime.healthReason ?? '–'],
    ['Health', runtime.health ?? '–'],
    ['Version', runtime.version ?? '–'],
    ['Process', runtime.pid === null ? '–' : runtime.pid],
    ['Next attempt', <Moment key="next" at={runtime.nextAttemptAt} />],
    ['Registered', <Moment key="made" at={server.createdAt} />],
    ['Changed', <Moment key="changed" at={server.updatedAt} />],
    ['Last health check', <Moment key="check" at={healthChecks.at(-1)?.timestamp ?? null} />],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
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

/** So many lines are shown. */
const MOST_LINES = 2000;

/** The log as it is written. A lost connection is taken up again where it broke off. */
function Log({ id }: { readonly id: string }) {
  const [lines, setLines] = useState<readonly (connect.LogEntry & { readonly key: number })[]>([]);
  const [failure, setFailure] = useState<string>();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const controller = new AbortController();
    let key = 0;
    let waiting: connect.LogEntry[] = [];
    // Many lines may come at once: the page is drawn once for all of them.
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      const come = waiting.map((line) => ({ ...line, key: key++ }));
      waiting = [];
      setLines((before) => [...before, ...come].slice(-MOST_LINES));
    }, 200);
    const read = async () => {
      try {
        for await (const line of hub.connect.servers.followLog(id, { lines: 200 }, { signal: controller.signal })) {
          waiting.push(line);
          if (waiting.length > MOST_LINES) waiting = waiting.slice(-MOST_LINES);
        }
      } catch (error) {
        if (!controller.signal.aborted) setFailure(reasonOf(error));
      }
    };
    void read();
    return () => {
      controller.abort();
      clearInterval(timer);
    };
  }, [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines move the view
  useEffect(() => {
    const frame = end.current?.parentElement;
    if (frame && frame.scrollHeight - frame.scrollTop - frame.clientHeight < 200) frame.scrollTop = frame.scrollHeight;
  }, [lines]);
  return (
    <>
      {failure && <p className="failure">{failure}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
      <div className="log" role="log" aria-label="Log" tabIndex={0}>
        {lines.map((line) => (
          <div key={line.key}>
            <Moment at={line.timestamp} /> <span className="muted">{line.source}</span> {line.message}
          </div>
        ))}
        {lines.length === 0 && !failure && <p>The server has written nothing yet.</p>}
        <div ref={end} />
      </div>
    </>
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

/** The members of a server that its configuration has. Secrets are masked; a masked secret keeps its value. */
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
    mutationFn: (text: string) => hub.connect.servers.update(server.id, JSON.parse(text) as connect.UpdateServerBody),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['server', server.id] });
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
      <label>
        Configuration (JSON). Secrets are masked; a masked secret keeps its value.
        <textarea
          className="code"
          rows={24}
          spellCheck={false}
          value={typed ?? stored}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
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
