import { pageBound, toolsBound } from '@roundhouse/proto/bounds';
import { elementTexts, memberText } from '@roundhouse/proto/json';
import { capabilityOf } from '@roundhouse/proto/unsolicited';
import { payerOf } from '../../access/caller.js';
import { askForJson, readableText } from '../../agents/answer.js';
import type { AskAnswer, ServerAsk } from '../../agents/contract.js';
import type { Fleet, Operation } from '../../agents/fleet.js';
import { DomainError } from '../../errors.js';
import { newId } from '../../ids.js';
import type { RightsNow } from '../../people/creators.js';
import type { ObservedServers, ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import type { ServerRegistry } from '../../servers/registry.js';
import type { McpClient } from './client.js';

/** How long a server may take to start, milliseconds. */
const OPEN_MS = 90_000;
const CLOSE_MS = 45_000;
const TELL_MS = 10_000;
/** How long the hub asks for no further instance of a server whose instances are at their limit, milliseconds. */
const FULL_MS = 10_000;

/** Failures after which a client uses the shared instance: there are too many instances, or the agent has an older version. */
const shared = new Set(['unavailable', 'unimplemented', 'refused']);

/** An instance of a server that belongs to one client. */
export interface PrivateInstance {
  readonly id: string;
  /** Its server as it is registered now; as it was when the instance was opened, if the server is deleted. */
  readonly server: ServerRecord;
  readonly client: McpClient;
  /** Resolves with `true` once the instance has started; with `false` if the client uses the shared instance instead. */
  readonly ready: Promise<boolean>;
  /** The instance has started: its agent reports its end. */
  isOpen: boolean;
  tools: readonly ObservedTool[];
  /** Requests that are under way. */
  busy: number;
  /** The time of its last use, `performance.now()`. */
  usedAt: number;
  /** Whether its client has sent it anything, or is about to. */
  wasUsed: boolean;
}

export interface InstanceParts {
  readonly registry: Pick<ServerRegistry, 'byId'>;
  readonly observed: ObservedServers;
  readonly fleet: () => Fleet;
  readonly mostKept?: typeof MOST_KEPT;
  /** The hub leaves tools of an instance out. */
  readonly onLeftOut?: (server: ServerRecord, tools: readonly string[]) => void;
  readonly onError: (error: unknown) => void;
}

const MiB = 1024 * 1024;
/** The most characters of the tools of private instances that the hub keeps: of the clients of one payer (`payerOf`), and of one agent. */
const MOST_KEPT = { ofPayer: 64 * MiB, ofAgent: 128 * MiB };

/** Instances that the clients of one payer (`payerOf`) keep while others need room: of a server, and of an agent. */
const SHARE = { ofServer: 2, ofAgent: 8 };

/**
 * Chooses the instance of an agent that ends to make room for a client: an instance of the client's own payer, or of a payer with more than
 * its share. Only an idle instance whose client is away may end. Instances of this server come first, then the payer's own, then the least
 * recently used.
 * @returns `undefined` if no instance may end
 */
export function dispensable(
  instances: readonly PrivateInstance[],
  { id }: ServerRecord,
  client: McpClient,
): PrivateInstance | undefined {
  const payer = ({ view }: McpClient) => payerOf(view.caller);
  const isOwn = (one: PrivateInstance) => payer(one.client) === payer(client);
  const isBeyondShare = (one: PrivateInstance) => {
    const held = instances.filter((other) => payer(other.client) === payer(one.client));
    const here = held.filter(({ server }) => server.id === one.server.id);
    return held.length > SHARE.ofAgent || here.length > SHARE.ofServer;
  };
  const idle = instances
    .filter((one) => one.busy === 0 && one.client.awaySince !== undefined && (isOwn(one) || isBeyondShare(one)))
    .sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)) || a.usedAt - b.usedAt);
  return idle.find(({ server }) => server.id === id) ?? idle[0];
}

/** All private instances of all clients, as the hub knows them. */
export class PrivateInstances {
  readonly #parts: InstanceParts;
  readonly #byId = new Map<string, PrivateInstance>();
  readonly #ofClient = new Map<McpClient, Map<string, PrivateInstance>>();
  readonly #fullUntil = new Map<string, number>();
  /** The characters of the tools of each instance. */
  readonly #characters = new WeakMap<PrivateInstance, number>();
  /** Instances that are ending. Each holds its place until its agent has ended it. */
  readonly #ending = new Map<PrivateInstance, Promise<void>>();
  /**
   * Called when a server or its agent is at its limit of instances: ends an instance that is not needed. `false`: every instance is needed.
   */
  makeRoom: (server: ServerRecord, client: McpClient) => Promise<boolean> = () => Promise.resolve(false);

  constructor(parts: InstanceParts) {
    this.#parts = parts;
  }

  byId(id: string): PrivateInstance | undefined {
    return this.#byId.get(id);
  }

  of(client: McpClient): Iterable<PrivateInstance> {
    return this.#ofClient.get(client)?.values() ?? [];
  }

  /** Whether a client has an instance of a server. */
  has(client: McpClient, serverId: string): boolean {
    return this.#ofClient.get(client)?.has(serverId) === true;
  }

  /** The instances of a server. */
  ofServer(serverId: string): PrivateInstance[] {
    return [...this.#byId.values()].filter(({ server }) => server.id === serverId);
  }

  /** The instances of the clients of a payer (`payerOf`). */
  ofPayer(payer: string): PrivateInstance[] {
    return [...this.#byId.values()].filter(({ client }) => payerOf(client.view.caller) === payer);
  }

  /** The instances at an agent. */
  at(agentId: string): PrivateInstance[] {
    return [...this.#byId.values()].filter(({ server }) => server.agentId === agentId);
  }

  /**
   * The client's instance of a server. The hub opens it if the client has none. `undefined`: the client uses the shared instance. A client
   * that may call no tool of the server always does.
   * @param use whether the client sends requests to the instance, and does not only list its tools
   * @throws DomainError where the server cannot be started, or its agent is out of reach.
   */
  async get(client: McpClient, server: ServerRecord, use = true): Promise<PrivateInstance | undefined> {
    const own = this.#ofClient.get(client) ?? new Map<string, PrivateInstance>();
    this.#ofClient.set(client, own);
    const known = own.get(server.id);
    if (known) {
      known.wasUsed ||= use;
      return (await known.ready) ? known : undefined;
    }
    const { observed } = this.#parts;
    const tools = [observed.get(server.id), ...this.ofServer(server.id)].flatMap((one) => one.tools);
    if (!client.view.mayCallAny(tools)) return undefined;
    if (this.#isFull(server.id) && !this.#nextPlace(server)) return undefined;
    const instance = this.#open(client, server, use);
    own.set(server.id, instance);
    this.#byId.set(instance.id, instance);
    return (await instance.ready) ? instance : undefined;
  }

  /** Ends an instance. Callers need not wait. Resolves once the instance has ended, or its agent does not answer. */
  async close(instance: PrivateInstance): Promise<void> {
    if (!this.forget(instance.id)) return;
    const { agentId } = instance.server;
    if (!this.#parts.fleet().agent(agentId)) return;
    const told = this.#tell(agentId, { case: 'closePrivate', value: { instanceId: instance.id } }, CLOSE_MS);
    const ended = told.finally(() => this.#ending.delete(instance));
    this.#ending.set(instance, ended);
    await ended;
  }

  closeAll(client: McpClient): void {
    for (const instance of [...this.of(client)]) void this.close(instance);
    this.#ofClient.delete(client);
  }

  /** Removes an instance that has ended already. */
  forget(id: string): PrivateInstance | undefined {
    const instance = this.#byId.get(id);
    if (!instance) return undefined;
    this.#byId.delete(id);
    this.#ofClient.get(instance.client)?.delete(instance.server.id);
    return instance;
  }

  /** Passes a client's notification on. */
  notify({ id, server }: PrivateInstance, method: string, params: string): void {
    const value = { instanceId: id, method, params: Buffer.from(params) };
    void this.#tell(server.agentId, { case: 'mcpNotify', value }, TELL_MS);
  }

  /** Sends a server the client's answer. */
  answer(agentId: string, instanceId: string, askId: string, answer: AskAnswer): void {
    void this.#tell(agentId, { case: 'answerAsk', value: { instanceId, askId, answer } }, TELL_MS);
  }

  #isFull(serverId: string): boolean {
    const until = this.#fullUntil.get(serverId);
    if (until === undefined || performance.now() < until) return until !== undefined;
    this.#fullUntil.delete(serverId);
    return false;
  }

  /** Resolves when an ending instance gives up a place that this server can take; `undefined` if no such instance is ending. */
  #nextPlace({ id, agentId }: ServerRecord): Promise<void> | undefined {
    const ending = [...this.#ending].filter(([{ server }]) => server.agentId === agentId);
    // Either the agent or the server may be full.
    const [, ended] = ending.find(([{ server }]) => server.id === id) ?? ending[0] ?? [];
    return ended;
  }

  #open(client: McpClient, server: ServerRecord, wasUsed: boolean): PrivateInstance {
    const id = newId();
    const { capabilities, info } = client.hello;
    const value = {
      serverId: server.id,
      instanceId: id,
      capabilities: Buffer.from(JSON.stringify(capabilities)),
      clientInfo: Buffer.from(JSON.stringify(info)),
    };
    const ask = () =>
      askForJson(
        this.#parts.fleet(),
        server.agentId,
        { case: 'openPrivate', value },
        { kind: 'idempotent', timeoutMs: OPEN_MS },
      );
    /** @param mayEnd whether another instance may end to make room */
    const open = async (mayEnd: boolean): Promise<Uint8Array> => {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof DomainError && error.code === 'unavailable')) throw error;
        const place = this.#nextPlace(server);
        if (place) await place;
        else if (!mayEnd || !(await this.makeRoom(server, client))) throw error;
        // The client may have left meanwhile. The instance would then stay for ever.
        if (this.#byId.get(id) !== instance) throw error;
        // If another client has taken the place, this client waits for the next one. It does not end a second instance.
        return open(mayEnd && place !== undefined);
      }
    };
    const ready = open(true).then(
      async (answer) => {
        await this.keepTools(instance, await definitionsOf(answer));
        // Its client may have gone meanwhile.
        instance.isOpen = this.#byId.get(id) === instance;
        return instance.isOpen;
      },
      (error: unknown) => {
        this.forget(id);
        if (!(error instanceof DomainError && shared.has(error.code))) throw error;
        this.#fullUntil.set(server.id, performance.now() + FULL_MS);
        return false;
      },
    );
    // Callers that wait get the error. Without a caller it must not count as an unhandled rejection.
    ready.catch(() => {});
    const usedAt = performance.now();
    const { registry } = this.#parts;
    const instance: PrivateInstance = {
      id,
      get server() {
        return registry.byId(server.id) ?? server;
      },
      client,
      ready,
      isOpen: false,
      tools: [],
      busy: 0,
      usedAt,
      wasUsed,
    };
    return instance;
  }

  /** Reads the definitions of the tools of an instance, and keeps the tools as far as its payer and its agent have room for them. */
  async keepTools(instance: PrivateInstance, definitions: readonly string[]): Promise<void> {
    const { server, client } = instance;
    const { observed, onLeftOut, mostKept = MOST_KEPT } = this.#parts;
    const read = await observed.readTools(server.id, definitions.slice(0, toolsBound.tools));
    const ofPayer = mostKept.ofPayer - this.#charactersOf(this.ofPayer(payerOf(client.view.caller)), instance);
    const room = Math.min(ofPayer, mostKept.ofAgent - this.#charactersOf(this.at(server.agentId), instance));
    let characters = 0;
    const kept = read.filter((tool) => {
      const more = tool.definition.length + tool.inputSchema.length + tool.description.length;
      if (characters + more > room) return false;
      characters += more;
      return true;
    });
    this.#characters.set(instance, characters);
    // A tool that the shared instance has, too, is kept once.
    const shared = new Map(observed.get(server.id).tools.map((tool) => [tool.name, tool]));
    instance.tools = kept.map((tool) => {
      const same = shared.get(tool.name);
      return same?.digest === tool.digest ? same : tool;
    });
    if (kept.length === read.length) return;
    const isKept = new Set(kept);
    onLeftOut?.(
      server,
      read.filter((tool) => !isKept.has(tool)).map(({ name }) => name),
    );
  }

  /** @param except the instance whose tools are replaced */
  #charactersOf(instances: readonly PrivateInstance[], except: PrivateInstance): number {
    return instances.reduce((sum, one) => sum + (one === except ? 0 : (this.#characters.get(one) ?? 0)), 0);
  }

  async #tell(agentId: string, operation: Operation, timeoutMs: number): Promise<void> {
    await this.#parts
      .fleet()
      .execute(agentId, operation, { kind: 'idempotent', timeoutMs })
      .catch((error: unknown) => {
        // An agent that is gone needs no message. When it returns, it gets the list of wanted instances.
        if (!(error instanceof DomainError)) this.#parts.onError(error);
      });
  }
}

/** The definitions of the tools in an agent's answer. @throws DomainError `upstream_failed` for an answer of too many values */
async function definitionsOf(answer: Uint8Array): Promise<string[]> {
  const array = memberText(await readableText(answer, pageBound.values), 'tools') ?? '[]';
  return [...elementTexts(array)];
}

/** How long a client and its user may take to answer, milliseconds. */
const THINK_MS = 15 * 60_000;
/** Asks of one instance that are open at once. */
const MAX_OPEN = 64;
/** How long a client that is away may take to come back, milliseconds. */
const AWAY_MS = 15_000;

interface OpenAsk {
  readonly instance: PrivateInstance;
  readonly askId: string;
  readonly until: number;
}

/** Questions of servers to clients, until they are answered. Only the client whose instance asks can answer. */
export class Asks {
  readonly #instances: PrivateInstances;
  readonly #rightsNow: RightsNow;
  readonly #open = new Map<string, OpenAsk>();
  /** The ids of the open questions of each instance. */
  readonly #ofInstance = new Map<PrivateInstance, Set<string>>();

  constructor(instances: PrivateInstances, rightsNow: RightsNow) {
    this.#instances = instances;
    this.#rightsNow = rightsNow;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Hands a server's request to the client whose instance it is. */
  take(agentId: string, { instanceId, askId, method, params }: ServerAsk): void {
    const instance = this.#instances.byId(instanceId);
    if (!instance || instance.server.agentId !== agentId || !this.#mayAnswer(instance)) {
      this.#fail(agentId, instanceId, askId, -32001, 'The client is gone');
    } else if (!isOffered(instance.client, method)) {
      // An honest agent does not ask: it refuses the request of its server.
      this.#fail(agentId, instanceId, askId, -32601, 'The client has not offered to answer such requests');
    } else if ((this.#ofInstance.get(instance)?.size ?? 0) >= MAX_OPEN) {
      this.#fail(agentId, instanceId, askId, -32000, 'Too many requests are open');
    } else {
      const { client, server } = instance;
      const id = idOf(instanceId, askId);
      this.#open.set(id, { instance, askId, until: performance.now() + THINK_MS });
      const ofInstance = this.#ofInstance.get(instance) ?? new Set();
      this.#ofInstance.set(instance, ofInstance.add(id));
      client.listener.ask({ id, server, method, params: Buffer.from(params).toString() });
    }
  }

  /** Takes a client's answer. The hub ignores it if the ask is closed or belongs to another client. */
  answer(client: McpClient, id: string, answer: AskAnswer): void {
    const ask = this.#open.get(id);
    if (ask?.instance.client !== client) return;
    this.#close(id);
    const { instance, askId } = ask;
    const { agentId } = instance.server;
    if (!this.#mayAnswer(instance)) {
      this.#fail(agentId, instance.id, askId, -32001, 'The client may not answer any more');
      return;
    }
    instance.usedAt = performance.now();
    this.#instances.answer(agentId, instance.id, askId, answer);
  }

  /** An answer goes on with a tool call: it takes the right to call tools of the server, at that moment. */
  #mayAnswer({ client: { view }, server }: PrivateInstance): boolean {
    try {
      const now = view.of(this.#rightsNow(view.caller));
      return now.invokes && now.covers(server);
    } catch (error) {
      if (error instanceof DomainError) return false;
      throw error;
    }
  }

  /** The server has given up a question. */
  cancel(instance: PrivateInstance, askId: string, reason: string): void {
    const id = idOf(instance.id, askId);
    if (this.#close(id)) instance.client.listener.unask(id, reason);
  }

  /** An instance has ended, and its requests to the client end with it. */
  drop(instance: PrivateInstance): void {
    for (const id of this.#ofInstance.get(instance) ?? [])
      if (this.#close(id)) instance.client.listener.unask(id, 'The server ended');
  }

  /** Answers in place of clients that are away or too slow. */
  sweep(now: number, awayMs: number): void {
    for (const [id, { instance, askId, until }] of this.#open) {
      const { client, server } = instance;
      const away = client.awaySince !== undefined && now - client.awaySince >= Math.min(awayMs, AWAY_MS);
      if (!away && now < until) continue;
      this.#close(id);
      const reason = away ? 'The client went away' : 'The client did not answer in time';
      this.#fail(server.agentId, instance.id, askId, -32001, reason);
      client.listener.unask(id, reason);
    }
  }

  /** @returns whether the question was open */
  #close(id: string): boolean {
    const ask = this.#open.get(id);
    if (!ask) return false;
    this.#open.delete(id);
    const ofInstance = this.#ofInstance.get(ask.instance);
    ofInstance?.delete(id);
    if (ofInstance?.size === 0) this.#ofInstance.delete(ask.instance);
    return true;
  }

  #fail(agentId: string, instanceId: string, askId: string, code: number, message: string): void {
    const value = Buffer.from(JSON.stringify({ code, message }));
    this.#instances.answer(agentId, instanceId, askId, { case: 'error', value });
  }
}

/** Whether a client has offered to answer requests of this method. */
function isOffered({ hello }: McpClient, method: string): boolean {
  const capability = capabilityOf.get(method);
  return capability !== undefined && Object.hasOwn(hello.capabilities, capability);
}

function idOf(instanceId: string, askId: string): string {
  return `${instanceId} ${askId}`;
}
