import type { Share, Shares } from '../access/limits.js';

/** The bytes of one body. They count against their payer as long as the request, or work that it began, keeps the body. */
export class BodyBytes {
  readonly #shares: Shares;
  #share: Share | undefined;
  #bytes = 0;
  #keepers = 0;

  /** @param shares the bytes of all bodies */
  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** Counts further bytes. All bytes count against this payer from now on. @throws DomainError `unavailable`; then none of them is counted. */
  add(payer: string, more: number): void {
    const bytes = this.#bytes + more;
    this.#give();
    if (bytes === 0) return;
    this.#share = this.#shares.take(payer, bytes);
    this.#bytes = bytes;
  }

  /** Adds a keeper of the body. The bytes are free again once all keepers have let it go. @returns lets the body go */
  keep(): () => void {
    this.#keepers += 1;
    let keeps = true;
    return () => {
      if (!keeps) return;
      keeps = false;
      this.#keepers -= 1;
      if (this.#keepers === 0) this.#give();
    };
  }

  #give(): void {
    this.#share?.give(this.#bytes);
    this.#share = undefined;
    this.#bytes = 0;
  }
}
