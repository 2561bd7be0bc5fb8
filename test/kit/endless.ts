import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Sends the same bytes again and again, at the pace of the reader, until the connection ends. */
export function sendEndlessly(to: Writable, bytes: Buffer): void {
  const chunks = function* () {
    for (;;) yield bytes;
  };
  // The reader ends the connection.
  pipeline(Readable.from(chunks()), to).catch(() => {});
}
