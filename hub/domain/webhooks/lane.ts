/** A webhook whose last attempts all failed gets one attempt at a time: it holds no more of what the others need. */
const SICK_AFTER = 3;

/** The deliveries of one webhook: what is under way, what waits. */
export class Lane {
  readonly inFlight = new Set<string>();
  /** Waiting or under way. */
  pending = 0;
  timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(
    readonly webhookId: string,
    readonly perWebhook: number,
  ) {}

  get isSick(): boolean {
    return this.#failures >= SICK_AFTER;
  }

  /** How many attempts may start now. */
  get room(): number {
    return (this.isSick ? 1 : this.perWebhook) - this.inFlight.size;
  }

  note(success: boolean): void {
    this.#failures = success ? 0 : this.#failures + 1;
  }
}
