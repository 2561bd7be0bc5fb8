import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { isoTime } from '../moments.js';
import { type JournalEvent, put, replace, type Store, type Write } from '../store.js';
import {
  type Delivery,
  deliveries,
  type OutboxCursor,
  outboxCursors,
  type Webhook,
  type WebhookOwners,
  type WebhookRegistry,
} from './record.js';

/** Events turned into deliveries at once. */
const PORTION = 256;
/** Events that come within this time after a portion go into the next one: a commit per event would cost too much. */
const GATHER_MS = 20;
/** How soon it is tried again when the store would not take it. */
const RETRY_MS = 1000;
/** How far the cursor may run ahead of the one on disk where there was nothing to deliver. */
const UNSAVED = 10_000;

const CURSOR = 'outbox';

/** Whether there is room for one more delivery; where not, it is given up and counted. */
export type TakeDelivery = (webhook: Webhook) => boolean;

export interface OutboxParts {
  readonly store: Store;
  readonly webhooks: WebhookRegistry;
  readonly owners: WebhookOwners;
  readonly take: TakeDelivery;
  readonly onError: (error: unknown) => void;
}

/**
 * Turns the journal into deliveries. A durable cursor says how far: it moves in the same change that keeps the deliveries, so an event that is
 * in the journal gets its deliveries, whatever happens to the hub, and gets them once.
 */
export class Outbox {
  readonly #store: Store;
  readonly #webhooks: WebhookRegistry;
  readonly #owners: WebhookOwners;
  readonly #take: TakeDelivery;
  readonly #onError: (error: unknown) => void;
  #seq: number;
  /** The cursor on disk. */
  #saved: OutboxCursor | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;
  #closed = false;

  constructor({ store, webhooks, owners, take, onError }: OutboxParts) {
    this.#store = store;
    this.#webhooks = webhooks;
    this.#owners = owners;
    this.#take = take;
    this.#onError = onError;
    const cursor = store.get(outboxCursors, CURSOR);
    // A store restored from a backup may have fewer events than the cursor knew.
    this.#saved = cursor && { ...cursor, seq: Math.min(cursor.seq, store.latestSeq) };
    this.#seq = this.#savedSeq;
  }

  /** Every event up to this `seq` has its deliveries, or needs none. */
  get seq(): number {
    return this.#seq;
  }

  start(): void {
    this.#stop ??= this.#store.act(({ events }) => this.#follow(events));
    this.#wake(0);
  }

  /** Resolves once nothing runs any more, and the cursor is saved. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop?.();
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#seq > this.#savedSeq) await this.#save(this.#seq, []).catch(this.#onError);
  }

  /** No webhook listens to most events: the outbox passes over them without a look into the journal. */
  #follow(events: readonly JournalEvent[]): void {
    const [first] = events;
    const last = events.at(-1);
    if (!first || !last || this.#running || this.#timer) return;
    const isNext = first.seq === this.#seq + 1;
    if (isNext && !events.some(({ type }) => this.#webhooks.listensTo(type))) this.#seq = last.seq;
    if (this.#seq < last.seq || this.#seq - this.#savedSeq >= UNSAVED) this.#wake(0);
  }

  #wake(delayMs: number): void {
    if (this.#running || this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#run();
    }, delayMs);
  }

  async #run(): Promise<void> {
    let pause = GATHER_MS;
    try {
      await this.#portion();
    } catch (error) {
      // The same events are tried again.
      this.#onError(error);
      pause = RETRY_MS;
      this.#catchUp();
    }
    this.#running = undefined;
    if (this.#seq < this.#store.latestSeq) this.#wake(pause);
  }

  async #portion(): Promise<void> {
    const events = this.#store.events(this.#seq, PORTION);
    const last = events.at(-1);
    if (!last) return this.#skip(Math.max(this.#seq, this.#store.latestSeq));
    const writes: Write[] = [];
    const webhooks = [...this.#webhooks.all()].filter(
      (webhook) => webhook.enabled && this.#owners.problem(webhook) === undefined,
    );
    for (const event of events) {
      if (!this.#webhooks.listensTo(event.type)) continue;
      for (const webhook of webhooks) {
        // The cursor, which goes into the same change, sees to it that no other writer makes the delivery.
        if (this.#wants(webhook, event) && this.#take(webhook))
          writes.push(put(deliveries, deliveryOf(webhook, event), 'any'));
      }
    }
    if (writes.length === 0) return this.#skip(last.seq);
    await this.#save(last.seq, writes);
    this.#seq = last.seq;
  }

  /** Passes over events that no webhook waits for: the disk need not know at once. */
  async #skip(seq: number): Promise<void> {
    this.#seq = seq;
    if (seq - this.#savedSeq >= UNSAVED) await this.#save(seq, []);
  }

  /** Moves the cursor on disk, unless another writer has moved it since: the deliveries of these events are then made already. */
  async #save(seq: number, made: readonly Write[]): Promise<void> {
    const { writes } = await this.#store.apply({
      by: null,
      writes: [...made, replace(outboxCursors, this.#saved, { id: CURSOR, seq })],
    });
    this.#saved = writes.at(-1)?.value as OutboxCursor;
  }

  /** Takes over the cursor of another writer, which has made the deliveries up to there. */
  #catchUp(): void {
    const cursor = this.#store.get(outboxCursors, CURSOR);
    if (!cursor || cursor.revision === this.#saved?.revision) return;
    this.#saved = cursor;
    this.#seq = Math.max(this.#seq, cursor.seq);
  }

  get #savedSeq(): number {
    return this.#saved?.seq ?? 0;
  }

  #wants(webhook: Webhook, event: JournalEvent): boolean {
    const { events, sinceSeq } = webhook;
    if (event.seq <= sinceSeq || !(events as readonly string[]).includes(event.type)) return false;
    return this.#owners.mayHear(webhook, event);
  }
}

function deliveryOf({ id: webhookId }: Webhook, event: JournalEvent): Delivery {
  const { type, time, data, serverId } = event;
  return {
    id: deliveryId(webhookId, event),
    webhookId,
    eventType: type,
    ...(serverId === undefined ? {} : { serverId }),
    status: 'pending',
    body: JSON.stringify({ type, timestamp: isoTime(time), data }),
    attempts: [],
    nextAttemptAt: time,
    createdAt: time,
    finishedAt: null,
    test: false,
  };
}

/** The same for the same event and webhook; in order of time, as all ids are. */
function deliveryId(webhookId: string, { seq, time }: JournalEvent): string {
  const random = createHash('sha256').update(`${webhookId} ${seq} ${time}`).digest().subarray(0, 16);
  return v7({ msecs: time, random, seq: seq % 2 ** 32 });
}
