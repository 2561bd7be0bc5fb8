import type { MessageStream } from './message-stream.js';

const MiB = 1024 ** 2;

/** How many characters the hub keeps for clients that may come back: for all callers, and for one. */
export interface KeptLimits {
  readonly all: number;
  readonly ofCaller: number;
}

/** The limits for finished streams. The same limits apply once more to results of held calls. */
export const defaultKept: KeptLimits = { all: 256 * MiB, ofCaller: 64 * MiB };

interface Kept {
  readonly owner: string;
  readonly size: number;
  /** Removes the stream from its session: the client cannot come back to it. */
  readonly forget: () => void;
}

interface Owned {
  size: number;
  readonly streams: Set<MessageStream>;
}

/**
 * The finished streams of all sessions, oldest first. The hub holds them in memory, because clients may resume them, and one caller may have hundreds
 * of sessions. If the streams of one caller or of all callers get too large, the hub forgets the oldest of them.
 */
export class KeptStreams {
  readonly #limits: KeptLimits;
  readonly #kept = new Map<MessageStream, Kept>();
  readonly #owned = new Map<string, Owned>();
  #size = 0;

  constructor(limits: KeptLimits) {
    this.#limits = limits;
  }

  add(owner: string, stream: MessageStream, forget: () => void): void {
    // The client came back to it, and left again.
    if (this.#kept.has(stream)) return;
    const { size } = stream;
    const owned = this.#owned.get(owner) ?? { size: 0, streams: new Set() };
    this.#kept.set(stream, { owner, size, forget });
    this.#owned.set(owner, owned);
    owned.streams.add(stream);
    owned.size += size;
    this.#size += size;
    while (owned.size > this.#limits.ofCaller) this.#forgetFirst(owned.streams);
    while (this.#size > this.#limits.all) this.#forgetFirst(this.#kept.keys());
  }

  delete(stream: MessageStream): void {
    const kept = this.#kept.get(stream);
    const owned = kept && this.#owned.get(kept.owner);
    if (!owned) return;
    this.#kept.delete(stream);
    owned.streams.delete(stream);
    owned.size -= kept.size;
    this.#size -= kept.size;
    if (owned.streams.size === 0) this.#owned.delete(kept.owner);
  }

  #forgetFirst(streams: Iterable<MessageStream>): void {
    for (const stream of streams) {
      const forget = this.#kept.get(stream)?.forget;
      this.delete(stream);
      forget?.();
      return;
    }
  }
}
