import { parseAddress } from './channel.js';

/** The hubs that an agent may dial: one of several is active, and answers. */
export class Hubs {
  readonly #addresses: readonly string[];
  #at = 0;
  /** How many hubs were dialled without success since the last connection. */
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
   * The current hub does not answer, or has ended the connection: the next hub becomes the current one.
   * @returns whether the next hub was not dialled since the last connection, and should be dialled at once
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
