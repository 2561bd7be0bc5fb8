import { StringDecoder } from 'node:string_decoder';
import { Parts } from '@roundhouse/proto/parts';
import type { OutputSink } from './exec.js';

const defaultBytes = 1024 * 1024;
const mostBytes = 16 * 1024 * 1024;

/** Keeps a command's output, up to a limit for each of its streams; the rest is dropped. */
export class KeptOutput {
  readonly #most: number;
  readonly #parts = { stdout: new Parts(), stderr: new Parts() };
  #truncated = false;

  /** @param bytes 0: the default. */
  constructor(bytes: number) {
    this.#most = Math.min(bytes || defaultBytes, mostBytes);
  }

  readonly sink: OutputSink = (stream, chunk) => {
    const room = this.#most - this.#parts[stream].length;
    if (chunk.length > room) this.#truncated = true;
    if (room <= 0) return;
    // A copy, so that the rest of the frame is not kept in memory.
    this.#parts[stream].add(Buffer.from(chunk.subarray(0, room)));
  };

  read(): { readonly stdout: string; readonly stderr: string; readonly truncated: boolean } {
    const { stdout, stderr } = this.#parts;
    return { stdout: text(stdout), stderr: text(stderr), truncated: this.#truncated };
  }
}

/** A character that the limit cuts in two is left out. */
function text(parts: Parts): string {
  return new StringDecoder('utf8').write(parts.take());
}
