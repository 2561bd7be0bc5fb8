import type { Exchange } from '../request/exchange.js';
import { Flow, type FlowWatch } from './flow.js';

/** How much is handed to the socket at once; the socket layer copies and keeps the rest. */
const PIECE = 64 * 1024;
/** The same while the client is behind: a small piece shows whether the client has caught up, and adds little if it has not. */
const PROBE = 1024;

/**
 * Sends chunks as they come. It takes the next chunk only when the client has room: a slow reader holds memory for one chunk and one piece, no more.
 * It sends nothing before the first chunk, so that an earlier failure is an error answer.
 * @param size bytes that the chunks keep until the client has taken all of them
 * @returns once the stream has ended, was cut, or the client is gone.
 * @throws the error of the source before the first chunk. A later error is logged, and the connection is cut.
 */
export async function sendStream(
  x: Exchange,
  head: string,
  chunks: AsyncIterable<Uint8Array>,
  flows: FlowWatch,
  size = 0,
): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  const sender = new Sender(x, head, flows, size);
  let finished = false;
  const leave = () => {
    if (finished) return;
    finished = true;
    // The source may be busy with the next chunk, and end only when the aborted signal reaches it. The hub does not wait for that.
    Promise.resolve(iterator.return?.()).catch((error: unknown) =>
      x.log.debug({ event: 'stream.source_failed', err: error }, 'stream source'),
    );
  };
  x.onEnded = () => {
    sender.wake();
    leave();
  };
  try {
    for (let next = await iterator.next(); !x.ended; next = await iterator.next()) {
      if (next.done) {
        finished = true;
        sender.finish();
        return;
      }
      await sender.send(next.value);
      if (x.ended) return;
    }
  } catch (error) {
    finished = true;
    if (x.ended) return;
    if (!sender.started) throw error;
    x.log.warn({ event: 'stream.failed', err: error, path: x.path }, 'stream failed: connection cut');
    // The socket layer has not sent the last bytes of this turn of the event loop yet.
    setImmediate(() => x.cut());
  } finally {
    leave();
    sender.close();
  }
}

class Sender {
  readonly #x: Exchange;
  readonly #head: string;
  readonly #flows: FlowWatch;
  readonly #flow: Flow;
  #size = PIECE;
  #wake: (() => void) | undefined;
  started = false;

  constructor(x: Exchange, head: string, flows: FlowWatch, size: number) {
    this.#x = x;
    this.#head = head;
    this.#flows = flows;
    this.#flow = new Flow(x, size);
    flows.add(this.#flow);
    x.res.onWritable(() => {
      // Corking flushes the data that the socket layer kept. The layer does not do so by itself while there is an `onWritable` listener.
      if (!x.ended) x.res.cork(() => {});
      this.#flow.blockedSince = 0;
      this.wake();
      return true;
    });
  }

  /** Resolves once the client has taken the chunk except its last piece. */
  async send(chunk: Uint8Array): Promise<void> {
    for (let offset = 0; offset < chunk.length && !this.#x.ended; ) {
      const piece = chunk.subarray(offset, offset + this.#size);
      offset += piece.length;
      if (this.#write(piece)) {
        this.#size = PIECE;
        continue;
      }
      this.#size = PROBE;
      this.#flow.blockedSince = performance.now();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  finish(): void {
    const { res, isLast } = this.#x;
    res.cork(() => {
      this.#begin();
      res.end('', isLast);
    });
    this.#x.end(this.#x.status);
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  close(): void {
    this.#flows.delete(this.#flow);
  }

  #write(piece: Uint8Array): boolean {
    const { res } = this.#x;
    let taken = true;
    res.cork(() => {
      this.#begin();
      taken = res.write(piece);
    });
    return taken;
  }

  #begin(): void {
    if (this.started) return;
    this.started = true;
    this.#x.res.writeStatus(this.#head);
  }
}
