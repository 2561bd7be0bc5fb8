import type { Caller } from '../access/caller.js';
import type { ConnectedAgent, Fleet } from '../agents/fleet.js';
import type { AskAnswer, FleetMcpEvents, ServerAsk, ServerNotice } from '../agents/fleet-mcp.js';
import type { Redactor } from '../audit/redactor.js';
import { groupRecords } from '../groups/record.js';
import type { Observation, ObservedServers } from '../servers/observed.js';
import { type ServerRecord, serverRecords } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';
import { Asks } from './asks.js';
import { type ClientHello, McpClient } from './client.js';
import { type PrivateInstance, PrivateInstances } from './instances.js';
import { Interests } from './interests.js';
import { memberText, withMember } from './json-text.js';
import type { ClientListener } from './listener.js';
import { readPages, ServerLists } from './lists.js';
import type { McpPassage } from './passage.js';
import { type ClientSettings, defaultClientSettings } from './settings.js';
import type { ToolOffer, ToolOffers } from './tool-offers.js';
import type { McpView } from './view.js';

export interface ClientParts {
  readonly store: Store;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly offers: ToolOffers;
  readonly passage: McpPassage;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  readonly onError: (error: unknown) => void;
}

const SWEEP_MS = 5_000;
/** Collections whose records decide what a client sees. */
const telling = new Set([serverRecords.name, groupRecords.name]);
/** How long a newly opened or changed instance may take to tell its tools, milliseconds. */
const SYNC_MS = 20_000;

/** All MCP clients that stay, and what reaches them without their asking. */
export class McpClients implements Required<FleetMcpEvents> {
  readonly lists: ServerLists;
  readonly instances: PrivateInstances;
  readonly interests: Interests;
  readonly asks: Asks;
  readonly #parts: ClientParts;
  readonly #settings: ClientSettings;
  readonly #clients = new Set<McpClient>();
  #teller: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(parts: ClientParts, settings: Partial<ClientSettings> = {}) {
    this.#parts = parts;
    this.#settings = { ...defaultClientSettings, ...settings };
    const { passage, registry, observed, fleet, onError, store } = parts;
    this.lists = new ServerLists(passage, observed, (serverId, kind) =>
      this.#listChanged(serverId, kind === 'prompts' ? 'prompts' : 'resources'),
    );
    this.instances = new PrivateInstances({ observed, fleet, onError });
    this.asks = new Asks(this.instances);
    this.interests = new Interests(passage, registry, observed, () => this.#clients);
    observed.onChange((serverId, now, before) => this.#observed(serverId, now, before));
    store.subscribe(({ writes }) => {
      if (writes.some(({ collection }) => telling.has(collection))) this.#look();
    });
  }

  get size(): number {
    return this.#clients.size;
  }

  open(view: McpView, hello: ClientHello, listener: ClientListener): McpClient {
    const client = new McpClient(view, hello, listener);
    this.#clients.add(client);
    this.#sweeper ??= setInterval(() => this.#sweep(), Math.min(SWEEP_MS, this.#settings.awayMs / 2)).unref();
    return client;
  }

  /** Ends what a client has. Safe to call twice. */
  close(client: McpClient): void {
    if (!this.#clients.delete(client)) return;
    for (const instance of this.instances.of(client)) this.asks.drop(instance);
    this.instances.closeAll(client);
    this.interests.drop(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#sweeper);
    clearTimeout(this.#teller);
    this.#sweeper = undefined;
    this.#teller = undefined;
  }

  /** The caller as it is now: its grants may be others. */
  refresh(client: McpClient, caller: Caller): void {
    const view = client.view.of(caller);
    if (view === client.view) return;
    const moved = view.key !== client.view.key;
    client.view = view;
    if (!moved) return;
    client.changed.add('resources').add('prompts');
    for (const instance of [...this.instances.of(client)]) if (!view.covers(instance.server)) this.#end(instance);
    this.#look();
  }

  /** The tools that a client has: everybody's, but for those of its own instances. */
  offer(client: McpClient): ToolOffer {
    if (!client.answers) return this.#parts.offers.of(client.view);
    const own = [...this.instances.of(client)].filter(({ tools }) => tools.length > 0);
    return client.offered(this.#parts.offers, own);
  }

  /** Lets work use the client's own instance of a server; its id is empty where it shares one. */
  async using<T>(client: McpClient | undefined, server: ServerRecord, work: (id: string) => Promise<T>): Promise<T> {
    const instance = client?.answers ? await this.#instance(client, server) : undefined;
    if (!instance) return work('');
    instance.busy += 1;
    try {
      return await work(instance.id);
    } finally {
      instance.busy -= 1;
      instance.usedAt = performance.now();
    }
  }

  /** Passes a client's notification on to its instances. */
  notify(client: McpClient, method: string, params: string): void {
    for (const instance of this.instances.of(client)) this.instances.notify(instance, method, params);
  }

  answer(client: McpClient, askId: string, answer: AskAnswer): void {
    this.asks.answer(client, askId, answer);
  }

  /** An agent is there: it is told what is wanted of its servers, and drops the rest. */
  onAgent({ id, operations }: ConnectedAgent): void {
    if (!operations.includes('syncMcp')) return;
    const value = { instanceIds: this.instances.at(id), interests: this.interests.at(id) };
    const options = { kind: 'idempotent', timeoutMs: SYNC_MS } as const;
    this.#parts
      .fleet()
      .execute(id, { case: 'syncMcp', value }, options)
      .catch(() => {});
  }

  onNotice(agent: ConnectedAgent, notice: ServerNotice): void {
    const { registry, redactor } = this.#parts;
    const server = registry.byId(notice.serverId);
    if (server?.agentId !== agent.id) return;
    const params = redactor.text(Buffer.from(notice.params).toString());
    if (notice.instanceId === '') this.#shared(server, notice.method, params);
    else {
      const instance = this.instances.byId(notice.instanceId);
      if (instance?.server.id === server.id) this.#private(instance, notice.method, params);
    }
  }

  onAsk(agent: ConnectedAgent, ask: ServerAsk): void {
    this.asks.take(agent.id, ask);
  }

  onPrivateEnded(agent: ConnectedAgent, { instanceId }: { readonly instanceId: string }): void {
    const instance = this.instances.byId(instanceId);
    if (instance?.server.agentId !== agent.id) return;
    this.asks.drop(instance);
    this.instances.forget(instanceId);
    this.#look();
  }

  async #instance(client: McpClient, server: ServerRecord): Promise<PrivateInstance | undefined> {
    this.#parts.passage.checkConnected(server);
    const known = new Set(this.instances.of(client));
    const instance = await this.instances.get(client, server);
    // Its tools may be others than everybody's.
    if (instance && !known.has(instance)) {
      this.#look();
      this.#setLevel(instance);
    }
    return instance;
  }

  /** A new instance does not know how much of its log its client wants. */
  #setLevel({ id: instanceId, server, client: { logLevel: level } }: PrivateInstance): void {
    if (level === undefined) return;
    const request = { server, instanceId, method: 'logging/setLevel', params: JSON.stringify({ level }) };
    // Not every server knows it.
    this.#parts.passage.send(request).catch(() => {});
  }

  /** What everybody's instance of a server says. Its log messages belong to some call of somebody's: nobody else is told. */
  #shared(server: ServerRecord, method: string, params: string): void {
    if (method === 'notifications/resources/list_changed') this.#stale(server.id, 'resources');
    else if (method === 'notifications/prompts/list_changed') this.#stale(server.id, 'prompts');
    else if (method === 'notifications/resources/updated') {
      for (const client of this.interests.subscribers(server.id, uriOf(params)))
        client.listener.notify(method, exposedParams(client, server, params));
    }
  }

  #private(instance: PrivateInstance, method: string, params: string): void {
    const { client, server } = instance;
    switch (method) {
      case 'notifications/tools/list_changed':
        this.#reread(instance).catch((error: unknown) => this.#parts.onError(error));
        break;
      case 'notifications/resources/list_changed':
        this.#change(client, 'resources');
        break;
      case 'notifications/prompts/list_changed':
        this.#change(client, 'prompts');
        break;
      case 'notifications/resources/updated':
        client.listener.notify(method, exposedParams(client, server, params));
        break;
      case 'notifications/cancelled': {
        const { requestId, reason } = JSON.parse(params) as { readonly requestId?: unknown; readonly reason?: unknown };
        this.asks.cancel(instance, String(requestId), typeof reason === 'string' ? reason : '');
        break;
      }
      default:
        client.listener.notify(method, params);
    }
  }

  async #reread(instance: PrivateInstance): Promise<void> {
    const { id, server } = instance;
    const from = { server, instanceId: id };
    const tools = await readPages(this.#parts.passage, from, 'tools/list', 'tools', 'name').catch(() => undefined);
    if (!tools) return;
    instance.tools = tools.flatMap(({ json }) => this.instances.readTool(json) ?? []);
    this.#look();
  }

  #observed(serverId: string, now: Observation, before: Observation): void {
    const cameOrWent = now.state !== before.state && (now.state === 'connected' || before.state === 'connected');
    if (now.tools !== before.tools || cameOrWent) this.#look();
    if (!cameOrWent) return;
    const server = this.#parts.registry.byId(serverId);
    if (!server) {
      this.lists.forget(serverId);
      this.interests.forget(serverId);
      return;
    }
    this.#stale(serverId, 'resources');
    this.#stale(serverId, 'prompts');
    if (now.state === 'connected') this.interests.applyLevels([server]);
  }

  #stale(serverId: string, list: 'resources' | 'prompts'): void {
    this.lists.invalidate(serverId, list);
    this.#listChanged(serverId, list);
  }

  #listChanged(serverId: string, list: 'resources' | 'prompts'): void {
    const server = this.#parts.registry.byId(serverId);
    for (const client of this.#clients) {
      if (!server || client.view.covers(server)) this.#change(client, list);
    }
  }

  #change(client: McpClient, list: 'resources' | 'prompts'): void {
    client.changed.add(list);
    this.#look();
  }

  /** Something may be other than clients know: what comes within a moment is told together. */
  #look(): void {
    if (this.#clients.size === 0) return;
    this.#teller ??= setTimeout(() => {
      this.#teller = undefined;
      this.#tell();
    }, this.#settings.tellMs).unref();
  }

  #tell(): void {
    for (const client of this.#clients) {
      // Whoever never asked for tools need not ask again.
      if (client.toldTools !== '') {
        const { tag } = this.offer(client);
        if (tag !== client.toldTools) client.changed.add('tools');
        client.toldTools = tag;
      }
      const changed = [...client.changed];
      client.changed.clear();
      for (const list of changed) client.listener.notify(`notifications/${list}/list_changed`, '');
    }
  }

  #end(instance: PrivateInstance): void {
    this.asks.drop(instance);
    void this.instances.close(instance);
  }

  #sweep(): void {
    const now = performance.now();
    const { idleMs, awayMs } = this.#settings;
    this.asks.sweep(now, awayMs);
    for (const client of this.#clients) {
      const away = client.awaySince !== undefined && now - client.awaySince >= awayMs;
      for (const instance of [...this.instances.of(client)])
        if (away || (instance.busy === 0 && now - instance.usedAt >= idleMs)) this.#end(instance);
    }
  }
}

function uriOf(params: string): string {
  const uri = params === '' ? undefined : memberText(params, 'uri');
  return uri === undefined ? '' : String(JSON.parse(uri));
}

function exposedParams(client: McpClient, server: ServerRecord, params: string): string {
  return withMember(params || '{}', 'uri', JSON.stringify(client.exposed(server, uriOf(params))));
}
