/** Output to one client, as far as the client is behind. */
export interface Output {
  /** The payer whose bytes it counts against; it stays the same. */
  readonly payer: string;
  /** Since when the client has taken nothing, as `performance.now()` has it; 0 while nothing waits. */
  readonly blockedSince: number;
  /** Ends the output, and frees its bytes. It may be called in the middle of a write to the client. */
  cutOff(): void;
}

interface Account {
  bytes: number;
  readonly outputs: Map<Output, number>;
}

/**
 * The bytes that the hub keeps for clients that are behind: of answers and event streams. WebSockets have bounds of their own. Each payer has a bound, so that one caller cannot
 * fill the hub's memory with output that it does not read. A single output may be larger.
 */
export class UnreadBytes {
  readonly #most: number;
  readonly #accounts = new Map<string, Account>();

  constructor(mostOfPayer: number) {
    this.#most = mostOfPayer;
  }

  /** Whether the hub may keep this many more bytes for the payer. */
  hasRoom(payer: string, bytes: number): boolean {
    const unread = this.#accounts.get(payer)?.bytes ?? 0;
    return unread === 0 || unread + bytes <= this.#most;
  }

  /**
   * States how many bytes the hub keeps for an output: 0 once its client has taken everything, or is gone. If the payer's bytes exceed the bound, the
   * outputs end whose clients have taken nothing for the longest time. So a client that reads goes on, however far behind the payer's other clients are.
   */
  set(output: Output, bytes: number): void {
    const account = this.#accounts.get(output.payer) ?? { bytes: 0, outputs: new Map<Output, number>() };
    account.bytes += bytes - (account.outputs.get(output) ?? 0);
    if (bytes > 0) {
      account.outputs.set(output, bytes);
      this.#accounts.set(output.payer, account);
    } else {
      account.outputs.delete(output);
      if (account.outputs.size === 0) this.#accounts.delete(output.payer);
    }
    while (account.bytes > this.#most && account.outputs.size > 1) {
      const last = longestBlocked(account.outputs.keys());
      if (!last) return;
      this.set(last, 0);
      last.cutOff();
    }
  }
}

function longestBlocked(outputs: Iterable<Output>): Output | undefined {
  let longest: Output | undefined;
  for (const output of outputs) {
    if (output.blockedSince === 0) continue;
    if (!longest || output.blockedSince < longest.blockedSince) longest = output;
  }
  return longest;
}
