import t from 'tap';
import { greetings } from '../../../agent/drivers/databases/greetings.js';

/** As an SQL Server 2000 (8.00.311) was recorded to answer by port scanners: options and where they are, then the version. */
const PRELOGIN = Buffer.concat([
  Buffer.from('0401002500000100', 'hex'),
  Buffer.from('00001500060100 1b00010200 1c00010300 1d0000ff'.replaceAll(' ', ''), 'hex'),
  Buffer.from('080001370000' + '0200', 'hex'),
]);

/** A packet of Oracle's listener. */
function tns(type: number, text: string): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(head.length + text.length, 0);
  head[4] = type;
  return Buffer.concat([head, Buffer.from(text)]);
}

const words: readonly [type: string, bytes: Buffer, said: string][] = [
  ['postgresql', Buffer.from('S'), ''],
  ['postgresql', Buffer.from('N'), ''],
  ['mysql', Buffer.from([10, 0, 0, 0, 10, ...Buffer.from('8.4.2\0')]), '8.4.2'],
  ['mariadb', Buffer.from([9, 0, 0, 0, 10, ...Buffer.from('5.5.5-10.11.6-MariaDB\0')]), '10.11.6-MariaDB'],
  ['mysql', Buffer.from([7, 0, 0, 0, 0xff, 0x6a, 0x04, ...Buffer.from('#no!')]), '#no!'],
  ['redis', Buffer.from('+PONG\r\n'), ''],
  ['redis', Buffer.from('-NOAUTH Authentication required.\r\n'), ''],
  ['mssql', PRELOGIN, '8.0.311'],
  ['mssql', Buffer.from([4, 1, 0, 8, 0, 0, 1, 0]), ''],
  ['oracle', tns(4, '(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=1189)(ERROR_STACK=(ERROR=(CODE=1189)(EMFI=4))))'), ''],
  ['oracle', tns(11, ''), ''],
  [
    'oracle',
    tns(2, 'x(DESCRIPTION=(VSNNUM=1)(ERR=0))TNSLSNR for Linux: Version 11.2.0.2.0 - Production'),
    'TNSLSNR for Linux: Version 11.2.0.2.0',
  ],
  ['mongodb', Buffer.from([26, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0xdd, 0x07, 0, 0]), ''],
];

t.test('each kind is known by its first bytes, once they are complete', async (t) => {
  for (const [type, bytes, said] of words) {
    const greeting = greetings[type];
    t.equal(greeting?.read(bytes), said, type);
    t.equal(greeting?.read(Buffer.alloc(0)), undefined, `${type}: nothing yet`);
  }
});

t.test('a web server is not a database, and neither is a greeting without an end', async (t) => {
  const http = Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
  const endless = Buffer.from([0, 0, 0, 0, 10, ...Buffer.alloc(300, 0x41)]);
  for (const [type, greeting] of Object.entries(greetings)) {
    t.equal(greeting.read(http), null, type);
    t.not(greeting.read(endless), undefined, type);
  }
});

t.test("a server's description of itself is plain text", async (t) => {
  const bytes = Buffer.from([9, 0, 0, 0, 10, 0x1b, 0x5b, ...Buffer.from('31m8.0\r\n'), 0]);
  t.equal(greetings.mysql?.read(bytes), '[31m8.0');
});

t.test('the check leaves MySQL by a sign-in without a password, which MySQL refuses', async (t) => {
  const greeting = Buffer.from([10, 0, 0, 0, 10, ...Buffer.from('8.4.2\0aaa')]);
  const { leave } = greetings.mysql ?? {};
  const login = leave?.(greeting, 0);
  t.equal(login?.[3], 1, 'the packet behind the greeting');
  t.ok(login?.includes('roundhouse-check\0'));
  t.equal(leave?.(greeting, 1), undefined, 'the answer is waited for');
  t.equal(leave?.(greeting.subarray(0, 8), 0), undefined, 'the rest of a greeting, too');
  const packet = (number: number, ...body: number[]) =>
    Buffer.concat([greeting, Buffer.from([body.length, 0, 0, number, ...body])]);
  t.same(leave?.(packet(2, 0xfe, 0x61, 0), 1), Buffer.from([0, 0, 0, 3]), 'another way: without a password there, too');
  t.equal(leave?.(packet(2, 0xff, 0x15, 0x04), 1), null, 'refused: that is all');
  t.same(leave?.(packet(2, 0, 0, 0), 1), Buffer.from([1, 0, 0, 0, 1]), 'where everybody is let in: quit');
  const error = Buffer.from([7, 0, 0, 0, 0xff, 0x6a, 0x04, ...Buffer.from('#no!')]);
  t.equal(leave?.(error, 0), null);
});
