import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import { Bucket } from '@roundhouse/proto/bucket';
import { HubEnd } from '@roundhouse/proto/memory-stream';

/** A flag and the length stand before a message. */
const headBytes = 5;

/** The events of the call of a reader. */
export interface ReaderEvents {
  /** The number of bytes that the hub keeps of an incomplete message has changed by this number. */
  kept(bytes: number): void;
  /** The call ends because of a message that the hub does not take. */
  refused(reason: string): void;
  /** The call is over. */
  closed(): void;
}

/**
 * Reads the messages of one call from its bytes, in place of grpc-js's own decoder. That decoder has one limit for all methods, and keeps
 * an object for each part of an incomplete message: parts of one byte take a hundred times their size. This reader takes at most twice the
 * memory of the received bytes, and reports how many it keeps.
 */
export class MessageReader {
  /** The largest message that the call may send from now on, bytes. */
  limit: number;
  readonly #events: ReaderEvents | undefined;
  readonly #head = Buffer.alloc(headBytes);
  /** The incomplete message; it grows as its bytes arrive. */
  #message: Buffer = this.#head;
  #filled = 0;
  #kept = 0;
  #isClosed = false;

  constructor(limit: number, events?: ReaderEvents) {
    this.limit = limit;
    this.#events = events;
  }

  /**
   * Takes the next bytes of the call. @returns the messages that are complete now, each with its head @throws Error, with which grpc-js
   * ends the call.
   */
  write(data: Buffer): Buffer[] {
    const whole: Buffer[] = [];
    for (let at = 0; at < data.length && !this.#isClosed; ) {
      const missing = this.#length() - this.#filled;
      const part = data.subarray(at, at + missing);
      this.#makeRoom(part.length);
      part.copy(this.#message, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#length()) continue;
      whole.push(this.#message === this.#head ? Buffer.from(this.#head) : this.#message);
      this.#reset();
    }
    this.#tell();
    return whole;
  }

  /** Ends the reading: drops the incomplete message and all further data. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reset();
    this.#tell();
    this.#events?.closed();
  }

  /** The length of the message with its head; until the head is complete, the length of the head. */
  #length(): number {
    if (this.#filled < headBytes) return headBytes;
    const [compressed] = this.#head;
    if (compressed !== 0) throw this.#refusal('Received a compressed message: agents send none');
    const length = this.#head.readUInt32BE(1);
    if (length > this.limit) throw this.#refusal(`Received message larger than max (${length} vs ${this.limit})`);
    return headBytes + length;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#filled + bytes;
    if (needed <= this.#message.length) return;
    const length = this.#length();
    // A message that arrives in one piece is not kept, and may share its memory with others.
    const grown = needed === length ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(Math.min(length, 2 * needed));
    this.#message.copy(grown, 0, 0, this.#filled);
    this.#message = grown;
  }

  #refusal(reason: string): Error {
    this.close();
    this.#events?.refused(reason);
    return new Error(reason);
  }

  #reset(): void {
    this.#message = this.#head;
    this.#filled = 0;
  }

  #tell(): void {
    const more = this.#filled - this.#kept;
    this.#kept = this.#filled;
    if (more !== 0) this.#events?.kept(more);
  }
}

interface InnerCall {
  decoder?: { write?(data: Buffer): Buffer[] };
  readonly stream?: ServerHttp2Stream;
}

/** The connection of a call. @throws Error if grpc-js no longer allows it. */
export function connectionOf(call: ServerInterceptingCallInterface): Http2Session | undefined {
  const { stream } = call as InnerCall;
  if (!stream || !('session' in stream))
    throw new Error('grpc-js has changed: the connection of a call cannot be found');
  return stream.session;
}

/** Makes a reader read the messages of a call, and closes the reader with the call. @throws Error if grpc-js no longer allows it. */
export function readMessages(call: ServerInterceptingCallInterface, reader: MessageReader): void {
  const inner = call as InnerCall;
  if (typeof inner.decoder?.write !== 'function' || typeof inner.stream?.once !== 'function')
    throw new Error('grpc-js has changed: the messages of a call cannot be limited');
  inner.decoder = reader;
  inner.stream.once('close', () => reader.close());
  if (inner.stream.destroyed) reader.close();
}

/** Limits the messages that a stream takes from now on. */
export function limitMessages(call: unknown, bytes: number): void {
  if (call instanceof HubEnd) {
    call.limit = bytes;
    return;
  }
  const { decoder } = (call as { readonly call: InnerCall }).call;
  if (decoder instanceof MessageReader) decoder.limit = bytes;
}

/** The events of agents that break the rules. */
export interface CallEvents {
  /** A call ends because of a message that the hub does not take. */
  refused(agentId: string, peer: string, reason: string): void;
  /** All calls of an agent end because it broke a rule over several of them. */
  cutOff(agentId: string, reason: string): void;
}

/** The bounds of the calls of one agent, over all its connections; see `FleetSettings`. */
export interface CallBounds {
  readonly unfinishedBytes: number;
  readonly callsPerSecond: number;
  readonly callsAtOnce: number;
  readonly openCalls: number;
  readonly agentConnections: number;
}

/** The calls of one agent, over all its connections. */
interface Calls {
  /** The calls that it may still make. */
  readonly bucket: Bucket;
  readonly open: Map<ServerInterceptingCallInterface, MessageReader>;
  /** The oldest comes first. */
  readonly connections: Set<Http2Session>;
  /** The bytes that the hub keeps of incomplete messages. */
  bytes: number;
}

/**
 * Counts and reads agents' calls. A call costs the hub a part of a millisecond, and an agent can have thousands of calls at once, begin a
 * message in each of them and never end it. So the hub counts for each agent its calls, its connections and the bytes that it keeps of such
 * messages, and ends all calls of an agent that exceeds a bound.
 */
export class AgentCalls {
  readonly #bounds: CallBounds;
  readonly #events: CallEvents;
  /** All agents that have called: an agent that connects again has no more calls than before. */
  readonly #agents = new Map<string, Calls>();

  constructor(bounds: CallBounds, events: CallEvents) {
    this.#bounds = bounds;
    this.#events = events;
  }

  /**
   * Counts one more call, before the hub does anything for it. Returns false if the agent makes too many: the hub then has ended its calls
   * and the connection.
   */
  admits(agentId: string, connection: Http2Session): boolean {
    const calls = this.#callsOf(agentId);
    this.#connected(calls, connection);
    const isWithin = calls.bucket.take() && calls.open.size < this.#bounds.openCalls;
    if (isWithin) return true;
    this.#cutOff(agentId, calls, 'the agent makes more calls than any agent may');
    // The further calls that have already come with it cost nothing.
    connection.destroy();
    return false;
  }

  /** Reads the messages of one more call. @param limit the largest message that the call may begin with, bytes */
  read(call: ServerInterceptingCallInterface, agentId: string, limit: number): void {
    const calls = this.#callsOf(agentId);
    const reader = new MessageReader(limit, {
      kept: (bytes) => {
        calls.bytes += bytes;
        if (calls.bytes > this.#bounds.unfinishedBytes)
          this.#cutOff(agentId, calls, 'the agent begins more messages than it ends');
      },
      refused: (reason) => this.#events.refused(agentId, call.getPeer(), reason),
      closed: () => calls.open.delete(call),
    });
    calls.open.set(call, reader);
    readMessages(call, reader);
  }

  #callsOf(agentId: string): Calls {
    const known = this.#agents.get(agentId);
    if (known) return known;
    const { callsPerSecond, callsAtOnce } = this.#bounds;
    const bucket = new Bucket(callsPerSecond, callsAtOnce / callsPerSecond);
    const calls = { bucket, open: new Map(), connections: new Set<Http2Session>(), bytes: 0 };
    this.#agents.set(agentId, calls);
    return calls;
  }

  /** The oldest connection goes, not the newest: an agent that comes back over a bad network leaves lost connections behind. */
  #connected({ connections }: Calls, connection: Http2Session): void {
    if (connections.has(connection) || connection.destroyed) return;
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    const [oldest] = connections;
    if (connections.size > this.#bounds.agentConnections) oldest?.destroy();
  }

  #cutOff(agentId: string, { open }: Calls, reason: string): void {
    for (const [call, reader] of [...open]) {
      call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: reason });
      reader.close();
    }
    this.#events.cutOff(agentId, reason);
  }
}
