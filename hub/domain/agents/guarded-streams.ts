import type { Caller } from '../access/caller.js';
import { type Cancellation, CancelSource } from '../cancellation.js';
import { DomainError, ofUnknownOutcome } from '../errors.js';
import type { RightsNow } from '../people/creators.js';
import type { Collection, Store } from '../store.js';
import type { ByteStream } from './fleet.js';

/** How often the checks run again, milliseconds: credentials expire, and agents move, without a change in the store. */
const BEAT_MS = 5000;

/** Whether a caller may still read a stream, or have the answer to its request. @throws DomainError if not. */
type Check = (caller: Caller) => void;

/** The rights that a caller has now: for a stream, and for work that may go on after the caller's access token has expired. */
interface Rights {
  readonly now: RightsNow;
  readonly whileRunning: RightsNow;
}

/** The streams of agents that callers read, and the work at sites that they wait for. Both end as soon as the caller may not have them any more. */
export class GuardedStreams {
  readonly #rights: Rights;
  readonly #looks = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** @param deciding collections whose changes may take the right to read from a caller */
  constructor(store: Pick<Store, 'observe'>, rights: Rights, deciding: readonly Pick<Collection<never>, 'name'>[]) {
    this.#rights = rights;
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
        check(this.#rights.now(caller));
      } catch (error) {
        refused.abort(error);
        stream.cancel('the caller may not read it any more');
      }
    };
    this.#begin(look);
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
    }
  }

  /**
   * Does work at a site for a caller. The work is cancelled as soon as the check refuses the caller, and the caller gets the outcome only if
   * the check still lets it pass. The refusal says that the outcome is unknown: the work may have been done.
   * @param caller `null` is the hub itself, which may have every outcome
   * @param work takes a cancellation, which the signal triggers, too
   * @throws DomainError the error of the check, in place of any outcome of the work
   */
  async run<T>(
    caller: Caller | null | undefined,
    signal: Cancellation | undefined,
    check: Check,
    work: (signal: Cancellation | undefined) => Promise<T>,
  ): Promise<T> {
    if (!caller) return work(signal);
    const own = new CancelSource();
    own.trace = signal?.trace;
    let refusal: unknown;
    const look = () => {
      if (refusal !== undefined) return;
      try {
        check(this.#rights.whileRunning(caller));
      } catch (error) {
        refusal = ofUnknownOutcome(error);
        own.abort(new DomainError('cancelled', 'The caller may not have the answer any more'));
      }
    };
    const stop = () => own.abort(signal?.reason);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    this.#begin(look);
    try {
      const outcome = await work(own);
      look();
      if (refusal === undefined) return outcome;
    } catch (error) {
      look();
      throw refusal ?? error;
    } finally {
      this.#looks.delete(look);
      signal?.removeEventListener('abort', stop);
    }
    throw refusal;
  }

  #begin(look: () => void): void {
    this.#looks.add(look);
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  /** The timer goes on for a moment without a stream or work, so that no short call has to start and stop it. */
  #beat(): void {
    this.look();
    if (this.#looks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Runs the checks of all streams that are open, and of all work that runs. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }
}
