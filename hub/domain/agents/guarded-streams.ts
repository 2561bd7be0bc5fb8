import type { Caller } from '../access/caller.js';
import type { Identity } from '../people/identity.js';
import type { Collection, Store } from '../store.js';
import type { ByteStream } from './fleet.js';

/** How often the checks run again, milliseconds: credentials expire, and agents move, without a change in the store. */
const BEAT_MS = 5000;

/** Whether a caller may still read a stream. @throws DomainError if not. */
type Check = (caller: Caller) => void;

/** The streams of agents that callers read. A stream ends as soon as its caller may not read it any more. */
export class GuardedStreams {
  readonly #identity: Pick<Identity, 'recheck'>;
  readonly #looks = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** @param deciding collections whose changes may take the right to read from a caller */
  constructor(
    store: Pick<Store, 'observe'>,
    identity: Pick<Identity, 'recheck'>,
    deciding: readonly Pick<Collection<never>, 'name'>[],
  ) {
    this.#identity = identity;
    store.observe(() => this.look(), ...deciding);
  }

  /**
   * A stream with the domain's check of its caller. The check runs when the reader begins, after changes of rights, and every few seconds. The
   * reader gets the error of the check.
   * @param caller `null` is the hub itself, which may read everything
   */
  guard(stream: ByteStream, caller: Caller | null, check: Check): ByteStream {
    if (!caller) return stream;
    return {
      [Symbol.asyncIterator]: () => this.#read(stream, caller, check),
      cancel: (reason) => stream.cancel(reason),
    };
  }

  async *#read(stream: ByteStream, caller: Caller, check: Check): AsyncGenerator<Uint8Array> {
    const refused = new AbortController();
    const look = () => {
      try {
        check(this.#identity.recheck(caller));
      } catch (error) {
        refused.abort(error);
        stream.cancel('the caller may not read it any more');
      }
    };
    this.#looks.add(look);
    this.#timer ??= setInterval(() => this.look(), BEAT_MS).unref();
    try {
      look();
      refused.signal.throwIfAborted();
      for await (const chunk of stream) {
        refused.signal.throwIfAborted();
        yield chunk;
      }
      refused.signal.throwIfAborted();
    } catch (error) {
      throw refused.signal.aborted ? refused.signal.reason : error;
    } finally {
      this.#looks.delete(look);
      if (this.#looks.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  /** Runs the checks of all streams that are open. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }
}
