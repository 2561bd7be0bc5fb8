import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { longestText } from '@roundhouse/proto/bounds';
import { jsonLineCost } from '@roundhouse/proto/json-cost';
import { largeJsonLineCost } from '@roundhouse/proto/work';

/** An agent sent a report that breaks the contract: the hub ends its connection. */
export class MalformedReport extends Error {
  override readonly name = 'MalformedReport';
}

/** The largest moment that a `Date` can be, milliseconds since 1970. It is also an exact number. */
const largest = 8_640_000_000_000_000n;

/**
 * A 64-bit number of an agent's report: a moment or a revision. A moment beyond the range of `Date` would make every list fail that shows
 * the moment.
 * @throws MalformedReport
 */
export function toNumber(value: bigint): number {
  if (value < 0n || value > largest) throw new MalformedReport('a number that is out of range');
  return Number(value);
}

/** A text for people in an agent's report. Longer texts are cut. */
export function toText(text: string): string {
  return text.slice(0, longestText);
}

/** A text that is useless without its end, such as an address or a key. Longer texts are left out. */
export function toToken(text: string): string {
  return text.length > longestText ? '' : text;
}

/** The most fields of a message. An honest agent's message has far fewer: the report of the longest list of tools has 7,600. */
const mostFields = 65_536;
const doubleBytes = 8;

/**
 * Counts the fields of an encoded message and of the messages inside it. Each number of a packed list counts as one. To decode a field
 * takes microseconds, to count it takes far less, and an empty field has only two bytes: so a message with too many fields is refused
 * before it is decoded.
 * @throws RangeError if there are more than `most`, by default more than any honest agent sends; Error if the bytes are not a message
 */
export function countFields(schema: DescMessage, bytes: Uint8Array, most = mostFields): number {
  const reader = new BinaryReader(bytes);
  let count = 0;
  const countWithin = (desc: DescMessage, end: number) => {
    while (reader.pos < end) {
      const [number, type] = reader.tag();
      count += 1;
      const field =
        type === WireType.LengthDelimited ? desc.fields.find((field) => field.number === number) : undefined;
      if (field?.message) countWithin(field.message, Math.min(reader.uint32() + reader.pos, end));
      else if (field?.fieldKind === 'list' && field.packed) {
        const bytes = reader.uint32();
        count += field.scalar === ScalarType.DOUBLE ? bytes / doubleBytes : bytes;
        reader.pos += bytes;
      } else reader.skip(type, number);
      if (count > most) throw new RangeError(`a message with more than ${most} fields`);
    }
  };
  countWithin(schema, bytes.length);
  return count;
}

/** Whether JSON begins like an object, without white space before it. */
export function startsObject(json: Uint8Array): boolean {
  return json[0] === 0x7b;
}

/** The longest text that the event loop checks, bytes: that takes about a millisecond. Longer texts are checked in a worker thread. */
const longestHere = 256 * 1024;

/**
 * How much work a parser has with an agent's JSON answer; `undefined` if it is not JSON text on one line. The hub puts such texts into its
 * own messages without reading them, so any other text could add members to a message, or a whole message.
 */
export function answerCost(json: Uint8Array): number | undefined | Promise<number | undefined> {
  // A text that takes too long to check counts as unreadable.
  return json.length > longestHere ? largeJsonLineCost(json).catch(() => undefined) : jsonLineCost(json);
}
