import { backoff } from '../../../../backoff.js';
import type { McpLimits } from '../../limits.js';

/** How long a server may take to begin a stream, milliseconds. */
const ACCEPT_MS = 5000;
/** Changes within this time go into one request, milliseconds. */
const GATHER_MS = 10;

export interface ListeningEvents {
  /** Opens a stream (`subscriptions/listen`); returns the id of its request. @param notifications JSON text */
  open(notifications: string): number;
  /** Ends a stream. */
  end(id: number): void;
}

/** A call of `resources/subscribe` that waits for its answer. */
interface Waiter {
  readonly uri: string;
  readonly done: (agreed: boolean) => void;
}

interface Stream {
  readonly id: number;
  readonly uris: ReadonlySet<string>;
  readonly waiters: readonly Waiter[];
  readonly timer: NodeJS.Timeout;
}

const lists = [
  ['tools', 'toolsListChanged'],
  ['prompts', 'promptsListChanged'],
  ['resources', 'resourcesListChanged'],
] as const;

/**
 * One stream for all notifications of a server of 2026-07-28. When the wanted notifications change, the agent opens a new stream. The old
 * one goes on until the new one has begun.
 */
export class Listening {
  readonly #events: ListeningEvents;
  readonly #limits: Pick<McpLimits, 'backoffFirstMs' | 'backoffMaxMs'>;
  readonly #uris = new Set<string>();
  #flags: Readonly<Record<string, true>> = {};
  #waiters: Waiter[] = [];
  #current: Stream | undefined;
  #opening: Stream | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** The wanted notifications have changed since the last request. */
  #changed = false;
  #closed = false;

  constructor(events: ListeningEvents, limits: Pick<McpLimits, 'backoffFirstMs' | 'backoffMaxMs'>) {
    this.#events = events;
    this.#limits = limits;
  }

  /** Listens for changes of the lists that the server announces. */
  begin(capabilities: Readonly<Record<string, unknown>>): void {
    const announced = lists.filter(([name]) => (capabilities[name] as { listChanged?: unknown })?.listChanged === true);
    this.#flags = Object.fromEntries(announced.map(([, flag]) => [flag, true]));
    this.#look(0);
  }

  /** @param done called with whether the server has agreed */
  subscribe(uri: string, done: (agreed: boolean) => void): void {
    this.#uris.add(uri);
    this.#waiters.push({ uri, done });
    this.#look(GATHER_MS);
  }

  unsubscribe(uri: string): void {
    if (this.#uris.delete(uri)) this.#look(GATHER_MS);
  }

  /** The server has begun a stream. @param agreed the resources whose updates it sends */
  acknowledged(id: unknown, agreed: readonly unknown[]): void {
    const opening = this.#opening;
    if (opening === undefined || opening.id !== Number(id)) return;
    this.#opening = undefined;
    clearTimeout(opening.timer);
    this.#failures = 0;
    const before = this.#current;
    this.#current = opening;
    if (before !== undefined) this.#events.end(before.id);
    for (const { uri, done } of opening.waiters) done(agreed.includes(uri));
    for (const uri of opening.uris) if (!agreed.includes(uri)) this.#uris.delete(uri);
    if (this.#changed) this.#look(GATHER_MS);
  }

  /** Whether notifications of this stream count. */
  hears(id: unknown): boolean {
    return this.#current?.id === Number(id);
  }

  /** A stream has ended. The agent asks again after a pause. @param unknown the server has no such streams */
  ended(id: number, unknown = false): void {
    if (this.#opening?.id === id) {
      clearTimeout(this.#opening.timer);
      this.#refuse(this.#opening.waiters);
      this.#opening = undefined;
    } else if (this.#current?.id === id) this.#current = undefined;
    else return;
    if (unknown) {
      this.#flags = {};
      this.#uris.clear();
      this.#refuse(this.#waiters.splice(0));
      return;
    }
    this.#failures += 1;
    this.#look(backoff(this.#failures, this.#limits.backoffFirstMs, this.#limits.backoffMaxMs));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#opening?.timer);
  }

  /** The server has not begun a stream: subscriptions that wait for it are refused, and not requested again. */
  #late(id: number): void {
    for (const { uri } of this.#opening?.waiters ?? []) this.#uris.delete(uri);
    this.#events.end(id);
    this.ended(id);
  }

  #refuse(waiters: readonly Waiter[]): void {
    for (const { done } of waiters) done(false);
  }

  #look(afterMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), afterMs).unref();
  }

  #open(): void {
    if (this.#opening !== undefined) {
      // Opened once the present request has begun its stream, or has failed.
      this.#changed = true;
      return;
    }
    this.#changed = false;
    const uris = [...this.#uris];
    const waiters = this.#waiters.splice(0);
    if (uris.length === 0 && Object.keys(this.#flags).length === 0) {
      const before = this.#current;
      this.#current = undefined;
      if (before !== undefined) this.#events.end(before.id);
      // The clients have unsubscribed meanwhile.
      this.#refuse(waiters);
      return;
    }
    const filter = { ...this.#flags, ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}) };
    const id = this.#events.open(JSON.stringify(filter));
    const timer = setTimeout(() => this.#late(id), ACCEPT_MS).unref();
    this.#opening = { id, uris: new Set(uris), waiters, timer };
  }
}
