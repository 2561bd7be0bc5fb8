import type { Caller } from '../domain/access/caller.js';
import { DomainError } from '../domain/errors.js';
import type { Exchange } from './exchange.js';
import type { SseChannel } from './sse.js';

/** How often the hub writes to each channel. The socket layer closes a connection that is silent for 10 s. */
export const HEARTBEAT_MS = 5000;
/** The channels are spread over this number of moments of that time. */
const SLOTS = 50;

/** Verifies a caller once more. @throws DomainError if the caller has lost the right to listen. */
export type Recheck = (x: Exchange, caller: Caller) => Caller;

/** All open event streams, and the one timer that keeps them alive, a few at a time. */
export class SseChannels {
  readonly recheck: Recheck;
  readonly #most: number;
  readonly #stallMs: number;
  readonly #slots: readonly Set<SseChannel>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #slotOf = new Map<SseChannel, number>();
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { readonly most: number; readonly stallMs: number; readonly recheck: Recheck }) {
    this.recheck = options.recheck;
    this.#most = options.most;
    this.#stallMs = options.stallMs;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  /** @throws DomainError `unavailable` where there are as many as there may be. */
  checkRoom(): void {
    if (this.size >= this.#most)
      throw new DomainError('unavailable', 'Too many event streams are open', { retryAfter: 5 });
  }

  add(channel: SseChannel): void {
    // The slot that was served last: its next turn is a whole round away, and channels that come together are spread.
    const slot = (this.#next + SLOTS - 1 - (this.size % SLOTS)) % SLOTS;
    this.#slots[slot]?.add(channel);
    this.#slotOf.set(channel, slot);
    this.#timer ??= setInterval(() => this.#beat(), HEARTBEAT_MS / SLOTS).unref();
  }

  delete(channel: SseChannel): void {
    const slot = this.#slotOf.get(channel);
    if (slot === undefined) return;
    this.#slotOf.delete(channel);
    this.#slots[slot]?.delete(channel);
    if (this.size === 0) this.close();
  }

  /** Verifies the callers again that the change concerns. */
  recheckThose(concerns: (caller: Caller) => boolean): void {
    for (const channel of [...this.#slotOf.keys()]) if (concerns(channel.caller)) channel.recheck();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    const now = performance.now();
    const slot = this.#slots[this.#next];
    this.#next = (this.#next + 1) % SLOTS;
    for (const channel of slot ?? []) channel.beat(now, this.#stallMs);
  }
}
