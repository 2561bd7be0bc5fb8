import type { AskAnswer, ServerAsk } from '../../agents/contract.js';
import type { McpClient } from './client.js';
import type { PrivateInstance, PrivateInstances } from './instances.js';

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
  readonly #open = new Map<string, OpenAsk>();

  constructor(instances: PrivateInstances) {
    this.#instances = instances;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Hands a server's request to the client whose instance it is. */
  take(agentId: string, { instanceId, askId, method, params }: ServerAsk): void {
    const instance = this.#instances.byId(instanceId);
    const open = [...this.#open.values()].filter((ask) => ask.instance.id === instanceId).length;
    if (!instance || instance.server.agentId !== agentId) {
      this.#fail(agentId, instanceId, askId, -32001, 'The client is gone');
    } else if (open >= MAX_OPEN) {
      this.#fail(agentId, instanceId, askId, -32000, 'Too many requests are open');
    } else {
      const { client, server } = instance;
      const id = idOf(instanceId, askId);
      this.#open.set(id, { instance, askId, until: performance.now() + THINK_MS });
      client.listener.ask({ id, server, method, params: Buffer.from(params).toString() });
    }
  }

  /** Takes a client's answer. The hub ignores it if the ask is closed or belongs to another client. */
  answer(client: McpClient, id: string, answer: AskAnswer): void {
    const ask = this.#open.get(id);
    if (ask?.instance.client !== client) return;
    this.#open.delete(id);
    ask.instance.usedAt = performance.now();
    this.#instances.answer(ask.instance.server.agentId, ask.instance.id, ask.askId, answer);
  }

  /** The server gave one up. */
  cancel(instance: PrivateInstance, askId: string, reason: string): void {
    const id = idOf(instance.id, askId);
    if (this.#open.delete(id)) instance.client.listener.unask(id, reason);
  }

  /** An instance has ended, and its requests to the client end with it. */
  drop(instance: PrivateInstance): void {
    for (const { instance: asking, askId } of [...this.#open.values()])
      if (asking === instance) this.cancel(instance, askId, 'The server ended');
  }

  /** Answers in place of clients that do not. */
  sweep(now: number, awayMs: number): void {
    for (const [id, { instance, askId, until }] of this.#open) {
      const { client, server } = instance;
      const away = client.awaySince !== undefined && now - client.awaySince >= Math.min(awayMs, AWAY_MS);
      if (!away && now < until) continue;
      this.#open.delete(id);
      const reason = away ? 'The client went away' : 'The client did not answer in time';
      this.#fail(server.agentId, instance.id, askId, -32001, reason);
      client.listener.unask(id, reason);
    }
  }

  #fail(agentId: string, instanceId: string, askId: string, code: number, message: string): void {
    const value = Buffer.from(JSON.stringify({ code, message }));
    this.#instances.answer(agentId, instanceId, askId, { case: 'error', value });
  }
}

function idOf(instanceId: string, askId: string): string {
  return `${instanceId} ${askId}`;
}
