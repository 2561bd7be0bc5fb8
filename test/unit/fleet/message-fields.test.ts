import { BinaryReader } from '@bufbuild/protobuf/wire';
import { maxMessageBytes } from '@roundhouse/proto/frames';
import t, { type Test } from 'tap';
import { encodeFrame, encodePart, encodeResult } from '../../../agent/link/session/frames.js';
import { decodeBareResult, decodeHello, decodeTransferPart, readAgentFrames } from '../../../hub/fleet/link/frames.js';
import { enrollmentService, linkService } from '../../../hub/fleet/listen/service.js';

/** A number in its form in a message. */
function varint(value: number): Buffer {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A field that holds bytes or a message. */
function field(number: number, ...content: Buffer[]): Buffer {
  const whole = Buffer.concat(content);
  return Buffer.concat([varint((number << 3) | 2), varint(whole.length), whole]);
}

/** So many bytes, made of repetitions. */
const many = (length: number, ...bytes: number[]) => Buffer.alloc(length, Buffer.from(bytes));

/** Fields and groups of about so many bytes. No message of the contract has the field 15. */
const floods: Readonly<Record<string, (length: number) => Buffer>> = {
  'unknown numbers': (length) => many(length, 0x78, 0),
  'unknown empty texts': (length) => many(length, 0x7a, 0),
  'unknown numbers of 32 bits': (length) => many(length - (length % 5), 0x7d, 0, 0, 0, 0),
  'unknown numbers of 64 bits': (length) => many(length - (length % 9), 0x79, 0, 0, 0, 0, 0, 0, 0, 0),
  'an endless number': (length) => Buffer.concat([Buffer.from([0x78]), many(length, 0x80)]),
  'a group of numbers': (length) => Buffer.concat([Buffer.from([0x7b]), many(length, 0x10, 0), Buffer.from([0x7c])]),
  'a group of groups': (length) => Buffer.concat([Buffer.from([0x7b]), many(length, 0x7b, 0x7c), Buffer.from([0x7c])]),
  'many groups': (length) => many(length, 0x7b, 0x7c),
  'nested groups': (length) => Buffer.concat([many(length / 2, 0x7b), many(length / 2, 0x7c)]),
  'ends of groups': (length) => many(length, 0x7c),
  'the first field as a text': (length) => many(length, 0x0a, 0),
  'the first field as a number': (length) => many(length, 0x08, 0),
  'the second field as a text': (length) => many(length, 0x12, 0),
  'the second field as a number': (length) => many(length, 0x10, 0),
  'the third field as a number': (length) => many(length, 0x18, 0),
};

const mebibyte = 1024 * 1024;
/** Room for the fields around the flood. */
const framing = 64;
const streamed = maxMessageBytes - framing;
const frames = (message: Buffer) => {
  let last: unknown;
  // The hub keeps no frame either.
  for (const frame of readAgentFrames(message)) last = frame;
  return last;
};

/** Where the hub decodes bytes of an agent: with a size of the message. Each limit of sizes is tried once. */
const entries: readonly (readonly [string, (message: Buffer) => unknown, (flood: Buffer) => Buffer, number])[] = [
  ['a message', frames, (flood) => flood, streamed],
  ['a frame', frames, (flood) => field(1, flood), streamed],
  ['a report', frames, (flood) => field(1, field(4, flood)), 2 * mebibyte],
  ['a list of tools', frames, (flood) => field(1, field(4, field(5, flood))), 2 * mebibyte],
  ['metrics', frames, (flood) => field(1, field(13, flood)), 2 * mebibyte],
  ['a result', frames, (flood) => field(1, field(2, flood)), 2 * mebibyte],
  ["a tool's result", frames, (flood) => field(1, field(2, field(3, flood))), streamed],
  ['a hello', decodeHello, (flood) => field(1, field(1, flood)), mebibyte],
  ['a part of a data stream', decodeTransferPart, (flood) => flood, 64 * 1024],
  ['a failure on a data stream', decodeTransferPart, (flood) => field(3, flood), 64 * 1024],
  ['a result on a data stream', decodeBareResult, (flood) => flood, 2 * mebibyte],
  ["a tool's result on a data stream", decodeBareResult, (flood) => field(3, flood), 64 * mebibyte],
  ['an enrolment', enrollmentService.enroll.requestDeserialize, (flood) => flood, 16 * 1024 - framing],
  ['a renewal', linkService.renew.requestDeserialize, (flood) => flood, 16 * 1024 - framing],
];

/** Frames next to each other are no flood: the hub reads them one by one, and limits how many it takes. */
const isFrames = (entry: string, flood: string) => entry === 'a message' && flood === 'the first field as a text';

/** Counts how often any reader of messages moves on. */
function countSteps(t: Test): () => number {
  let steps = 0;
  const places = new WeakMap<object, number>();
  Object.defineProperty(BinaryReader.prototype, 'pos', {
    configurable: true,
    get(this: object) {
      return places.get(this);
    },
    set(this: object, place: number) {
      steps += 1;
      places.set(this, place);
    },
  });
  t.teardown(() => Reflect.deleteProperty(BinaryReader.prototype, 'pos'));
  return () => steps;
}

/** The most steps for a message: a few for each of 65,536 fields. */
const mostSteps = 8 * 65_536;

for (const [entry, read, within, largest] of entries) {
  t.test(`${entry} of large size, made of one kind of field: refused after a bounded number of fields`, async (t) => {
    const steps = countSteps(t);
    for (const [kind, flood] of Object.entries(floods)) {
      if (isFrames(entry, kind)) continue;
      const message = within(flood(largest));
      const before = steps();
      t.throws(() => read(message), kind);
      const taken = steps() - before;
      t.ok(taken > 0 && taken <= mostSteps, `${kind}: ${taken} steps`);
    }
  });
}

t.test('the frames of one message share one maximum of fields', async (t) => {
  const steps = countSteps(t);
  const frame = field(1, field(7, many(20_000, 0x78, 0)));
  const message = Buffer.concat(Array.from({ length: 500 }, () => frame));
  t.throws(() => frames(message), { message: 'a message with too many fields' });
  t.ok(steps() <= 2 * mostSteps, `${steps()} steps: the count reads the bytes once, and so does the decoder`);
});

t.test('bytes that the count and the generated code would read in different ways are refused', async (t) => {
  const flood = many(200_000, 0x78, 0);
  const { length } = flood;
  const tagged = (tag: number) => Buffer.concat([Buffer.from([tag]), varint(length), flood]);
  const steps = countSteps(t);
  for (const [what, frame] of Object.entries({
    'a number that is written as a text': field(4, tagged((2 << 3) | 2)),
    'a text that is written as a number': field(4, tagged(1 << 3)),
    'a message that is written as a number': tagged(4 << 3),
    'a message that ends beyond its message': field(4, Buffer.from([0x2a, 0x7f]), field(15, flood)),
    'numbers that end beyond their list': field(13, Buffer.from([0x22, 0x01, 0x80]), field(15, flood)),
    'numbers of 64 bits that end beyond their list': field(
      13,
      field(3, Buffer.from([0x12, 0x09]), Buffer.alloc(9), field(15, flood)),
    ),
  })) {
    const before = steps();
    t.throws(() => frames(field(1, frame)), what);
    t.ok(steps() - before <= 100, `${what}: ${steps() - before} steps`);
  }
});

t.test('fields that the contract does not know, and repeated fields, are read as before', async (t) => {
  const unknown = Buffer.from([0xf8, 0x06, 0x01]);
  const heartbeat = encodeFrame({ case: 'heartbeat', value: { number: 7n } });
  const longer = field(1, heartbeat.subarray(2), unknown);
  t.match(frames(Buffer.concat([unknown, longer, unknown])), { frame: { case: 'heartbeat', value: { number: 7n } } });
  const result = encodeResult('a', { case: 'json', value: Buffer.from('1') });
  const twice = field(1, field(2, field(1, Buffer.from('b')), result.subarray(4)));
  t.match(frames(twice), { frame: { case: 'result', value: { commandId: 'a', outcome: { case: 'json' } } } });
  t.match(decodeTransferPart(Buffer.concat([unknown, encodePart({ case: 'end', value: 3n })])), { value: 3n });
  const values = [0.5, 1, 2];
  const metrics = { first: true, added: [{ number: 1, metric: 2, labels: ['x'], values }], gone: [1, 300] };
  t.match(frames(encodeFrame({ case: 'metrics', value: metrics })), { fields: 13, frame: { value: metrics } });
});
