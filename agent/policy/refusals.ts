/** The report to the hub about a server that the site's policy refuses, for its audit log. */
export interface Refusal {
  readonly level: 'warn';
  readonly serverId: string;
  readonly message: string;
  readonly topic: 'policy.refused';
}

/** Tells the hub of refusals; those from while it was away are told once it is back, the last one of each server. */
export class Refusals {
  readonly #tell: (refusal: Refusal) => void;
  readonly #untold = new Map<string, Refusal>();
  #connected = false;

  constructor(tell: (refusal: Refusal) => void) {
    this.#tell = tell;
  }

  take(serverId: string, message: string): void {
    const refusal: Refusal = { level: 'warn', serverId, message, topic: 'policy.refused' };
    if (this.#connected) this.#tell(refusal);
    else this.#untold.set(serverId, refusal);
  }

  connected(connected: boolean): void {
    this.#connected = connected;
    if (!connected) return;
    for (const refusal of this.#untold.values()) this.#tell(refusal);
    this.#untold.clear();
  }
}
