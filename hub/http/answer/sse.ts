import type { Caller } from '../../domain/access/caller.js';
import { DomainError } from '../../domain/errors.js';
import { Shares } from '../access/limits.js';
import type { Output, UnreadBytes } from '../access/unread.js';
import type { SseReply, SseSource } from '../endpoint.js';
import type { Exchange } from '../request/exchange.js';

/** Why the hub ends a stream: the reason for programs, and the words for people. */
export interface SseEnd {
  /** `slow_reader`, `stalled`, `shutdown`, `credential`, `forbidden`, `failed`. */
  readonly reason: string;
  readonly message: string;
}

/** Keeps the connection alive. Readers skip comments. */
const COMMENT = ':\n\n';
/** The most bytes that may wait before a last event. A client that is further behind is cut off: the socket layer would keep everything for 10 s more. */
const MOST_BEFORE_LAST = 256 * 1024;

/** An open event stream: one small object over the response, without a timer, promise or iterator. Ten thousand of them may be idle in one hub. */
class SseChannel implements Output {
  readonly payer: string;
  /** Since when the client takes nothing, as `performance.now()` has it; 0 while it takes data. */
  blockedSince = 0;
  readonly #x: Exchange;
  readonly #source: SseSource;
  readonly #channels: SseChannels;
  #watchesRoom = false;
  #isCut = false;
  /** Bytes that wait for the client: in the socket layer, and at the source. */
  #inSocket = 0;
  #atSource = 0;

  constructor(x: Exchange, source: SseSource, channels: SseChannels) {
    this.#x = x;
    this.payer = x.payer;
    this.#source = source;
    this.#channels = channels;
  }

  /** Sends the head, and lets the source begin. */
  open(head: string): void {
    const x = this.#x;
    x.onAbort = (reason) => this.#abort(reason);
    x.onEnded = () => {
      this.#channels.delete(this);
      this.#source.ended();
    };
    this.#channels.add(this);
    x.res.cork(() => {
      x.res.writeStatus(head);
      this.#source.start(this);
    });
  }

  /**
   * Sends text. `false`: the client is behind. The hub keeps this text and sends it later; the source may send nothing more until its `drained` is
   * called.
   */
  send(text: string): boolean {
    const x = this.#x;
    if (x.ended || this.#isCut) return false;
    let taken = true;
    x.res.cork(() => {
      taken = x.res.write(text);
    });
    if (!taken) this.#block(Buffer.byteLength(text));
    return taken;
  }

  keeps(bytes: number): void {
    if (this.#x.ended || bytes === this.#atSource) return;
    this.#atSource = bytes;
    this.#count();
  }

  /** Ends the stream with a last event `close`, which holds the reason. */
  close({ reason, message }: SseEnd): void {
    const x = this.#x;
    if (x.ended || this.#isCut) return;
    x.log[reason === 'shutdown' ? 'debug' : 'info'](
      { event: 'stream.closed', path: x.path, reason },
      'event stream closed',
    );
    if (this.#isTooFarBehind()) return;
    const data = JSON.stringify({ reason, message, timestamp: x.timestamp });
    x.res.cork(() => {
      x.res.write(`event: close\ndata: ${data}\n\n`);
      x.res.end('', x.isLast);
    });
    x.end(x.status);
  }

  end(): void {
    const x = this.#x;
    if (x.ended || this.#isTooFarBehind()) return;
    x.res.cork(() => x.res.end('', x.isLast));
    x.end(x.status);
  }

  cutOff(): void {
    this.close({ reason: 'slow_reader', message: 'The caller leaves too much output unread' });
  }

  /** The client's caller. */
  get caller(): Caller {
    return this.#source.caller;
  }

  /** Ends the stream if its caller has lost the right to it. @returns whether the stream goes on */
  recheck(): boolean {
    try {
      this.#source.caller = this.#channels.recheck(this.#x, this.#source.caller);
      return true;
    } catch (error) {
      this.close(endOf(error));
      return false;
    }
  }

  /** Called every few seconds: keeps the connection alive, or ends it if the caller has lost its right or the client reads nothing. */
  beat(now: number, stallMs: number): void {
    const x = this.#x;
    if (!this.recheck()) return;
    if (this.blockedSince === 0) this.send(this.#source.heartbeat?.() ?? COMMENT);
    else if (now - this.blockedSince >= stallMs) this.close({ reason: 'stalled', message: 'The client takes nothing' });
    else {
      // The pair has one effect: the socket's clock starts again.
      x.res.pause();
      x.res.resume();
    }
  }

  /** Cuts off a client that is too far behind for a last event. */
  #isTooFarBehind(): boolean {
    if (this.#inSocket <= MOST_BEFORE_LAST) return false;
    // The caller of this may be in the middle of a write.
    if (!this.#isCut) setImmediate(() => this.#x.cut());
    this.#isCut = true;
    return true;
  }

  #block(bytes: number): void {
    if (this.blockedSince === 0) this.blockedSince = performance.now();
    this.#inSocket += bytes;
    this.#count();
    if (this.#watchesRoom) return;
    this.#watchesRoom = true;
    this.#x.res.onWritable(() => {
      this.#unblock();
      return true;
    });
  }

  #unblock(): void {
    const { res, ended } = this.#x;
    if (ended || this.blockedSince === 0) return;
    // Sending the comment shows whether the client has taken everything that was kept.
    let taken = false;
    res.cork(() => {
      taken = res.write(COMMENT);
    });
    if (!taken) {
      this.blockedSince = performance.now();
      return;
    }
    this.blockedSince = 0;
    this.#inSocket = 0;
    this.#count();
    this.#source.drained();
  }

  #count(): void {
    this.#channels.unread.set(this, this.#inSocket + this.#atSource);
  }

  #abort(reason: DomainError): void {
    // A client that has gone away gets no reason.
    if (reason.code !== 'cancelled') this.close(endOf(reason));
  }
}

/** Answers with a stream of events. */
export function openSse(x: Exchange, head: string, { source }: SseReply, channels: SseChannels): void {
  x.detach();
  new SseChannel(x, source, channels).open(head);
}

const reasons: Readonly<Record<string, string>> = {
  unavailable: 'shutdown',
  forbidden: 'forbidden',
  invalid_credential: 'credential',
  expired_credential: 'credential',
};

function endOf(error: unknown): SseEnd {
  if (!(error instanceof DomainError)) return { reason: 'failed', message: 'Internal server error' };
  return { reason: reasons[error.code] ?? 'failed', message: error.message };
}

/** How often the hub writes to each channel. The socket layer closes a connection that is silent for 10 s. */
const HEARTBEAT_MS = 5000;
/** The number of slots of one heartbeat period. The channels are spread over them. */
const SLOTS = 50;
const SLOT_MS = HEARTBEAT_MS / SLOTS;

/** A stream that the hub keeps alive. */
type LiveStream = Pick<SseChannel, 'caller' | 'beat' | 'recheck' | keyof Output>;

/** Verifies a caller again. @throws DomainError if the caller has lost the right to listen */
type Recheck = (x: Exchange, caller: Caller) => Caller;

/** All open event streams, and the one timer that keeps them alive, a few at a time. */
export class SseChannels {
  readonly recheck: Recheck;
  readonly unread: UnreadBytes;
  readonly #most: number;
  readonly #shares: Shares;
  readonly #stallMs: number;
  readonly #slots: readonly Set<LiveStream>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #slotOf = new Map<LiveStream, number>();
  #next = 0;
  /** When the next slot is due, as `performance.now()` has it. */
  #nextAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly most: number;
    readonly mostOfCaller: number;
    readonly stallMs: number;
    readonly recheck: Recheck;
    readonly unread: UnreadBytes;
  }) {
    this.recheck = options.recheck;
    this.unread = options.unread;
    this.#most = options.most;
    this.#shares = new Shares(options.mostOfCaller, 'Too many event streams of this caller are open', 5);
    this.#stallMs = options.stallMs;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  /**
   * Makes a stream of the exchange: it takes a place of its payer's streams, and gives back its place of the payer's requests.
   * @throws DomainError `unavailable` if all places are taken.
   */
  takePlace(x: Exchange): void {
    if (this.size >= this.#most)
      throw new DomainError('unavailable', 'Too many event streams are open', { retryAfter: 5 });
    const share = this.#shares.take(x.payer);
    x.share?.give();
    x.share = share;
  }

  add(channel: LiveStream): void {
    // The slot that was served last: its next turn is a whole period away. Channels that open together get different slots.
    const slot = (this.#next + SLOTS - 1 - (this.size % SLOTS)) % SLOTS;
    this.#slots[slot]?.add(channel);
    this.#slotOf.set(channel, slot);
    if (this.#timer) return;
    this.#nextAt = performance.now() + SLOT_MS;
    this.#timer = setInterval(() => this.beat(), SLOT_MS).unref();
  }

  delete(channel: LiveStream): void {
    this.unread.set(channel, 0);
    const slot = this.#slotOf.get(channel);
    if (slot === undefined) return;
    this.#slotOf.delete(channel);
    this.#slots[slot]?.delete(channel);
    if (this.size === 0) this.close();
  }

  /** Verifies again the callers that a change concerns. */
  recheckThose(concerns: (caller: Caller) => boolean): void {
    for (const channel of [...this.#slotOf.keys()]) if (concerns(channel.caller)) channel.recheck();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Serves the slots that are due: several of them if a busy hub comes late. So each channel has its turn in time. */
  beat(now = performance.now()): void {
    for (let served = 0; served < SLOTS && this.#nextAt <= now; served += 1) {
      const slot = this.#slots[this.#next];
      this.#next = (this.#next + 1) % SLOTS;
      this.#nextAt += SLOT_MS;
      for (const channel of slot ?? []) channel.beat(now, this.#stallMs);
    }
    if (this.#nextAt <= now) this.#nextAt = now + SLOT_MS;
  }
}
