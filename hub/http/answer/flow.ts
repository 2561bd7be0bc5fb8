import type { Caller } from '../../domain/access/caller.js';
import type { Output, UnreadBytes } from '../access/unread.js';
import type { Exchange } from '../request/exchange.js';

/** A response that is sent as the client takes it. */
export class Flow implements Output {
  readonly payer: string;
  blockedSince = 0;

  /** @param size bytes that the hub keeps for it until the client has taken all of them */
  constructor(
    readonly x: Exchange,
    readonly size: number,
  ) {
    this.payer = x.payer;
  }

  cutOff(): void {
    const { x } = this;
    if (x.ended) return;
    x.log.info({ event: 'stream.too_much_unread', path: x.path }, 'the caller leaves too much unread: connection cut');
    x.cut();
  }
}

/** Shorter than the socket layer's own limit (10 s), with room for a busy moment. */
const TICK_MS = 4000;

/** Verifies a caller again. @throws DomainError if the caller may not go on */
type Recheck = (x: Exchange, caller: Caller) => void;

/**
 * Cuts the connections of clients that take nothing for the stated time, and of callers that lose their rights. The socket layer
 * cuts the connection of a client that takes nothing after ten seconds, which is too early for a reader that pauses. So the watch restarts the layer's clock while a flow lives.
 */
export class FlowWatch {
  readonly #flows = new Set<Flow>();
  readonly #stallMs: number;
  readonly #recheck: Recheck;
  readonly #unread: UnreadBytes;
  #timer: NodeJS.Timeout | undefined;

  constructor(stallMs: number, recheck: Recheck, unread: UnreadBytes) {
    this.#stallMs = stallMs;
    this.#recheck = recheck;
    this.#unread = unread;
  }

  add(flow: Flow): void {
    this.#flows.add(flow);
    this.#unread.set(flow, flow.size);
    this.#timer ??= setInterval(() => this.#tick(), Math.min(TICK_MS, this.#stallMs)).unref();
  }

  delete(flow: Flow): void {
    this.#flows.delete(flow);
    this.#unread.set(flow, 0);
    if (this.#flows.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether the hub may keep this many more bytes for the client of the request. */
  hasRoom(x: Exchange, size: number): boolean {
    return this.#unread.hasRoom(x.payer, size);
  }

  /** Verifies again the callers that a change concerns, and cuts the flows of those that may not go on. */
  recheckThose(concerns: (caller: Caller) => boolean): void {
    for (const { x } of [...this.#flows]) if (x.verified && concerns(x.verified)) this.#mayGoOn(x);
  }

  /** Cuts a flow whose caller may not go on. @returns whether it goes on */
  #mayGoOn(x: Exchange): boolean {
    const caller = x.verified;
    if (!caller) return true;
    try {
      this.#recheck(x, caller);
      return true;
    } catch (error) {
      x.log.info(
        { event: 'stream.rights_lost', err: error, path: x.path },
        'the caller has lost its rights: connection cut',
      );
      x.cut();
      return false;
    }
  }

  #tick(): void {
    const now = performance.now();
    for (const flow of [...this.#flows]) {
      if (flow.x.ended) this.delete(flow);
      // Nothing tells the hub that a key or a token expires.
      else if (!this.#mayGoOn(flow.x)) continue;
      else if (flow.blockedSince !== 0 && now - flow.blockedSince >= this.#stallMs) {
        flow.x.log.info({ event: 'stream.client_stalled', path: flow.x.path }, 'client takes nothing: connection cut');
        flow.x.cut();
      } else {
        // The pair has one effect: the socket's clock starts again.
        flow.x.res.pause();
        flow.x.res.resume();
      }
    }
  }
}
