import type { AgentFrame } from '@roundhouse/proto/agent/v1/link';
import { Bucket } from './buckets.js';

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

/** What the hub does for each tool of a list, as bytes: it reads the definition, and all that shows tools learns of it. */
const toolWeight = 4096;

/** About how much of a message a frame makes up, bytes. */
export function weigh(frame: AgentFrame['frame'], messageBytes: number): number {
  switch (frame.case) {
    case 'progress':
      return frame.value.json.length;
    // Reports of many devices come together, of each after a hello.
    case 'device':
      return 1024 + frame.value.error.length;
    case 'heartbeat':
    case 'drain':
    case 'result':
      return 16;
    case 'server':
      return messageBytes + toolWeight * (frame.value.tools?.tools.length ?? 0);
    // The others are rare, and each may be most of what it came with.
    default:
      return messageBytes;
  }
}
