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

/** The most events that one commit turns into deliveries. */
const PORTION = 256;
/** Events that come within this time after a portion go into the next one: a commit per event would cost too much. */
const GATHER_MS = 20;
/** The pause before the next try when the store refuses a commit, milliseconds. */
const RETRY_MS = 1000;
/** How far the cursor may run ahead of the one on disk while there is nothing to deliver, events. */
const UNSAVED = 10_000;

const CURSOR = 'outbox';

/** Whether there is room for one more delivery. If not, the function counts the delivery as given up. */
export type TakeDelivery = (webhook: Webhook) => boolean;

export interface OutboxParts {
  readonly store: Store;
  readonly webhooks: WebhookRegistry;
  readonly owners: WebhookOwners;
  readonly take: TakeDelivery;
  readonly onError: (error: unknown) => void;
}

/**
 * Turns the journal into deliveries. A durable cursor says how far: it moves in the same change that stores the deliveries. So each event
 * of the journal gets its deliveries once, even if the hub is killed.
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
    this.#stop ??= this.#store.act(({ events }) => this.#follow(events), 'events');
    this.#wake(0);
  }

  /** Resolves once no work runs any more, and the cursor is saved. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop?.();
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#seq > this.#savedSeq) await this.#save(this.#seq, []).catch(this.#onError);
  }

  /** Follows the events of a change. Most events have no webhook: the outbox skips them without reading the journal. */
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
        // The cursor, which goes into the same change, makes sure that no other writer makes the delivery.
        if (this.#wants(webhook, event) && this.#take(webhook))
          writes.push(put(deliveries, deliveryOf(webhook, event), 'any'));
      }
    }
    if (writes.length === 0) return this.#skip(last.seq);
    await this.#save(last.seq, writes);
    this.#seq = last.seq;
  }

  /** Skips events without a webhook: the cursor on disk may follow later. */
  async #skip(seq: number): Promise<void> {
    this.#seq = seq;
    if (seq - this.#savedSeq >= UNSAVED) await this.#save(seq, []);
  }

  /** Moves the cursor on disk, unless another writer has moved it since: then the deliveries of these events exist already. */
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

/** The same id for the same event and webhook. Like all ids, it sorts by time. */
function deliveryId(webhookId: string, { seq, time }: JournalEvent): string {
  const random = createHash('sha256').update(`${webhookId} ${seq} ${time}`).digest().subarray(0, 16);
  return v7({ msecs: time, random, seq: seq % 2 ** 32 });
}
