import type { Caller } from '../../access/caller.js';
import { maySee } from '../../access/grants.js';
import type { AskAnswer, McpOperation, ServerAsk, ServerNotice } from '../../agents/contract.js';
import type { ConnectedAgent, Fleet, FleetMcpEvents, Reply } from '../../agents/fleet.js';
import { type Redactor, redactorOf } from '../../audit/redactor.js';
import { type Cancellation, CancelSource } from '../../cancellation.js';
import { DomainError, notFound } from '../../errors.js';
import type { RightsNow } from '../../people/creators.js';
import { groupRecords } from '../../servers/groups.js';
import type { Observation, ObservedServers } from '../../servers/observed.js';
import { type ServerRecord, serverRecords } from '../../servers/record.js';
import type { ServerRegistry } from '../../servers/registry.js';
import type { Store } from '../../store.js';
import { ServerLists } from '../lists/lists.js';
import type { ToolOffer, ToolOffers } from '../lists/tool-offers.js';
import type { McpPassThrough } from '../pass-through.js';
import type { McpView } from '../view.js';
import { type ClientHello, type ClientListener, McpClient, type McpLogLevel, ownTools } from './client.js';
import { Asks, dispensable, type PrivateInstance, PrivateInstances } from './instances.js';
import { Interests, OwnSubscriptions } from './interests.js';
import { Notices, ToolReadings } from './notices.js';
import { OwnLevels } from './own-levels.js';
import { Previews } from './previews.js';
import { SharedLevels } from './shared-levels.js';
import { Teller } from './teller.js';

/** Limits for clients; times in milliseconds. */
export interface ClientSettings {
  /** Changes within this time make one message. */
  readonly tellMs: number;
  /** A private instance ends when its client has not used it for this time, even if the client is connected. */
  readonly idleMs: number;
  /** The instances of a client without a connection end after this time: the longest time that its session lasts. */
  readonly awayMs: number;
  /** Subscriptions of one client at all servers. */
  readonly mostSubscriptions: number;
}

export const defaultClientSettings: ClientSettings = {
  tellMs: 250,
  idleMs: 24 * 3_600_000,
  awayMs: 30 * 60_000,
  mostSubscriptions: 1000,
};

export interface ClientParts {
  readonly store: Store;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly offers: ToolOffers;
  readonly passThrough: McpPassThrough;
  readonly redactor: Redactor;
  readonly rightsNow: RightsNow;
  readonly fleet: () => Fleet;
  readonly onError: (error: unknown) => void;
}

const SWEEP_MS = 5_000;
/** Collections whose records decide a client's view. */
const viewCollections = [serverRecords, groupRecords];
/** How long an agent may take to compare its instances and subscriptions with the wanted ones, milliseconds. */
const SYNC_MS = 20_000;
/** About the largest part of the list of wanted subscriptions, bytes: a command must not exceed the message limit of the link. */
const SYNC_BYTES = 1024 * 1024;

/** All MCP clients with a session, and the messages that servers send them by themselves. */
export class McpClients implements Required<FleetMcpEvents> {
  readonly lists: ServerLists;
  readonly instances: PrivateInstances;
  readonly interests: Interests;
  readonly levels: OwnLevels;
  readonly asks: Asks;
  readonly #parts: ClientParts;
  readonly #settings: ClientSettings;
  readonly #own: OwnSubscriptions;
  readonly #sharedLevels: SharedLevels;
  readonly #notices: Notices;
  readonly #previews: Previews;
  readonly #teller: Teller;
  readonly #clients = new Set<McpClient>();
  /** The lists that are being sent, by agent. */
  readonly #syncs = new Map<string, CancelSource>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(parts: ClientParts, settings: Partial<ClientSettings> = {}) {
    this.#parts = parts;
    this.#settings = { ...defaultClientSettings, ...settings };
    const { passThrough, registry, observed, fleet, onError, store } = parts;
    const offer = (client: McpClient, signal: Cancellation) => this.prepare(client, signal);
    this.#teller = new Teller({ clients: this.#clients, registry, offer, tellMs: this.#settings.tellMs, onError });
    this.lists = new ServerLists(passThrough, observed, (serverId, kind) =>
      this.#teller.changed(serverId, kind === 'prompts' ? 'prompts' : 'resources'),
    );
    const onLeftOut = (server: ServerRecord, tools: readonly string[]) =>
      passThrough.leftOut(
        server,
        'tools',
        tools,
        'the tools of all private instances of the caller or the agent are too long',
      );
    this.instances = new PrivateInstances({ registry, observed, fleet, onLeftOut, onError });
    this.instances.makeRoom = (server, client) => this.#makeRoom(server, client);
    this.asks = new Asks(this.instances, parts.rightsNow);
    const previewing = { registry, observed, instances: this.instances, onError };
    const ends = { changed: () => this.#teller.look(), end: (instance: PrivateInstance) => void this.#end(instance) };
    this.#previews = new Previews({ ...previewing, ...ends });
    this.#sharedLevels = new SharedLevels({ ...parts, clients: this.#clients });
    this.interests = new Interests(passThrough, registry, (serverId) => this.#sharedLevels.of(serverId));
    this.#own = new OwnSubscriptions(passThrough, this.interests, this.instances, this.#settings.mostSubscriptions);
    this.levels = new OwnLevels(passThrough);
    this.#notices = new Notices({
      interests: this.interests,
      own: this.#own,
      readings: new ToolReadings(passThrough, this.instances, () => this.#teller.look()),
      asks: this.asks,
      stale: (serverId, list) => this.#stale(serverId, list),
      changed: (client, list) => this.#change(client, list),
    });
    observed.onChange((serverId, now, before) => this.#observed(serverId, now, before));
    store.observe(
      ({ writes }) => {
        for (const { collection, id } of writes) if (collection === serverRecords.name) this.#moved(id);
        this.#teller.look();
      },
      ...viewCollections,
    );
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

  /** Ends a client's instances and subscriptions. Safe to call twice. */
  close(client: McpClient): void {
    if (!this.#clients.delete(client)) return;
    this.#previews.drop(client);
    for (const instance of this.instances.of(client)) this.asks.drop(instance);
    this.instances.closeAll(client);
    this.interests.drop(client);
    if (client.logLevel !== undefined) this.#sharedLevels.look();
    if (this.#clients.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    this.#teller.stop();
  }

  /** Sets the most detailed level of the log messages that a client wants. */
  setLevel(client: McpClient, level: McpLogLevel): void {
    if (client.logLevel === level) return;
    client.logLevel = level;
    this.#sharedLevels.look();
  }

  /** Replaces a client's caller: its role or its grants may have changed. */
  refresh(client: McpClient, caller: Caller): void {
    const view = client.view.of(caller);
    if (view === client.view) return;
    const moved = view.key !== client.view.key;
    client.view = view;
    if (!moved) return;
    if (client.logLevel !== undefined) this.#sharedLevels.look();
    client.changed.add('resources').add('prompts');
    for (const instance of [...this.instances.of(client)])
      if (!(view.invokes && view.covers(instance.server))) void this.#end(instance);
    this.#teller.look();
  }

  /** The servers, of these ids, whose earlier answers a caller may not have any more. A deleted server counts as it was. */
  lostServers(caller: Caller, serverIds: Iterable<string>): string[] {
    const { registry } = this.#parts;
    return [...serverIds].filter((id) => {
      const server = registry.byId(id);
      return server && !maySee(caller, server);
    });
  }

  /** A server's registration has changed. Ends its instances that the grants of their clients no longer cover. */
  #moved(serverId: string): void {
    this.#sharedLevels.look(serverId);
    for (const instance of this.instances.ofServer(serverId))
      if (!instance.client.view.covers(instance.server)) void this.#end(instance);
  }

  /**
   * Notes which offer the client knows. Only the first page counts: if a later page is of a newer offer, the client has parts of both, and
   * gets a message to list again.
   */
  told(client: McpClient, { tag }: ToolOffer, isFirstPage: boolean): void {
    if (isFirstPage || client.toldTools === '') client.toldTools = tag;
  }

  /** Called when a client lists tools. It gets its own instances of servers that may have other tools for it, and a message if they do. */
  listed(client: McpClient): void {
    if (this.#clients.has(client)) this.#previews.listed(client);
  }

  /** The tools of a client: those of its own instances, and of the shared instances of all other servers. */
  offer(client: McpClient): ToolOffer {
    if (!client.answers) return this.#parts.offers.of(client.view);
    return client.offered(this.#parts.offers, this.#withTools(client));
  }

  /** As {@link offer}, made in turns with other work. @throws the reason of the signal */
  async prepare(client: McpClient, signal: Cancellation): Promise<ToolOffer> {
    const own = client.answers ? this.#withTools(client) : [];
    await this.#parts.offers.prepare(client.view, signal, ownTools(own));
    return this.offer(client);
  }

  /**
   * Lets work use the client's own instance of a server. The id is empty if the client uses the shared instance.
   * @param shares whether the client uses the shared instance even if it has its own
   * @throws DomainError `not_found` if the client may not see the server now; `cancelled` if the client is closed: an instance that it got
   * now would never end.
   */
  async using<T>(
    client: McpClient | undefined,
    server: ServerRecord,
    work: (id: string) => Promise<T>,
    shares = false,
  ): Promise<T> {
    for (let again = true; ; again = false) {
      if (client && !this.#clients.has(client)) throw new DomainError('cancelled', 'The client is gone');
      const current = this.#parts.registry.byId(server.id);
      if (client && !(current && client.view.covers(current))) throw notFound('server', server.name);
      const instance = client?.answers && !shares ? await this.#instance(client, server) : undefined;
      if (!instance) return work('');
      instance.busy += 1;
      try {
        return await work(instance.id);
      } catch (error) {
        // Its agent may have been restarted: the next request gets another instance.
        if (!isMissing(error, instance)) throw error;
        this.#ended(instance, 'its agent was restarted');
        if (!again) throw error;
      } finally {
        instance.busy -= 1;
        instance.usedAt = performance.now();
      }
    }
  }

  /**
   * Subscribes to a resource: at the client's own instance where it has one.
   * @param shares whether the client uses the shared instance even if it has its own
   * @throws DomainError `unavailable` if client or server have too many subscriptions; the server's error.
   */
  subscribe(client: McpClient, server: ServerRecord, uri: string, signal: Cancellation, shares = false): Promise<void> {
    const subscribe = (id: string) => {
      const own = this.instances.byId(id);
      this.#own.checkRoom(client, server, uri, own);
      return own ? this.#own.subscribe(own, uri, signal) : this.interests.subscribe(client, server, uri);
    };
    return this.using(client, server, subscribe, shares);
  }

  /** Ends the subscription at the shared instance and at the client's own. @throws DomainError the server's error. */
  async unsubscribe(client: McpClient, server: ServerRecord, uri: string, signal: Cancellation): Promise<void> {
    const own = [...this.instances.of(client)].find((instance) => instance.server.id === server.id);
    if (!own || this.interests.has(client, server.id, uri)) await this.interests.unsubscribe(client, server, uri);
    else await this.#own.unsubscribe(own, uri, signal);
  }

  /** Passes a client's notification on to its instances. */
  notify(client: McpClient, method: string, params: string): void {
    for (const instance of this.instances.of(client)) this.instances.notify(instance, method, params);
  }

  answer(client: McpClient, askId: string, answer: AskAnswer): void {
    this.asks.answer(client, askId, answer);
  }

  /** An agent has connected: it gets the list of wanted instances and subscriptions, and ends all others. */
  onAgent(agent: ConnectedAgent): void {
    const { id, operations } = agent;
    if (!operations.includes('syncMcp')) return;
    // The parts of two lists must not mix.
    this.#syncs.get(id)?.abort(new DomainError('cancelled', 'The agent has connected again'));
    const signal = new CancelSource();
    this.#syncs.set(id, signal);
    this.#sync(agent, signal)
      .catch((error: unknown) => {
        // An agent that is away again gets the list when it comes back.
        const isAway = error instanceof DomainError && error.code === 'agent_unreachable';
        if (!isAway && !signal.aborted) this.#parts.onError(error);
      })
      .finally(() => {
        if (this.#syncs.get(id) === signal) this.#syncs.delete(id);
      });
  }

  onNotice(agent: ConnectedAgent, notice: ServerNotice): void {
    const { registry, redactor } = this.#parts;
    const server = registry.byId(notice.serverId);
    if (server?.agentId !== agent.id) return;
    const secrets = redactorOf(redactor, server);
    const said = Buffer.from(notice.params).toString();
    // A server may send anything. Messages take only an object.
    const params = said.startsWith('{') ? said : '';
    if (notice.instanceId === '') this.#notices.ofServer(server, notice.method, params, secrets);
    else {
      const instance = this.instances.byId(notice.instanceId);
      if (instance?.server.id === server.id) this.#notices.ofInstance(instance, notice.method, params, secrets);
    }
  }

  onAsk(agent: ConnectedAgent, ask: ServerAsk): void {
    this.asks.take(agent.id, ask);
  }

  onPrivateEnded(
    agent: ConnectedAgent,
    { instanceId, reason }: { readonly instanceId: string; readonly reason: string },
  ): void {
    const instance = this.instances.byId(instanceId);
    if (instance?.server.agentId !== agent.id) return;
    this.#ended(instance, redactorOf(this.#parts.redactor, instance.server).text(reason));
  }

  async #sync(agent: ConnectedAgent, signal: Cancellation): Promise<void> {
    const { registry, observed } = this.#parts;
    const open = this.instances.at(agent.id).filter(({ isOpen }) => isOpen);
    // Servers that are connected again already send no further event.
    const here = registry.ofAgent(agent.id).filter(({ id }) => observed.get(id).state === 'connected');
    const reply = await this.#sendWishes(agent, signal);
    const missing = reply.case === 'json' ? missingOf(reply.value) : new Set();
    for (const instance of open) if (missing.has(instance.id)) this.#ended(instance, 'its agent was restarted');
    for (const server of here) {
      if (this.#clients.size > 0) this.lists.refresh(server);
      this.#notices.missed(server);
    }
    for (const instance of open) if (!missing.has(instance.id)) this.#notices.missedOf(instance);
  }

  /** Sends an agent the wanted instances and subscriptions: in parts, or at once to an agent of an older version. @returns the last answer */
  async #sendWishes({ id: agentId, operations }: ConnectedAgent, signal: Cancellation): Promise<Reply> {
    const options = { kind: 'idempotent', timeoutMs: SYNC_MS, signal } as const;
    const send = (operation: McpOperation) => this.#parts.fleet().execute(agentId, operation, options);
    const instanceIds = () => this.instances.at(agentId).map(({ id }) => id);
    if (!operations.includes('syncMcpPart'))
      return send({ case: 'syncMcp', value: { instanceIds: instanceIds(), interests: this.interests.at(agentId) } });
    const parts = this.interests.parts(agentId, SYNC_BYTES);
    for (let number = 1; ; number += 1) {
      const { value: interests, done: last = false } = parts.next();
      const value = { number, last, instanceIds: last ? instanceIds() : [], interests };
      const reply = await send({ case: 'syncMcpPart', value });
      if (signal.aborted) throw signal.reason;
      if (last) return reply;
    }
  }

  /** Handles the end of an instance whose client is still there. */
  #ended(instance: PrivateInstance, reason: string): void {
    this.asks.drop(instance);
    if (this.instances.forget(instance.id)) this.#miss(instance, reason);
    this.#teller.look();
  }

  /** Tells a client that its instance has ended, and moves its subscriptions to the shared instance. */
  #miss(instance: PrivateInstance, reason: string): void {
    const { client, server } = instance;
    // The resources may have changed since the instance ended.
    this.#notices.updatedOf(instance);
    this.#own.moveOn(instance);
    if (!instance.wasUsed) return;
    client.lost.set(server.id, reason);
    const data = `This client's instance of '${server.name}' has ended: ${reason}. The next call starts a new instance. Data that the old one kept in memory is lost.`;
    client.listener.notify('notifications/message', JSON.stringify({ level: 'warning', logger: 'roundhouse', data }));
  }

  /** Ends an instance to make room for a client's instance of this server. `false`: no instance may end. */
  async #makeRoom(server: ServerRecord, client: McpClient): Promise<boolean> {
    const found = dispensable(this.instances.at(server.agentId), server, client);
    if (!found) return false;
    const ended = this.#end(found);
    this.#miss(found, 'another client needed its place');
    await ended;
    return true;
  }

  async #instance(client: McpClient, server: ServerRecord): Promise<PrivateInstance | undefined> {
    await this.#parts.passThrough.awaitConnected(server);
    const known = new Set(this.instances.of(client));
    const instance = await this.instances.get(client, server);
    if (!instance) return undefined;
    if (!known.has(instance)) {
      // Its tools may differ from those of the shared instance.
      this.#teller.look();
      this.#takeOver(instance);
    }
    this.levels.tell(instance);
    return instance;
  }

  /** Moves the client's subscriptions from the shared instance to its own. */
  #takeOver(instance: PrivateInstance): void {
    const { client, server } = instance;
    const uris = [...this.interests.urisOf(client, server.id)];
    for (const uri of uris)
      this.#own
        .subscribe(instance, uri, new CancelSource())
        .then(() => this.interests.unsubscribe(client, server, uri))
        // The subscription stays at the shared instance.
        .catch((error: unknown) => {
          if (!(error instanceof DomainError)) this.#parts.onError(error);
        });
  }

  #observed(serverId: string, now: Observation, before: Observation): void {
    const cameOrWent = now.state !== before.state && (now.state === 'connected' || before.state === 'connected');
    if (now.tools !== before.tools || cameOrWent) this.#teller.look();
    // A client may be allowed to call one of the new tools only.
    if (now.tools !== before.tools) this.#sharedLevels.look(serverId);
    const server = this.#parts.registry.byId(serverId);
    if (!server) {
      this.lists.forget(serverId);
      this.#previews.forget(serverId);
      this.interests.forget(serverId);
      this.#sharedLevels.forget(serverId);
    }
    if (!cameOrWent) return;
    this.#stale(serverId, 'resources');
    this.#stale(serverId, 'prompts');
    if (!server || now.state !== 'connected') return;
    this.interests.connected(server);
    this.#sharedLevels.connected(serverId);
    this.#notices.missed(server);
  }

  #stale(serverId: string, list: 'resources' | 'prompts'): void {
    this.lists.invalidate(serverId, list);
    this.#teller.changed(serverId, list);
  }

  #change(client: McpClient, list: 'resources' | 'prompts'): void {
    client.changed.add(list);
    this.#teller.look();
  }

  /** The client's own instances with tools. */
  #withTools(client: McpClient): PrivateInstance[] {
    return [...this.instances.of(client)].filter(({ tools }) => tools.length > 0);
  }

  #end(instance: PrivateInstance): Promise<void> {
    this.asks.drop(instance);
    return this.instances.close(instance);
  }

  #sweep(): void {
    const now = performance.now();
    const { idleMs, awayMs } = this.#settings;
    this.asks.sweep(now, awayMs);
    // Callers may have lost rights, or their keys.
    this.#sharedLevels.look();
    for (const client of this.#clients) {
      const away = client.awaySince !== undefined && now - client.awaySince >= awayMs;
      for (const instance of [...this.instances.of(client)])
        if (away || (instance.busy === 0 && now - instance.usedAt >= idleMs)) {
          void this.#end(instance);
          this.#miss(instance, 'it was not used for long');
        }
    }
  }
}

/** Whether an error says that the agent does not have the instance. */
function isMissing(error: unknown, { id }: PrivateInstance): boolean {
  return error instanceof DomainError && error.code === 'not_found' && error.details.instanceId === id;
}

/** The ids of the instances that an agent lacks, from its answer to `syncMcp`; none from agents of an older version. */
function missingOf(json: Uint8Array): Set<unknown> {
  const said = JSON.parse(Buffer.from(json).toString()) as { readonly missing?: unknown } | null;
  return new Set(Array.isArray(said?.missing) ? said.missing : []);
}
