/** How a kind of database is known by its first bytes, before a sign-in. */
export interface Greeting {
  /** The bytes that the agent sends first; empty if the server speaks first. */
  readonly hello: Buffer;
  /**
   * The result of the bytes so far: the server's description of itself (may be empty), `null` for another kind of server, `undefined` for
   * too few bytes.
   */
  read(bytes: Buffer): string | null | undefined;
  /**
   * The end of a handshake with a server that counts aborted ones: the next bytes to send after `bytes`, of which the agent has answered
   * `heard` packets. `undefined`: wait for more; `null`: close the connection.
   */
  leave?(bytes: Buffer, heard: number): Buffer | null | undefined;
}

/** The longest description of a server that the agent keeps, characters. */
const MAX_TEXT = 256;

/** A server's text without control characters: a server may send any bytes. */
function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, MAX_TEXT);
}

/** SSLRequest of the PostgreSQL protocol: the server answers with one letter. */
const postgresql: Greeting = {
  hello: Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]),
  read: (bytes) => (bytes.length === 0 ? undefined : 'SNE'.includes(String.fromCharCode(bytes[0] ?? 0)) ? '' : null),
};

/** PRELOGIN of TDS, which asks for the version. The first option of the response packet (type 4) is the version. */
const mssql: Greeting = {
  hello: Buffer.from([18, 1, 0, 26, 0, 0, 0, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255, 0, 0, 0, 0, 0, 0, 2]),
  read(bytes) {
    if (bytes.length > 0 && bytes[0] !== 4) return null;
    if (bytes.length < 8 || bytes.length < bytes.readUInt16BE(2)) return undefined;
    // An option: its number, its position behind the header, its length.
    const at = bytes.length < 13 || bytes[8] !== 0 ? bytes.length : 8 + bytes.readUInt16BE(9);
    return bytes.length < at + 4 ? '' : `${bytes[at]}.${bytes[at + 1]}.${bytes.readUInt16BE(at + 2)}`;
  },
};

/** `PING`: the server answers, or asks for a sign-in. */
const redis: Greeting = {
  hello: Buffer.from('PING\r\n'),
  read(bytes) {
    if (bytes.length === 0) return undefined;
    if (bytes[0] !== 0x2b && bytes[0] !== 0x2d) return null;
    const end = bytes.indexOf('\r\n');
    if (end === -1) return bytes.length > MAX_TEXT ? null : undefined;
    return /^\+PONG|^-(NOAUTH|DENIED|ERR|MISCONF|LOADING|MASTERDOWN)/.test(bytes.toString('latin1', 0, end))
      ? ''
      : null;
  },
};

/** TNS: a request to connect that asks only for the listener's version. The listener accepts (2), refuses (4), or asks again (11). */
const oracle: Greeting = {
  hello: listenerVersion(),
  read(bytes) {
    if (bytes.length < 8) return undefined;
    // Packets in both directions have no checksums.
    if (bytes[2] !== 0 || bytes[3] !== 0 || ![2, 4, 11].includes(bytes[4] ?? 0)) return null;
    return /TNSLSNR for [^:]{1,40}: Version [\d.]+/.exec(printable(bytes))?.[0] ?? '';
  },
};

function listenerVersion(): Buffer {
  const data = Buffer.from('(CONNECT_DATA=(COMMAND=version))');
  const head = Buffer.alloc(58);
  head.writeUInt16BE(head.length + data.length, 0);
  // Connect.
  head[4] = 1;
  // Version 310, compatible down to 300; the largest units of session and transport; the protocol's characteristics; byte order.
  for (const [at, value] of [
    [8, 310],
    [10, 300],
    [14, 2048],
    [16, 32_767],
    [18, 32_520],
    [22, 1],
  ] as const)
    head.writeUInt16BE(value, at);
  head.writeUInt16BE(data.length, 24);
  head.writeUInt16BE(head.length, 26);
  return Buffer.concat([head, data]);
}

const OP_MSG = 2013;

/** `{hello: 1, $db: "admin"}` as an OP_MSG; the server answers with an OP_MSG. */
const mongodb: Greeting = {
  hello: helloMessage(),
  read(bytes) {
    if (bytes.length < 16) return undefined;
    return bytes.readInt32LE(12) === OP_MSG && bytes.readInt32LE(8) === 1 ? '' : null;
  },
};

function helloMessage(): Buffer {
  const text = (name: string, value: string) => {
    const head = Buffer.concat([Buffer.from([2]), Buffer.from(`${name}\0`)]);
    const length = Buffer.alloc(4);
    length.writeInt32LE(value.length + 1);
    return Buffer.concat([head, length, Buffer.from(`${value}\0`)]);
  };
  const one = Buffer.concat([Buffer.from([16]), Buffer.from('hello\0'), Buffer.from([1, 0, 0, 0])]);
  const members = Buffer.concat([one, text('$db', 'admin'), Buffer.from([0])]);
  const document = Buffer.concat([Buffer.alloc(4), members]);
  document.writeInt32LE(document.length);
  const message = Buffer.concat([Buffer.alloc(21), document]);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(1, 4);
  message.writeInt32LE(OP_MSG, 12);
  return message;
}

/**
 * The user of the sign-in with which the agent leaves politely. A server counts connections that end without an answer to its greeting, and
 * shuts out their address after a hundred (`max_connect_errors`). It does not count a sign-in that it refuses.
 */
const CHECK_USER = 'roundhouse-check';
/** The first byte of a packet: the server accepts the sign-in, or asks for another way to sign in. */
const [OK, ANOTHER_WAY] = [0, 0xfe];
const QUIT = 1;
/** Protocol 4.1 and its passwords, long flags, named ways to sign in. */
const CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000;
const UTF8 = 45;

/** MySQL and MariaDB speak first: protocol 10 with the version, or an error packet (`0xff`) for a client that they refuse. */
const mysql: Greeting = {
  hello: Buffer.alloc(0),
  read(bytes) {
    if (bytes.length < 5) return undefined;
    if (bytes[3] !== 0) return null;
    if (bytes[4] === 0xff)
      return bytes.length < 7 ? undefined : printable(bytes.subarray(7, 4 + bytes.readUIntLE(0, 3)));
    if (bytes[4] !== 10) return null;
    const end = bytes.indexOf(0, 5);
    if (end === -1) return bytes.length > MAX_TEXT ? null : undefined;
    // MariaDB puts an old version before its own, for replicas that know no two-digit versions.
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
  return framed(number, Buffer.concat([head, Buffer.from(`${CHECK_USER}\0\0mysql_native_password\0`)]));
}

/** By the kinds of databases. */
export const greetings: Readonly<Record<string, Greeting>> = {
  postgresql,
  mysql,
  mariadb: mysql,
  mssql,
  redis,
  mongodb,
  oracle,
};
