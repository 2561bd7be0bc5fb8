import type { MessageStream } from './message-stream.js';

const MiB = 1024 ** 2;

/** How many characters the hub keeps for clients that may come back: for all callers, and for one. A character takes two bytes at most. */
export interface KeptLimits {
  readonly all: number;
  readonly ofCaller: number;
}

/** The limits for streams. The same limits apply once more to results of held calls. */
export const defaultKept: KeptLimits = { all: 128 * MiB, ofCaller: 32 * MiB };

interface Kept {
  readonly owner: string;
  readonly size: number;
  /** Drops the messages of the stream. */
  readonly drop: () => void;
}

interface Owned {
  size: number;
  readonly streams: Set<MessageStream>;
}

/**
 * The streams of all sessions that keep messages, the stream with the newest message last. The hub holds the messages in memory, because clients may
 * come back to them, and one caller may have hundreds of sessions. If the streams of one caller or of all callers get too large, the hub drops the
 * messages of the first of them.
 */
export class KeptStreams {
  readonly #limits: KeptLimits;
  readonly #kept = new Map<MessageStream, Kept>();
  readonly #owned = new Map<string, Owned>();
  #size = 0;

  constructor(limits: KeptLimits) {
    this.#limits = limits;
  }

  /** States how much a stream keeps. */
  set(owner: string, stream: MessageStream, size: number, drop: () => void): void {
    if (this.#kept.get(stream)?.size === size) return;
    this.delete(stream);
    if (size === 0) return;
    const owned = this.#owned.get(owner) ?? { size: 0, streams: new Set() };
    this.#kept.set(stream, { owner, size, drop });
    this.#owned.set(owner, owned);
    owned.streams.add(stream);
    owned.size += size;
    this.#size += size;
    while (owned.size > this.#limits.ofCaller) this.#dropFirst(owned.streams);
    while (this.#size > this.#limits.all) this.#dropFirst(this.#kept.keys());
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

  #dropFirst(streams: Iterable<MessageStream>): void {
    for (const stream of streams) {
      const drop = this.#kept.get(stream)?.drop;
      this.delete(stream);
      drop?.();
      return;
    }
  }
}
