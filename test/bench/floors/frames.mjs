// The relay's protocol: messages of any number of frames, each `id` (4 bytes), `length` (4 bytes), payload.
// The gRPC method carries raw bytes: bytes that need no encoding are the cheapest.

const raw = { serialize: (/** @type {Buffer} */ bytes) => bytes, deserialize: (/** @type {Buffer} */ bytes) => bytes };

/** The one method: a stream of messages each way. */
export const service = {
  Relay: {
    path: '/floor.Relay/Relay',
    requestStream: true,
    responseStream: true,
    requestSerialize: raw.serialize,
    requestDeserialize: raw.deserialize,
    responseSerialize: raw.serialize,
    responseDeserialize: raw.deserialize,
  },
};

/**
 * Gathers the frames of one turn of the event loop into one message.
 * @param {(message: Buffer) => void} write
 * @returns {(id: number, payload: Buffer) => void}
 */
export function batcher(write) {
  /** @type {Buffer[]} */
  let pieces = [];
  const flush = () => {
    const message = Buffer.concat(pieces);
    pieces = [];
    write(message);
  };
  return (id, payload) => {
    if (pieces.length === 0) setImmediate(flush);
    const header = Buffer.allocUnsafe(8);
    header.writeUInt32LE(id, 0);
    header.writeUInt32LE(payload.length, 4);
    pieces.push(header, payload);
  };
}

/** @param {Buffer} message @param {(id: number, payload: Buffer) => void} each */
export function readFrames(message, each) {
  for (let at = 0; at < message.length; ) {
    const end = at + 8 + message.readUInt32LE(at + 4);
    each(message.readUInt32LE(at), message.subarray(at + 8, end));
    at = end;
  }
}
