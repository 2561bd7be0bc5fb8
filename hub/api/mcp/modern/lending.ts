import { DomainError } from '../../../domain/errors.js';
import type { ClientHello, McpClient } from '../../../domain/mcp/client.js';
import type { McpClients } from '../../../domain/mcp/clients.js';
import type { ClientListener } from '../../../domain/mcp/listener.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { OwnerCounts, ownerOf } from '../owners.js';

export interface LendingSettings {
  /** Requests of all callers, and of one, that hold a client at once. */
  readonly most: number;
  readonly mostOfCaller: number;
  /** Clients that nobody uses for so long end, with their instances; milliseconds. */
  readonly keepMs: number;
}

export const defaultLendingSettings: LendingSettings = { most: 5000, mostOfCaller: 200, keepMs: 60_000 };

/** A client that one request has for itself: whatever its instances ask belongs to that request. */
export interface Lent {
  readonly client: McpClient;
  /** Ends the loan. `false`: nobody is to get this one again. */
  giveBack(reusable: boolean): void;
}

/** A client, and who listens to it now. */
class Kept implements ClientListener {
  client: McpClient | undefined;
  listener: ClientListener | undefined;
  freeSince = 0;

  constructor(
    readonly key: string,
    readonly owner: string,
  ) {}

  notify(method: string, params: string): void {
    this.listener?.notify(method, params);
  }

  ask(ask: Parameters<ClientListener['ask']>[0]): void {
    if (this.listener) this.listener.ask(ask);
    // Nobody is there who could be asked.
    else if (this.client) this.decline(this.client, ask.id);
  }

  unask(askId: string, reason: string): void {
    this.listener?.unask(askId, reason);
  }

  decline: (client: McpClient, askId: string) => void = () => {};
}

/**
 * Clients for requests that stand by themselves and may be asked something on the way. A server's instance that asks does not say for whom:
 * so each has one request at a time, and only requests of the same caller, that offer the same and come from the same program, get it after
 * each other.
 */
export class Lending {
  readonly #clients: McpClients;
  readonly #settings: LendingSettings;
  readonly #free = new Map<string, Kept[]>();
  readonly #counts = new OwnerCounts();
  #lent = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(clients: McpClients, settings: Partial<LendingSettings> = {}) {
    this.#clients = clients;
    this.#settings = { ...defaultLendingSettings, ...settings };
    clients.instances.makeRoom = (server) => this.#makeRoom(server);
  }

  get lent(): number {
    return this.#lent;
  }

  /**
   * @param serverId one that has an instance of this server already is the best
   * @throws DomainError `unavailable` where too many are lent.
   */
  borrow(view: McpView, hello: ClientHello, listener: ClientListener, serverId: string | undefined): Lent {
    const owner = ownerOf(view.caller);
    if (this.#lent >= this.#settings.most || this.#counts.of(owner) >= this.#settings.mostOfCaller)
      throw new DomainError('unavailable', 'Too many requests wait for their clients', { retryAfter: 5 });
    const key = JSON.stringify([owner, view.key, hello]);
    const kept = this.#take(key, serverId) ?? new Kept(key, owner);
    kept.listener = listener;
    kept.decline = (client, askId) => this.#clients.answer(client, askId, DECLINED);
    const client = kept.client ?? this.#clients.open(view, hello, kept);
    kept.client = client;
    client.awaySince = undefined;
    this.#clients.refresh(client, view.caller);
    this.#lent += 1;
    this.#counts.add(owner);
    let over = false;
    const giveBack = (reusable: boolean) => {
      if (over) return;
      over = true;
      this.#giveBack(kept, client, reusable);
    };
    return { client, giveBack };
  }

  close(): void {
    for (const all of this.#free.values()) for (const { client } of all) if (client) this.#clients.close(client);
    this.#free.clear();
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #take(key: string, serverId: string | undefined): Kept | undefined {
    const all = this.#free.get(key) ?? [];
    const has = ({ client }: Kept) =>
      client !== undefined && [...this.#clients.instances.of(client)].some(({ server }) => server.id === serverId);
    const at = all.findIndex(has);
    const [kept] = all.splice(at < 0 ? all.length - 1 : at, 1);
    if (all.length === 0) this.#free.delete(key);
    return kept;
  }

  #giveBack(kept: Kept, client: McpClient, reusable: boolean): void {
    kept.listener = undefined;
    this.#lent -= 1;
    this.#counts.drop(kept.owner);
    const hasInstance = !this.#clients.instances.of(client)[Symbol.iterator]().next().done;
    if (!reusable || !hasInstance) {
      this.#clients.close(client);
      return;
    }
    kept.freeSince = performance.now();
    client.awaySince = kept.freeSince;
    const all = this.#free.get(kept.key);
    if (all) all.push(kept);
    else this.#free.set(kept.key, [kept]);
    this.#sweeper ??= setInterval(() => this.#sweep(), Math.min(5000, this.#settings.keepMs / 2)).unref();
  }

  /** Ends the instance of this server, failing that of its agent, that has been free for the longest time. */
  async #makeRoom({ id, agentId }: ServerRecord): Promise<boolean> {
    const free = [...this.#free.values()].flat().sort((a, b) => a.freeSince - b.freeSince);
    const owned = free.flatMap((kept) =>
      kept.client ? [...this.#clients.instances.of(kept.client)].map((instance) => ({ kept, instance })) : [],
    );
    const found =
      owned.find(({ instance }) => instance.server.id === id) ??
      owned.find(({ instance }) => instance.server.agentId === agentId);
    if (!found) return false;
    await this.#clients.instances.close(found.instance);
    return true;
  }

  #sweep(): void {
    const before = performance.now() - this.#settings.keepMs;
    for (const [key, all] of this.#free) {
      for (const { client, freeSince } of all) if (client && freeSince < before) this.#clients.close(client);
      const left = all.filter(({ freeSince }) => freeSince >= before);
      if (left.length > 0) this.#free.set(key, left);
      else this.#free.delete(key);
    }
    if (this.#free.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

const DECLINED = {
  case: 'error',
  value: Buffer.from('{"code":-32601,"message":"Nobody is there who could be asked"}'),
} as const;
