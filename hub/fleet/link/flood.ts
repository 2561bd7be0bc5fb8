import { Bucket } from './buckets.js';
import type { ReceivedFrame } from './frames.js';

/** How much an agent may send of its own accord. What it was asked for, the results of its commands, is not counted. */
export class FloodGate {
  readonly #frames: Bucket;
  readonly #bytes: Bucket;

  constructor(limits: { readonly floodFrames: number; readonly floodBytes: number }) {
    this.#frames = new Bucket(limits.floodFrames, 4);
    this.#bytes = new Bucket(limits.floodBytes, 4);
  }

  /** Whether a frame that nobody asked for is still within bounds. */
  admits(bytes: number): boolean {
    return this.#frames.take(1) && this.#bytes.take(bytes);
  }
}

/** What it takes to decode a field, as bytes. */
const fieldWeight = 256;
/** What the hub does for each tool of a list, as bytes: it reads the definition, and all that shows tools learns of it. */
const toolWeight = 4096;

/** How much a frame weighs, as bytes. */
export function weigh({ frame, bytes, fields }: Omit<ReceivedFrame, 'frame'> & Partial<ReceivedFrame>): number {
  const tools = frame?.case === 'server' ? (frame.value.tools?.tools.length ?? 0) : 0;
  return bytes + fieldWeight * fields + toolWeight * tools;
}
