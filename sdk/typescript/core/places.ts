/** Reads from an event stream how far it is. An `EventSource` takes notice only of the ids of events; the hub also tells its place between them. */
export class Places {
  /** The last id that was told in full; empty for none. */
  last: string;
  #decoder = new TextDecoder();
  #line = '';
  #pending: string | undefined;

  constructor(last: string) {
    this.last = last;
  }

  /** A new connection: an unfinished event of the old one does not count. */
  begin(): void {
    this.#decoder = new TextDecoder();
    this.#line = '';
    this.#pending = undefined;
  }

  feed(chunk: Uint8Array): void {
    const lines = (this.#line + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('id:')) this.#pending = line.slice(3).trim();
      else if (line.trim() === '' && this.#pending !== undefined) {
        this.last = this.#pending;
        this.#pending = undefined;
      }
    }
  }
}
