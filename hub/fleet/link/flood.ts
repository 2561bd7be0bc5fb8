import { Bucket } from '@roundhouse/proto/bucket';
import { unsolicitedSeconds, weightOf } from '@roundhouse/proto/unsolicited';
import type { ReceivedFrame } from './frames.js';

/** Bounds the frames that an agent sends unasked, such as reports. The results of commands do not count: the hub asked for them. */
export class FloodGate {
  readonly #frames: Bucket;
  readonly #bytes: Bucket;

  constructor(limits: { readonly floodFrames: number; readonly floodBytes: number }) {
    this.#frames = new Bucket(limits.floodFrames, unsolicitedSeconds);
    this.#bytes = new Bucket(limits.floodBytes, unsolicitedSeconds);
  }

  /** Whether a frame that the hub did not ask for is still within bounds. A message without frames counts as one. */
  admits({ frame, bytes, fields }: Omit<ReceivedFrame, 'frame'> & Partial<ReceivedFrame>): boolean {
    const tools = frame?.case === 'server' ? (frame.value.tools?.tools ?? []) : [];
    return this.#frames.take() && this.#bytes.take(weightOf(bytes, fields, tools));
  }
}
