import type { ByteStream } from '../../agents/fleet.js';
import type { Cancellation } from '../../cancellation.js';
import { DomainError } from '../../errors.js';
import { nextTurn } from '../../event-loop.js';
import { findLine, LastLine, Lines, lastLine, Piece, timeOf, untimed } from './timed-lines.js';

/** Where a followed log begins, and whether each line begins with its time. */
export interface LogStart {
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly timestamps?: boolean | undefined;
}

/** Opens the log of a container, to follow it. */
export type OpenLog = (start: LogStart, signal?: Cancellation) => Promise<ByteStream>;

/** A follower that waits longer than this for a chunk has read the log up to now, milliseconds. */
const idleMs = 50;
/** A follower that asks for at most this many lines has read the log up to now as soon as its first lines have come. */
const fewLines = 1000;
/** How often a follower that has read the log up to now looks for its place in the common stream. Lines without times have no place. */
const mostTries = 200;
/** A common stream that has ended counts as this many tries. */
const triesForFailure = 20;
/** How much text the common stream keeps for followers that join, bytes. */
const recentBytes = 1024 * 1024;
/** A follower that is further behind than this leaves the common stream, bytes. */
const mostBehind = 2 * recentBytes;
/** How long before its last line a follower that has left begins, seconds: text is on its way for a while, and the time has whole seconds. */
const marginSeconds = 60;
/** How many followers get a piece in each round of the event loop: each of them writes the piece to a socket. */
const followersInRound = 8;

/**
 * Lets clients that follow the log of one container share one stream from the agent. The first follower keeps its own stream. Each later
 * follower also begins with its own stream, with the part of the log that it asked for. When it has read the log up to now, it goes on with
 * the common stream, from the line after its last one. Kubernetes gives each line its time, so the hub finds that line. A follower that is
 * slow leaves the common stream, and gets the rest through its own stream.
 *
 * The hub checks the rights of each follower before this, and during it.
 */
export class SharedLogs {
  readonly #logs = new Map<string, SharedLog>();

  /** @param key names the log; `open` opens the same log for the same key. */
  async follow(key: string, open: OpenLog, start: LogStart, signal?: Cancellation): Promise<ByteStream> {
    const log = this.#logs.get(key) ?? { followers: 0, live: undefined };
    const isFirst = log.followers === 0;
    log.followers += 1;
    this.#logs.set(key, log);
    const follower = new Follower(isFirst ? undefined : log, open, start, signal, () => {
      log.followers -= 1;
      if (log.followers === 0) this.#logs.delete(key);
    });
    await follower.begin();
    return follower;
  }
}

/** The followers of a log, and their common stream. */
interface SharedLog {
  followers: number;
  live: LiveLog | undefined;
}

/** One follower's stream. */
class Follower implements ByteStream {
  readonly #log: SharedLog | undefined;
  readonly #open: OpenLog;
  readonly #start: LogStart;
  readonly #signal: Cancellation | undefined;
  readonly #left: () => void;
  #own: ByteStream | undefined;
  #live: LiveLog | undefined;
  #place: Place | undefined;
  #stopped: DomainError | undefined;

  /** @param log absent if the follower reads its own stream only */
  constructor(
    log: SharedLog | undefined,
    open: OpenLog,
    start: LogStart,
    signal: Cancellation | undefined,
    left: () => void,
  ) {
    this.#log = log;
    this.#open = open;
    this.#start = start;
    this.#signal = signal;
    this.#left = left;
    signal?.addEventListener('abort', this.#abort);
  }

  /** Opens the follower's own stream. @throws DomainError as the opening does. */
  async begin(): Promise<void> {
    try {
      const { tailLines = Number.POSITIVE_INFINITY } = this.#start;
      // The common stream comes first, so that the follower's first lines are soon in it.
      if (this.#log && tailLines <= fewLines) this.#joinLive(this.#log);
      await this.#openOwn(this.#log ? { ...this.#start, timestamps: true } : this.#start);
    } catch (error) {
      this.cancel('it did not begin');
      throw error;
    }
  }

  cancel(reason: string): void {
    this.#own?.cancel(reason);
    if (this.#stopped) return;
    this.#stopped = new DomainError('cancelled', `The stream was cancelled: ${reason}`);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#place?.stop(this.#stopped);
    this.#leaveLive();
    this.#left();
  }

  readonly #abort = (): void => this.cancel('the caller gave up');

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      const own = this.#own;
      if (!own) return;
      if (!this.#log) {
        yield* own;
        return;
      }
      this.#place = yield* this.#readOwn(own, this.#log);
      if (!this.#place) return;
      const last = yield* this.#readShared(this.#place);
      if (last) yield* this.#readRest(last);
    } finally {
      this.cancel('the reader left');
    }
  }

  /** Reads the follower's own stream, until it has a place in the common stream. The stream may end before. */
  async *#readOwn(own: ByteStream, log: SharedLog): AsyncGenerator<Uint8Array, Place | undefined> {
    const lines = new Lines();
    const chunks = own[Symbol.asyncIterator]();
    let last: Buffer | undefined;
    let isIdle = false;
    let tries = 0;
    let asked = performance.now();
    let next = chunks.next();
    for (;;) {
      const live = this.#live;
      // A follower that is ahead of the common stream waits for it: otherwise it would never find its last line there.
      const got = await (live && last && live.isBehind(last)
        ? live.growth
        : live
          ? Promise.race([next, live.growth])
          : next);
      if (this.#stopped) throw this.#stopped;
      if (got?.done) {
        yield* this.#shown(lines.rest());
        return undefined;
      }
      if (got) {
        isIdle ||= performance.now() - asked > idleMs;
        if ((log.live || isIdle) && tries < mostTries) this.#joinLive(log);
        const text = lines.take(got.value);
        if (text.length > 0) last = lastLine(text);
        // The first chunk of a log is empty, and says that the log is there.
        if (got.value.length === 0) yield got.value;
        yield* this.#shown(text);
        asked = performance.now();
        next = chunks.next();
        // A failure counts when the follower waits for the chunk.
        next.catch(() => {});
      }
      if (!this.#live) continue;
      const place = last && this.#live.placeAfter(last);
      if (place) {
        own.cancel('the follower reads the common stream');
        this.#own = undefined;
        return place;
      }
      if (this.#live.isOver) tries += triesForFailure;
      else if (isIdle) tries += 1;
      if (this.#live.isOver || tries >= mostTries) this.#leaveLive();
    }
  }

  /** Reads the common stream to its end. @returns the last line, if the follower fell behind and left the stream there */
  async *#readShared(place: Place): AsyncGenerator<Uint8Array, LastLine | undefined> {
    const last = new LastLine();
    for (let piece = await place.next(); piece; piece = await place.next()) {
      last.passed(piece);
      yield piece.text(this.#start.timestamps === true);
    }
    this.#leaveLive();
    return place.isBehind ? last : undefined;
  }

  /** Reads the lines after a line of the common stream, from the follower's own stream. */
  async *#readRest(last: LastLine): AsyncGenerator<Uint8Array> {
    const sinceSeconds = Math.ceil((performance.now() - last.at) / 1000) + marginSeconds;
    const own = await this.#openOwn({ sinceSeconds, timestamps: true });
    const lines = new Lines();
    for await (const chunk of own) yield* this.#shown(last.textAfter(lines.take(chunk)));
    yield* this.#shown(last.textAfter(lines.rest()));
  }

  async #openOwn(start: LogStart): Promise<ByteStream> {
    const own = await this.#open(start, this.#signal);
    this.#own = own;
    if (!this.#stopped) return own;
    own.cancel('the reader left');
    throw this.#stopped;
  }

  *#shown(timed: Buffer): Generator<Uint8Array> {
    if (timed.length > 0) yield this.#start.timestamps ? timed : untimed(timed);
  }

  #joinLive(log: SharedLog): void {
    if (this.#live || this.#stopped) return;
    log.live ??= new LiveLog(this.#open, (ended) => {
      if (log.live === ended) log.live = undefined;
    });
    this.#live = log.live;
    this.#live.users += 1;
  }

  #leaveLive(): void {
    const live = this.#live;
    this.#live = undefined;
    if (live) live.leave(this.#place);
  }
}

/** The common stream of a log, from now on. */
class LiveLog {
  /** Resolves with the next piece, with the end, and when a follower leaves. */
  growth: Promise<void>;
  isOver = false;
  /** Followers that have a place, or look for it. The stream ends with the last place. */
  users = 0;
  readonly #onOver: (live: LiveLog) => void;
  readonly #places = new Set<Place>();
  #recent: Piece[] = [];
  #recentBytes = 0;
  #stream: ByteStream | undefined;
  #grown: () => void = () => {};

  constructor(open: OpenLog, onOver: (live: LiveLog) => void) {
    this.#onOver = onOver;
    this.growth = this.#nextGrowth();
    void this.#read(open);
  }

  /** A place after a line, if the stream has that line exactly once. */
  placeAfter(line: Buffer): Place | undefined {
    if (this.isOver) return undefined;
    let rest: Piece[] | undefined;
    for (const [index, { timed, at }] of this.#recent.entries()) {
      for (let found = findLine(timed, line, 0); found >= 0; found = findLine(timed, line, found + 1)) {
        if (rest) return undefined;
        const after = timed.subarray(found + line.length);
        rest = [...(after.length > 0 ? [new Piece(after, at)] : []), ...this.#recent.slice(index + 1)];
      }
    }
    const place = rest && new Place(rest);
    if (place) this.#places.add(place);
    return place;
  }

  /** Whether the stream has yet to come to a line. */
  isBehind(line: Buffer): boolean {
    const end = this.#recent.at(-1);
    return end !== undefined && timeOf(line, 0) > timeOf(lastLine(end.timed), 0);
  }

  leave(place: Place | undefined): void {
    this.users -= 1;
    this.#grow();
    if (place) this.#places.delete(place);
    if (this.users === 0 || (place && this.#places.size === 0)) this.#end(undefined);
  }

  async #read(open: OpenLog): Promise<void> {
    try {
      const stream = await open({ tailLines: 0, timestamps: true });
      this.#stream = stream;
      if (this.isOver) stream.cancel('no follower is left');
      const lines = new Lines();
      for await (const chunk of stream) await this.#add(lines.take(chunk));
      await this.#add(lines.rest());
      this.#end(undefined);
    } catch (error) {
      this.#end(error);
    }
  }

  async #add(timed: Buffer): Promise<void> {
    if (timed.length === 0 || this.isOver) return;
    const piece = new Piece(timed, performance.now());
    this.#recent.push(piece);
    this.#recentBytes += timed.length;
    while (this.#recentBytes > recentBytes && this.#recent.length > 1)
      this.#recentBytes -= this.#recent.shift()?.timed.length ?? 0;
    const places = [...this.#places];
    for (const place of places) {
      place.push(piece);
      if (place.isBehind) this.#places.delete(place);
    }
    this.#grow();
    for (const [index, place] of places.entries()) {
      place.wake();
      if (index % followersInRound === followersInRound - 1) await nextTurn();
    }
  }

  #end(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#recent = [];
    this.#stream?.cancel('no follower is left');
    for (const place of this.#places) place.end(error);
    this.#places.clear();
    this.#onOver(this);
    this.#grow();
  }

  #grow(): void {
    const grown = this.#grown;
    this.growth = this.#nextGrowth();
    grown();
  }

  #nextGrowth(): Promise<void> {
    return new Promise((resolve) => {
      this.#grown = resolve;
    });
  }
}

/** A follower's place in the common stream: the pieces that it has not read. */
class Place {
  isBehind = false;
  #pieces: Piece[];
  #bytes: number;
  #ended: { readonly error: unknown } | undefined;
  #stopped: DomainError | undefined;
  #wake: () => void = () => {};

  /** @param pieces the first pieces to read */
  constructor(pieces: Piece[]) {
    this.#pieces = pieces;
    this.#bytes = pieces.reduce((sum, { timed }) => sum + timed.length, 0);
  }

  /** The next piece; `undefined` at the end, and if the follower is behind. @throws the error that ended the stream */
  async next(): Promise<Piece | undefined> {
    for (;;) {
      if (this.#stopped) throw this.#stopped;
      const piece = this.#pieces.shift();
      if (piece) {
        this.#bytes -= piece.timed.length;
        return piece;
      }
      if (this.#ended && this.#ended.error !== undefined) throw this.#ended.error;
      if (this.#ended || this.isBehind) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  push(piece: Piece): void {
    if (this.#bytes + piece.timed.length > mostBehind && this.#pieces.length > 0) {
      this.isBehind = true;
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.timed.length;
  }

  /** Lets the follower read the received pieces. */
  wake(): void {
    this.#wake();
  }

  /** No more pieces come. */
  end(error: unknown): void {
    this.#ended = { error };
    this.#wake();
  }

  /** The follower reads no further. */
  stop(error: DomainError): void {
    this.#stopped = error;
    this.#pieces = [];
    this.#wake();
  }
}
