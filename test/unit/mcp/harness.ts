import type { Test } from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import type { ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { GuardedStreams } from '../../../hub/domain/agents/guarded-streams.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import type { ClientListener } from '../../../hub/domain/mcp/clients/client.js';
import type { ClientSettings } from '../../../hub/domain/mcp/clients/clients.js';
import { type ClientParts, McpClients } from '../../../hub/domain/mcp/clients/clients.js';
import { ToolOffers } from '../../../hub/domain/mcp/lists/tool-offers.js';
import { McpPassThrough, type PassThroughParts } from '../../../hub/domain/mcp/pass-through.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import { Readiness } from '../../../hub/domain/servers/readiness.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { ToolCatalog } from '../../../hub/domain/tools/catalog.js';
import { caller } from '../mcp-door/caller.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';

export const agent = { id: 'a1', name: 'a1', site: 'local', operations: ['syncMcp'] } as unknown as ConnectedAgent;
const metadata = { category: null, tags: [], version: null };
export const server = {
  id: 's1',
  name: 's',
  site: 'local',
  agentId: 'a1',
  groupId: null,
  metadata,
} as unknown as ServerRecord;
const UPDATED = 'notifications/resources/updated';

class Agent extends ScriptedFleet {
  missing: readonly string[] = [];

  protected answer({ case: operation }: Operation): Reply {
    if (operation === 'openPrivate') return json({ initialize: {}, tools: [{ name: 'own' }] });
    return json(
      operation === 'syncMcp' || operation === 'syncMcpPart' ? { missing: this.missing } : { tools: [{ name: 'own' }] },
    );
  }

  /** The requests to servers, each with its instance. */
  get requests(): string[] {
    return this.asked.flatMap(({ case: operation, value }) =>
      operation === 'mcpRequest' ? [`${value.method} ${value.instanceId === '' ? 'shared' : 'own'}`] : [],
    );
  }
}

/** One client that answers servers, of a hub with one server. */
export function client(t: Test, settings: Partial<ClientSettings> = {}, onError?: (error: unknown) => void) {
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const records = new Map([[server.id, server]]);
  const registry = {
    version: 0,
    onChange() {},
    all: () => records.values(),
    byId: (id: string) => records.get(id),
    ofAgent: () => [...records.values()],
  } as unknown as ServerRegistry;
  const observed = new ObservedServers();
  const report = (state: 'connected' | 'disconnected', tools: readonly string[] = []) => {
    const initializeResult = Buffer.from('{"capabilities":{"resources":{},"logging":{}}}');
    const listed = tools.map((name) => ({ name, definition: Buffer.from(JSON.stringify({ name, inputSchema: {} })) }));
    const rest = { error: '', tools: listed, pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0 };
    observed.report('a1', { serverId: 's1', revision: 1, state, initializeResult, ...rest });
  };
  report('connected');
  const fleet = new Agent(agent);
  const rightsNow = (caller: Caller) => caller;
  const breaker = { check() {}, run: (work: () => unknown) => work() };
  const parts = {
    store: { observe() {} },
    registry,
    observed,
    redactor: new Redactor(),
    fleet: () => fleet,
    rightsNow,
    streams: new GuardedStreams({ observe() {} } as never, { now: rightsNow, whileRunning: rightsNow }, []),
    limits: { count() {} },
    breakers: { of: () => breaker },
    readiness: new Readiness({ registry, observed, fleet: () => fleet, onError: t.error }),
    offers: new ToolOffers(new ToolCatalog(registry, observed)),
    onError: onError ?? ((error: unknown) => t.fail(String(error))),
  } as unknown as ClientParts & PassThroughParts;
  const clients = new McpClients({ ...parts, passThrough: new McpPassThrough(parts) }, settings);
  const heard: string[] = [];
  const listener: ClientListener = { notify: (method) => void heard.push(method), ask() {}, unask() {} };
  const hello = { capabilities: { sampling: {} }, info: {} };
  const open = () => {
    const opened = clients.open(new McpView(caller, {}), hello, listener);
    t.teardown(() => clients.close(opened));
    return opened;
  };
  const made = open();
  /** Resolves with the first operation of a kind, from now on. */
  const next = (kind: Operation['case']) =>
    new Promise<Operation>((resolve) => {
      fleet.before = (operation) => {
        if (operation.case === kind) resolve(operation);
      };
    });
  const use = () => clients.using(made, server, async (id) => id);
  /** Another client, which servers cannot ask. */
  const plain = () => {
    const updates: string[] = [];
    const characters: number[] = [];
    const notify: ClientListener['notify'] = (method, params) => {
      if (method !== UPDATED) return;
      updates.push(JSON.parse(params).uri);
      characters.push(params.length);
    };
    const opened = clients.open(new McpView(caller, {}), { capabilities: {}, info: {} }, { ...listener, notify });
    t.teardown(() => clients.close(opened));
    return { opened, updates, characters };
  };
  /** A client of a caller, which servers cannot ask. */
  const openAs = (who: Caller) => {
    const opened = clients.open(new McpView(who, {}), { capabilities: {}, info: {} }, listener);
    t.teardown(() => clients.close(opened));
    return opened;
  };
  /** The server says that a resource has changed. */
  const update = (uri: string, more: object = {}) => {
    const params = Buffer.from(JSON.stringify({ uri, ...more }));
    clients.onNotice(agent, { serverId: 's1', instanceId: '', method: UPDATED, params });
  };
  return { clients, made, open, fleet, use, next, heard, report, records, observed, plain, openAs, update };
}
