import type { Heartbeat } from '../gen/agent/v1/link_pb.js';

/** Keeps a link alive, measures it, and notices when the other side has fallen silent. */
export class Heartbeats {
  readonly #limits: { readonly heartbeatIntervalMs: number; readonly silenceLimitMs: number };
  readonly #link: {
    send(heartbeat: { number: bigint; reply: boolean }): void;
    measured(roundTripMs: number): void;
    silent(): void;
  };
  #timer: NodeJS.Timeout | undefined;
  #number = 0n;
  #sentAt = 0;
  #heardAt = performance.now();

  constructor(
    limits: { readonly heartbeatIntervalMs: number; readonly silenceLimitMs: number },
    link: {
      send(heartbeat: { number: bigint; reply: boolean }): void;
      /** The answer to the last heartbeat came. */
      measured(roundTripMs: number): void;
      /** No message came within the limit. */
      silent(): void;
    },
  ) {
    this.#limits = limits;
    this.#link = link;
  }

  start(): void {
    this.heard();
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), this.#limits.heartbeatIntervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A message came from the other side. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Answers the other side's heartbeat, or measures the time of its answer to this side's heartbeat. */
  take({ number, reply }: Heartbeat): void {
    if (!reply) this.#link.send({ number, reply: true });
    else if (number === this.#number) this.#link.measured(performance.now() - this.#sentAt);
  }

  #beat(): void {
    const now = performance.now();
    if (now - this.#heardAt > this.#limits.silenceLimitMs) {
      this.#link.silent();
      return;
    }
    this.#sentAt = now;
    this.#link.send({ number: ++this.#number, reply: false });
  }
}
