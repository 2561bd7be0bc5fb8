import { Readable } from 'node:stream';

const headerBytes = 8;
const stderrChannel = 2;
const lastChannel = 3;

/**
 * Splits an attached container's output into its streams. A frame has a channel, three zeros, a length and the bytes (Docker Engine API,
 * "Stream format"). Only the two streams keep data. While one of them is full, nothing is read.
 */
export class Demultiplexer {
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #full = new Set<Readable>();
  #header = Buffer.alloc(0);
  /** How much of the present frame is left, bytes. */
  #left = 0;
  #channel = 0;

  /** @param onBroken called if the bytes are no such stream. */
  constructor(
    private readonly source: Readable,
    onBroken: () => void,
  ) {
    this.stdout = this.#stream();
    this.stderr = this.#stream();
    source.on('data', (chunk: Buffer) => {
      if (!this.#take(chunk)) onBroken();
    });
  }

  /** The output has ended. */
  end(): void {
    this.stdout.push(null);
    this.stderr.push(null);
  }

  #stream(): Readable {
    const stream: Readable = new Readable({ read: () => this.#wanted(stream) });
    return stream;
  }

  #wanted(stream: Readable): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.source.resume();
  }

  #take(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) {
        const missing = headerBytes - this.#header.length;
        this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + missing)]);
        at += missing;
        if (this.#header.length < headerBytes) break;
        this.#channel = this.#header.readUInt8(0);
        this.#left = this.#header.readUInt32BE(4);
        if (this.#channel > lastChannel || this.#header.readUIntBE(1, 3) !== 0) return false;
        this.#header = Buffer.alloc(0);
        continue;
      }
      const part = chunk.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      // The engine's own errors (the last channel) go to standard error, which people read.
      this.#push(this.#channel >= stderrChannel ? this.stderr : this.stdout, part);
    }
    return true;
  }

  #push(stream: Readable, part: Buffer): void {
    if (stream.destroyed || stream.push(part)) return;
    this.#full.add(stream);
    this.source.pause();
  }
}
