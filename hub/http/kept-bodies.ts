import { LRUCache } from 'lru-cache';
import type { Envelope, ReplyInfo } from './api.js';

/** The bodies that are kept, and their bytes altogether. */
const MOST_BODIES = 512;
const MOST_BYTES = 16 * 1024 * 1024;
/** A larger body is not kept: the socket layer sends it piece by piece, while the time in it may change. */
const LARGEST = 64 * 1024;

/** Stand for the values of a request, and tell where the envelope writes them. */
const SAMPLE_TIME = '0000-00-00T00:00:00.000Z';
const SAMPLES = ['roundhouse-sample-1', 'roundhouse-sample-2'] as const;

interface KeptBody {
  readonly bytes: Buffer;
  /** Where the time is. */
  readonly timeAt: number;
  time: string;
}

/**
 * Bodies of answers whose data is the same for many requests, such as a page of the tool list. A kept body has only the time to be written. Without
 * this, each request would join the data and its envelope into a new text, and encode it.
 */
export class KeptBodies {
  readonly #envelope: Envelope;
  readonly #kept = new LRUCache<string, KeptBody>({
    max: MOST_BODIES,
    maxSize: MOST_BYTES,
    sizeCalculation: ({ bytes }, text) => bytes.length + 2 * text.length,
  });

  constructor(envelope: Envelope) {
    this.#envelope = envelope;
  }

  /** The body of a success. It is valid until the next call: the caller sends it at once. @param text the data, finished JSON text */
  body(text: string, info: ReplyInfo): string | Uint8Array {
    const kept = this.#kept.get(text) ?? this.#keep(text);
    if (!kept) return this.#envelope.success(text, undefined, info);
    const { timestamp } = info;
    if (kept.time !== timestamp) {
      kept.bytes.write(timestamp, kept.timeAt, 'latin1');
      kept.time = timestamp;
    }
    return kept.bytes;
  }

  /** `undefined` if the body is too large, or the envelope writes more values of the request than its time. */
  #keep(text: string): KeptBody | undefined {
    if (text.length > LARGEST || text.includes(SAMPLE_TIME)) return undefined;
    const [body, other] = SAMPLES.map((requestId) =>
      this.#envelope.success(text, undefined, { requestId, timestamp: SAMPLE_TIME }),
    );
    const [before, after, ...more] = body?.split(SAMPLE_TIME) ?? [];
    if (body === undefined || body !== other || before === undefined || after === undefined || more.length > 0)
      return undefined;
    const bytes = Buffer.from(body);
    if (bytes.length > LARGEST) return undefined;
    const kept = { bytes, timeAt: Buffer.byteLength(before), time: SAMPLE_TIME };
    this.#kept.set(text, kept);
    return kept;
  }
}
