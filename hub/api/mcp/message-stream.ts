import { onOneLine } from '@roundhouse/proto/json';
import type { Caller } from '../../domain/access/caller.js';
import type { SseSink, SseSource } from '../../http/endpoint.js';

/** How many events, and how many of their characters, a stream keeps for a client that comes back or is behind. */
const KEPT = { events: 1000, characters: 512 * 1024 };
/** The same for a stream without a reader: one caller may have hundreds of sessions. The newest event always stays. */
const KEPT_UNREAD = { ...KEPT, characters: 64 * 1024 };
/**
 * How far a slow reader may be behind, characters: further than the answers to one array are long. Beyond that its connection ends, so that it does not
 * miss an answer. The unread output of all streams of a caller has a bound of its own.
 */
const MOST_BEHIND = 20 * 1024 * 1024;

/** How long a client waits before it comes back to a broken stream, milliseconds. */
const RETRY_MS = 1000;

interface StreamEvent {
  readonly number: number;
  readonly text: string;
}

/** Is called when a connection to a client begins and ends, and with the present rights of its caller. */
export interface ConnectionListener {
  connected(): void;
  disconnected(): void;
  /** A connection ended before it began: the client had gone away, or was refused. */
  missed?(): void;
  /** The stream keeps so many characters for a client that comes back; 0 while a reader is behind: then they count as its unread output. */
  kept?(characters: number): void;
  /** Called every few seconds while the stream has a reader. */
  caller(caller: Caller): void;
}

/**
 * One event stream of messages to a client. It outlives its connections: a client that comes back with the last id gets the messages after it. Messages wait
 * meanwhile, within bounds.
 */
export class MessageStream {
  readonly #listener: ConnectionListener;
  readonly #events: StreamEvent[] = [];
  #characters = 0;
  #last = 0;
  /** The number of the last event that a connection got. */
  #given = 0;
  #connection: Connection | undefined;
  #finished = false;
  #finishedAt = 0;

  /**
   * @param number names the stream in its events' ids
   * @param hasIds whether it can be resumed
   */
  constructor(
    readonly number: number,
    private readonly hasIds: boolean,
    listener: ConnectionListener = { connected: () => {}, disconnected: () => {}, caller: () => {} },
  ) {
    this.#listener = listener;
  }

  /** Whether the stream has a reader. */
  get live(): boolean {
    return this.#connection?.isOpen === true;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** When it was finished, `performance.now()`; 0 before that. */
  get finishedAt(): number {
    return this.#finishedAt;
  }

  /** The size of the kept events, characters. */
  get size(): number {
    return this.#characters;
  }

  /** @param json a message. Its line breaks, which stand between tokens, become spaces: a line break would end the event. */
  send(json: string): void {
    this.push(`data: ${onOneLine(json)}\n\n`);
  }

  /** Sends event-stream text. */
  push(text: string): void {
    if (this.#finished) return;
    this.#last += 1;
    const event = { number: this.#last, text: this.hasIds ? `id: ${this.number}-${this.#last}\n${text}` : text };
    this.#events.push(event);
    this.#characters += event.text.length;
    this.#connection?.flush(this.#events);
    this.#trim();
    this.#tellSize();
  }

  #tellSize(): void {
    this.#connection?.keeps(this.#characters);
    const isUnread = this.#connection?.isBehind === true;
    this.#listener.kept?.(isUnread ? 0 : this.#characters);
  }

  #trim(): void {
    // The connection is about to begin, and then gets all messages.
    if (this.#connection?.hasBegun === false) return;
    // No client comes back to it.
    if (!this.hasIds) while ((this.#events[0]?.number ?? this.#last + 1) <= this.#given) this.#forgetFirst();
    const kept = this.live || this.#finished ? KEPT : KEPT_UNREAD;
    while (this.#events.length > 1 && (this.#events.length > kept.events || this.#characters > kept.characters)) {
      if (this.live && (this.#events[0]?.number ?? 0) > this.#given) {
        if (this.#characters <= MOST_BEHIND) return;
        this.#connection?.end();
      }
      this.#forgetFirst();
    }
  }

  #forgetFirst(): void {
    this.#characters -= this.#events.shift()?.text.length ?? 0;
  }

  /** Forgets the messages so far: no connection gets them from now on. */
  drop(): void {
    this.#events.length = 0;
    this.#characters = 0;
    this.#tellSize();
  }

  /** Ends the stream. Its connection ends once the client has all messages. */
  finish(): void {
    if (!this.#finished) this.#finishedAt = performance.now();
    this.#finished = true;
    this.#connection?.flush(this.#events);
    this.#tellSize();
  }

  /**
   * Opens a connection that gets the messages after an event, and all new messages. An earlier connection ends.
   * @param after the number of the last event that the client has; absent: the connection gets the messages that no client has got yet
   * @param priming the first event has no data, and tells the client how to come back
   */
  connect(
    caller: Caller,
    { after: told = this.#given, priming = false }: { readonly after?: number; readonly priming?: boolean } = {},
  ): SseSource & { caller: Caller } {
    this.#connection?.end();
    // A client may name an event that was never sent.
    const after = Math.min(told, this.#last);
    const first = priming ? `id: ${this.number}-${after}\nretry: ${RETRY_MS}\ndata: \n\n` : ':\n\n';
    const connection = new Connection(caller, after, first, {
      started: (self) => {
        if (this.#connection === self) this.#listener.connected();
        self.flush(this.#events);
        self.keeps(this.#characters);
        this.#tellSize();
      },
      caller: (now) => this.#listener.caller(now),
      isOver: (told) => this.#finished && told >= (this.#events.at(-1)?.number ?? 0),
      given: (number) => {
        this.#given = Math.max(this.#given, number);
      },
      drained: (self) => {
        self.flush(this.#events);
        this.#trim();
        self.keeps(this.#characters);
        this.#tellSize();
      },
      ended: (self) => {
        if (this.#connection !== self) return;
        this.#connection = undefined;
        if (self.hasBegun) this.#listener.disconnected();
        else this.#listener.missed?.();
        this.#tellSize();
      },
    });
    this.#connection = connection;
    return connection;
  }
}

interface ConnectionEvents {
  started(self: Connection): void;
  caller(caller: Caller): void;
  isOver(told: number): boolean;
  given(number: number): void;
  drained(self: Connection): void;
  ended(self: Connection): void;
}

/** One connection of a stream. */
class Connection implements SseSource {
  hasBegun = false;
  #sink: SseSink | undefined;
  #caller: Caller;
  /** Whether messages wait: the client takes nothing at the moment, or the connection is about to begin. */
  isBehind = true;

  constructor(
    caller: Caller,
    /** The number of the last event that was handed over. */
    private told: number,
    private readonly first: string,
    private readonly events: ConnectionEvents,
  ) {
    this.#caller = caller;
  }

  /** Whether its head was sent: it was not if the client hung up before. */
  get isOpen(): boolean {
    return this.#sink !== undefined;
  }

  get caller(): Caller {
    return this.#caller;
  }

  set caller(caller: Caller) {
    this.#caller = caller;
    this.events.caller(caller);
  }

  start(sink: SseSink): void {
    this.hasBegun = true;
    this.#sink = sink;
    this.isBehind = !sink.send(this.first);
    this.events.started(this);
  }

  drained(): void {
    this.isBehind = false;
    this.events.drained(this);
  }

  ended(): void {
    this.#sink = undefined;
    this.events.ended(this);
  }

  end(): void {
    this.#sink?.end();
  }

  /** States how much the stream keeps. It counts while the client is behind. */
  keeps(characters: number): void {
    this.#sink?.keeps(this.isBehind ? characters : 0);
  }

  flush(events: readonly StreamEvent[]): void {
    const sink = this.#sink;
    if (!sink) return;
    for (const { number, text } of events) {
      if (this.isBehind) return;
      if (number <= this.told) continue;
      this.told = number;
      this.events.given(number);
      this.isBehind = !sink.send(text);
    }
    if (!this.isBehind && this.events.isOver(this.told)) sink.end();
  }
}
