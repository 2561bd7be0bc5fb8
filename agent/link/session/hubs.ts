import { parseAddress } from './channel.js';

/** The hubs that an agent may dial: one of several is active, and answers. */
export class Hubs {
  readonly #addresses: readonly string[];
  #at = 0;
  /** Hubs that were dialled in vain since the last connection. */
  #failed = 0;

  /**
   * @param list `HOST:PORT`, several separated by commas
   * @throws Error with a sentence for the operator
   */
  constructor(list: string) {
    this.#addresses = list.split(',').map((address) => address.trim());
    for (const address of this.#addresses) parseAddress(address);
  }

  /** The hub to dial. */
  get current(): string {
    return this.#addresses[this.#at] ?? '';
  }

  /**
   * This hub does not answer, or has ended the connection: the next one comes.
   * @returns whether it was not dialled since the last connection, and is worth an attempt at once
   */
  next(): boolean {
    this.#at = (this.#at + 1) % this.#addresses.length;
    this.#failed += 1;
    return this.#failed < this.#addresses.length;
  }

  /** The current hub has welcomed the agent. */
  connected(): void {
    this.#failed = 0;
  }
}
