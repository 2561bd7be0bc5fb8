/** Bounds on the results that the hub has not acknowledged: above them the oldest are dropped. */
const limits = { results: 50_000, bytes: 64 * 1024 * 1024 };

interface Kept {
  readonly commandId: string;
  readonly frame: Buffer;
}

/**
 * Results on their way to the hub. Each is kept until the hub acknowledges it, and is sent again if the link breaks before that. They are
 * kept in memory only, within bounds.
 */
export class Deliveries {
  /** The results that this connection has sent, oldest first. Entries before `#head` are not kept any more. */
  #sent: Kept[] = [];
  #head = 0;
  /** How many results of this connection are no longer kept. */
  #passed = 0;
  /** The results that this connection has not sent, by command. */
  #held = new Map<string, Buffer>();
  #bytes = 0;
  #forgot = false;
  #send: ((frame: Buffer) => void) | undefined;

  /** Whether a result was dropped that the hub may still ask for. */
  get forgot(): boolean {
    return this.#forgot;
  }

  /** Sends a result, or keeps it until it can be sent. */
  deliver(commandId: string, frame: Buffer): void {
    this.#bytes += frame.length;
    if (this.#send) {
      this.#sent.push({ commandId, frame });
      this.#send(frame);
    } else {
      this.#held.set(commandId, frame);
    }
    if (this.#bytes > limits.bytes || this.#sent.length - this.#head + this.#held.size > limits.results) this.#drop();
  }

  /** The hub has taken this many results of this connection. */
  received(count: number): void {
    while (this.#passed < count && this.#head < this.#sent.length) this.#pass();
    this.#compact();
  }

  /** The connection is lost. Results that the hub has not acknowledged may not have arrived. */
  lost(): void {
    this.#send = undefined;
    for (let at = this.#head; at < this.#sent.length; at++) {
      const { commandId, frame } = this.#sent[at] as Kept;
      this.#held.set(commandId, frame);
    }
    this.#sent = [];
    this.#head = 0;
    this.#passed = 0;
  }

  /**
   * A new connection has begun. Sends the kept results that the hub still waits for, forgets the others, and sends all later results at
   * once. Returns the commands whose results were sent.
   */
  resume(wanted: readonly string[], send: (frame: Buffer) => void): Set<string> {
    const held = this.#held;
    this.#held = new Map();
    this.#bytes = 0;
    this.#forgot = false;
    this.#send = send;
    const answered = new Set<string>();
    for (const commandId of wanted) {
      const frame = held.get(commandId);
      if (!frame) continue;
      answered.add(commandId);
      this.deliver(commandId, frame);
    }
    return answered;
  }

  /** Forgets all results: the hub waits for none of them any more. */
  clear(): void {
    this.#sent = [];
    this.#head = 0;
    this.#held.clear();
    this.#bytes = 0;
    this.#forgot = true;
  }

  #drop(): void {
    this.#forgot = true;
    if (this.#head < this.#sent.length) {
      this.#pass();
      this.#compact();
      return;
    }
    for (const [commandId, frame] of this.#held) {
      this.#held.delete(commandId);
      this.#bytes -= frame.length;
      return;
    }
  }

  #pass(): void {
    this.#bytes -= this.#sent[this.#head]?.frame.length ?? 0;
    this.#head++;
    this.#passed++;
  }

  #compact(): void {
    if (this.#head < 512 || this.#head < this.#sent.length / 2) return;
    this.#sent = this.#sent.slice(this.#head);
    this.#head = 0;
  }
}
