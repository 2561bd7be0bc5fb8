import type { Greeting } from './greetings.js';
import { MAX_TEXT, printable } from './printable.js';

/**
 * The user of the sign-in with which the agent leaves politely. A server counts connections that end without an answer to its greeting, and
 * shuts out their address after a hundred (`max_connect_errors`). It does not count a sign-in that it refuses.
 */
const NOBODY = 'roundhouse-check';
/** The first byte of a packet: the server accepts the sign-in, or asks for another way to sign in. */
const [OK, ANOTHER_WAY] = [0, 0xfe];
const QUIT = 1;
/** Protocol 4.1 and its passwords, long flags, named ways to sign in. */
const CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000;
const UTF8 = 45;

/** MySQL and MariaDB begin: protocol 10 with the version, or an error packet (`0xff`) for whom they do not speak to. */
export const mysql: Greeting = {
  hello: Buffer.alloc(0),
  read(bytes) {
    if (bytes.length < 5) return undefined;
    if (bytes[3] !== 0) return null;
    if (bytes[4] === 0xff)
      return bytes.length < 7 ? undefined : printable(bytes.subarray(7, 4 + bytes.readUIntLE(0, 3)));
    if (bytes[4] !== 10) return null;
    const end = bytes.indexOf(0, 5);
    if (end === -1) return bytes.length > MAX_TEXT ? null : undefined;
    // MariaDB hides behind an old version, for replicas that know no two-digit ones.
    return printable(bytes.subarray(5, end)).replace(/^5\.5\.5-(?=\d+\.\d+\.\d+-MariaDB)/, '');
  },
  leave(bytes, heard) {
    const packet = packetsOf(bytes)[heard];
    if (!packet) return undefined;
    if (heard === 0) return packet.body[0] === 10 ? login(packet.number + 1) : null;
    switch (packet.body[0]) {
      case ANOTHER_WAY:
        return framed(packet.number + 1, Buffer.alloc(0));
      case OK:
        return framed(0, Buffer.from([QUIT]));
      default:
        return null;
    }
  },
};

interface Packet {
  readonly number: number;
  readonly body: Buffer;
}

/** The packets that are complete. */
function packetsOf(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUIntLE(at, 3);
    if (end > bytes.length) break;
    packets.push({ number: bytes[at + 3] ?? 0, body: bytes.subarray(at + 4, end) });
    at = end;
  }
  return packets;
}

function framed(number: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = number & 0xff;
  return Buffer.concat([head, body]);
}

/** The sign-in packet of a user without a password. */
function login(number: number): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(CAPABILITIES, 0);
  head.writeUInt32LE(2 ** 24 - 1, 4);
  head[8] = UTF8;
  return framed(number, Buffer.concat([head, Buffer.from(`${NOBODY}\0\0mysql_native_password\0`)]));
}
