import type { MessageStream } from './message-stream.js';

const MiB = 1024 ** 2;

/** How much is kept for clients that may come back to it, characters: of all callers, and of one. */
export interface KeptLimits {
  readonly all: number;
  readonly ofCaller: number;
}

/** For finished streams, and as much again for results that have yet to be asked for. */
export const defaultKept: KeptLimits = { all: 256 * MiB, ofCaller: 64 * MiB };

interface Kept {
  readonly owner: string;
  readonly size: number;
  /** Takes it from its session: the client cannot come back to it. */
  readonly forget: () => void;
}

interface Owned {
  size: number;
  readonly streams: Set<MessageStream>;
}

/**
 * The finished streams of all sessions, oldest first. Streams that clients may resume are held in memory, and one caller may have hundreds of
 * sessions: where theirs or everybody's is too much, the oldest are forgotten.
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
