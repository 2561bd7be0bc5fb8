/** A part of fewer bytes is small. Every part that is kept costs some hundred bytes of its own. */
const smallBytes = 1024;
/** So many small parts are joined. */
const mostSmall = 64;

/** Bytes that come in parts and are needed as one piece. They take little more memory than they have bytes, however small the parts are. */
export class Parts {
  #large: Buffer[] = [];
  #small: Buffer[] = [];

  /** How many bytes there are. */
  length = 0;

  /** Keeps a part; it must not change later. */
  add(part: Buffer): void {
    this.length += part.length;
    this.#small.push(part);
    if (part.length < smallBytes && this.#small.length < mostSmall) return;
    const joined = this.#small.length === 1 ? part : Buffer.concat(this.#small);
    this.#small = joined.length < smallBytes ? [joined] : [];
    if (joined.length >= smallBytes) this.#large.push(joined);
  }

  /** All bytes as one piece. Then there are none. */
  take(): Buffer {
    const parts = [...this.#large, ...this.#small];
    this.clear();
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  clear(): void {
    this.#large = [];
    this.#small = [];
    this.length = 0;
  }
}
