import type { Committed, Store } from '../store.js';
import type { DeliverySettings } from './deliverer.js';
import { type Delivery, deliveries } from './record.js';

/** The longest delay that `setTimeout` takes. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1;
/** The pause before the next attempt of a delivery whose outcome the store refused, milliseconds. */
const RETRY_MS = 5000;

/** Makes one attempt. Resolves with whether it succeeded, once the outcome is on disk. */
export type MakeAttempt = (delivery: Delivery) => Promise<boolean>;

/**
 * Decides when each delivery is attempted. The queue is the store's index of due deliveries: memory holds a few objects for each webhook,
 * and deliveries survive a crash. Attempts are bounded for each webhook and for all; webhooks whose receivers fail get at most half of the
 * places together, so the others go on however many receivers hang.
 */
export class DeliveryQueue {
  readonly #store: Store;
  readonly #settings: DeliverySettings;
  readonly #attempt: MakeAttempt;
  readonly #onError: (error: unknown) => void;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that wait for a place, in the order in which they asked. */
  readonly #waiting = new Set<Lane>();
  readonly #running = new Set<Promise<void>>();
  #sick = 0;
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(store: Store, settings: DeliverySettings, attempt: MakeAttempt, onError: (error: unknown) => void) {
    this.#store = store;
    this.#settings = settings;
    this.#attempt = attempt;
    this.#onError = onError;
  }

  /** Begins, with the deliveries that earlier runs of the hub left for these webhooks. */
  start(webhookIds: Iterable<string>): void {
    this.#stop ??= this.#store.act((committed) => this.#follow(committed), deliveries);
    for (const id of webhookIds) {
      const lane = this.#lane(id);
      lane.pending = this.#store.count(deliveries, { index: 'due', equals: [id] });
      this.#pump(lane);
    }
  }

  /** The deliveries of a webhook that wait or are under way. */
  pending(webhookId: string): number {
    return this.#lanes.get(webhookId)?.pending ?? 0;
  }

  /** Checks the waiting deliveries of a changed webhook again. */
  wake(webhookId: string): void {
    const lane = this.#lanes.get(webhookId);
    if (lane) this.#pump(lane);
  }

  /** Removes a deleted webhook. */
  forget(webhookId: string): void {
    const lane = this.#lanes.get(webhookId);
    if (!lane) return;
    clearTimeout(lane.timer);
    this.#waiting.delete(lane);
    this.#lanes.delete(webhookId);
  }

  /** Starts no further attempts. Resolves once none is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop?.();
    for (const { timer } of this.#lanes.values()) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #lane(webhookId: string): Lane {
    let lane = this.#lanes.get(webhookId);
    if (!lane) {
      lane = new Lane(webhookId, this.#settings.perWebhook);
      this.#lanes.set(webhookId, lane);
    }
    return lane;
  }

  #follow({ writes }: Committed): void {
    const touched = new Set<Lane>();
    for (const { collection, value } of writes) {
      if (collection !== deliveries.name || !value) continue;
      const { webhookId, status, attempts, test } = value as Delivery;
      if (test) continue;
      const isNew = status === 'pending' && attempts.length === 0;
      if (isNew) {
        const lane = this.#lane(webhookId);
        lane.pending += 1;
        touched.add(lane);
      } else if (status !== 'pending') {
        const lane = this.#lanes.get(webhookId);
        if (lane) lane.pending -= 1;
      }
    }
    for (const lane of touched) this.#pump(lane);
  }

  /** Starts due deliveries while there is room, and arms the timer for later ones. */
  #pump(lane: Lane): void {
    if (this.#closed || this.#lanes.get(lane.webhookId) !== lane) return;
    clearTimeout(lane.timer);
    lane.timer = undefined;
    const { webhookId, inFlight } = lane;
    if (lane.room <= 0) return;
    // Deliveries under way are due, too, and come first.
    const range = { index: 'due', equals: [webhookId], limit: inFlight.size + lane.room + 1 };
    let soonest = MOST_TIMEOUT_MS;
    for (const delivery of this.#store.list(deliveries, range)) {
      if (inFlight.has(delivery.id)) continue;
      if (lane.room <= 0) return;
      const wait = waitOf(delivery, Date.now());
      if (wait > 0) {
        soonest = Math.min(soonest, wait);
        continue;
      }
      if (!this.#hasPlace(lane)) {
        this.#waiting.add(lane);
        return;
      }
      this.#start(lane, delivery);
    }
    if (soonest < MOST_TIMEOUT_MS) lane.timer = setTimeout(() => this.#pump(lane), soonest);
  }

  #hasPlace(lane: Lane): boolean {
    const { overall } = this.#settings;
    if (this.#running.size >= overall) return false;
    return !lane.isSick || this.#sick < Math.max(1, overall / 2);
  }

  #start(lane: Lane, delivery: Delivery): void {
    const { isSick } = lane;
    lane.inFlight.add(delivery.id);
    if (isSick) this.#sick += 1;
    const running = this.#run(lane, delivery).finally(() => {
      if (isSick) this.#sick -= 1;
      this.#running.delete(running);
      // Waiting webhooks come first: a webhook with many deliveries must not keep its place for ever.
      this.#next();
      this.#pump(lane);
    });
    this.#running.add(running);
  }

  async #run(lane: Lane, delivery: Delivery): Promise<void> {
    try {
      lane.note(await this.#attempt(delivery));
      lane.inFlight.delete(delivery.id);
    } catch (error) {
      // Its outcome is not on disk, so it is still due.
      this.#onError(error);
      setTimeout(() => {
        lane.inFlight.delete(delivery.id);
        this.#pump(lane);
      }, RETRY_MS).unref();
    }
  }

  /** A place has become free: waiting webhooks get their turn. */
  #next(): void {
    for (const lane of [...this.#waiting]) {
      if (this.#running.size >= this.#settings.overall) return;
      if (!this.#hasPlace(lane)) continue;
      this.#waiting.delete(lane);
      this.#pump(lane);
    }
  }
}

/** How long a delivery waits; 0 if the clock was set back since its time was computed. */
function waitOf({ attempts, createdAt, nextAttemptAt }: Delivery, now: number): number {
  const since = attempts.at(-1)?.at ?? createdAt;
  return since > now ? 0 : nextAttemptAt - now;
}

/** After this many failed attempts in a row a webhook gets one attempt at a time: so it takes less of the shared limit. */
const SICK_AFTER = 3;

/** The running and waiting deliveries of one webhook. */
class Lane {
  readonly inFlight = new Set<string>();
  /** Waiting or under way. */
  pending = 0;
  timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(
    readonly webhookId: string,
    readonly perWebhook: number,
  ) {}

  get isSick(): boolean {
    return this.#failures >= SICK_AFTER;
  }

  /** The number of attempts that may start now. */
  get room(): number {
    return (this.isSick ? 1 : this.perWebhook) - this.inFlight.size;
  }

  note(success: boolean): void {
    this.#failures = success ? 0 : this.#failures + 1;
  }
}
