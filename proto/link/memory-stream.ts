import { Duplex } from 'node:stream';
import { returnAfterTrailer } from './frames.js';

/** The statuses of gRPC with which such a stream ends by itself. */
const codes = { ok: 0, cancelled: 1, unknown: 2, resourceExhausted: 8 };

/** How a stream has ended: the parts of gRPC's `StatusObject` that the agent reads. */
interface Status {
  readonly code: number;
  readonly details: string;
  readonly metadata: { get(name: string): readonly string[] };
}

function statusOf(code: number, details: string, returnAfter: readonly string[] = []): Status {
  return { code, details, metadata: { get: (name) => (name === returnAfterTrailer ? returnAfter : []) } };
}

/** One end of a stream. Its writes wait while the other end does not read. */
abstract class End extends Duplex {
  readonly sendsAtOnce = true;
  protected abstract readonly other: End;
  /** Lets the next write begin. Absent while no write waits for the other end. */
  #goOn: (() => void) | undefined;

  constructor() {
    super({ objectMode: true });
  }

  override _write(message: Buffer, _encoding: string, written: () => void): void {
    if (this.other.destroyed || this.other.push(message)) written();
    else this.#goOn = written;
  }

  override _read(): void {
    const goOn = this.other.#goOn;
    this.other.#goOn = undefined;
    goOn?.();
  }
}

/** The agent's end, as a `ClientDuplexStream` of gRPC: the event `status` says how the stream has ended. */
export class AgentEnd extends End {
  protected readonly other: HubEnd;
  #isOver = false;

  /** @param limit the largest message that the stream may begin with, bytes */
  constructor(limit: number) {
    super();
    this.other = new HubEnd(this, limit);
  }

  get hub(): HubEnd {
    return this.other;
  }

  /** Gives the stream up. */
  cancel(): void {
    this.other.leave();
    this.#end(statusOf(codes.cancelled, 'Cancelled on client'));
  }

  /** The hub has ended the stream. The agent first reads the messages before the end. */
  finish(status: Status): void {
    if (this.#isOver) return;
    this.once('end', () => this.#end(status));
    this.push(null);
  }

  override _write(message: Buffer, encoding: string, written: () => void): void {
    const { limit } = this.other;
    if (message.length <= limit) {
      super._write(message, encoding, written);
      return;
    }
    this.other.leave();
    this.#end(statusOf(codes.resourceExhausted, `Received message larger than max (${message.length} vs ${limit})`));
  }

  override _final(ended: () => void): void {
    if (!this.other.destroyed) this.other.push(null);
    ended();
  }

  #end(status: Status): void {
    if (this.#isOver) return;
    this.#isOver = true;
    process.nextTick(() => {
      this.emit('status', status);
      this.destroy();
    });
  }
}

/** The hub's end, as a `ServerDuplexStream` of gRPC: an emitted error ends the stream with the status that the error names. */
export class HubEnd extends End {
  /** Whether the agent has given the stream up. */
  cancelled = false;
  /** The largest message that the agent may send from now on, bytes. */
  limit: number;
  protected readonly other: AgentEnd;
  #status = statusOf(codes.ok, 'OK');

  constructor(agent: AgentEnd, limit: number) {
    super();
    this.other = agent;
    this.limit = limit;
    this.on('error', ({ message, code, details, metadata }: Error & Partial<Status>) => {
      const returnAfter = metadata?.get(returnAfterTrailer).map(String);
      this.#status = statusOf(code ?? codes.unknown, details ?? message, returnAfter);
      this.end();
    });
  }

  getPeer(): string {
    return 'this process';
  }

  leave(): void {
    this.cancelled = true;
    this.destroy();
  }

  override _final(ended: () => void): void {
    this.other.finish(this.#status);
    ended();
    // A stream with a status is over, whatever the agent still sends.
    setImmediate(() => this.destroy());
  }
}

/**
 * Opens a stream between an agent and a hub in one process, in place of a gRPC stream. It passes the same messages with the same limit, back-pressure
 * and statuses. A message is handed over as bytes without a copy: as with gRPC, its sender does not change it afterwards.
 *
 * @param limit the largest message that the agent may begin with, bytes
 */
export function openMemoryStream(limit: number): { readonly agent: AgentEnd; readonly hub: HubEnd } {
  const agent = new AgentEnd(limit);
  return { agent, hub: agent.hub };
}
