/** The beginning of an output: so many bytes are kept, the rest is dropped. */
export class Kept {
  #parts: Buffer[] = [];
  #bytes = 0;
  /** Something was dropped. */
  cut = false;

  constructor(private readonly limit: number) {}

  add(chunk: Buffer): void {
    const part = chunk.subarray(0, this.limit - this.#bytes);
    if (part.length < chunk.length) this.cut = true;
    if (part.length === 0) return;
    // A view of a larger chunk would keep all of it.
    this.#parts.push(part.length < chunk.length ? Buffer.from(part) : part);
    this.#bytes += part.length;
  }

  /** As text; half a character at the cut is left out. */
  get text(): string {
    const text = Buffer.concat(this.#parts).toString();
    return this.cut ? text.replace(/\ufffd$/, '') : text;
  }
}
