import { type DescField, type DescMessage, fromBinary, ScalarType } from '@bufbuild/protobuf';
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
export const mostFields = 65_536;

/**
 * Decodes a message of an agent, if it has few enough fields. Fields that the contract does not know are left out.
 * @param most the most fields of the message and of the messages inside it, by default more than any honest agent sends
 * @returns the message, and its number of fields
 * @throws Error if the bytes are not a message, or have more fields
 */
export function decodeBounded<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array, most = mostFields) {
  const fields = countFields(schema, bytes, most);
  return { message: fromBinary(schema, bytes, { readUnknownFields: false }), fields };
}

/**
 * Skips the value of a field.
 * @throws Error if it is a group: no message of the contract has one, and the reader would walk all its members as one field
 */
export function skipField(reader: BinaryReader, type: WireType): void {
  if (type === WireType.StartGroup || type === WireType.EndGroup) throw new Error('a message with a group');
  // `skip` reads a number of any length.
  if (type === WireType.Varint) reader.uint32();
  else reader.skip(type);
}

/**
 * Counts the fields of an encoded message and of the messages inside it. Each number of a packed list counts as one. To decode a field
 * takes microseconds, to count it takes far less, and an empty field has only two bytes: so a message with too many fields is refused
 * before it is decoded. Also refused is a message that the generated code would read in another way than this count: with a field of another
 * wire type than the contract says, or with a field that ends beyond its message.
 */
function countFields(schema: DescMessage, bytes: Uint8Array, most: number): number {
  const reader = new BinaryReader(bytes);
  let count = 0;
  const add = () => {
    count += 1;
    if (count > most) throw tooManyFields();
  };
  const countWithin = (desc: DescMessage, end: number) => {
    while (reader.pos < end) {
      const [number, type] = reader.tag();
      add();
      const field = desc.fields.find((field) => field.number === number);
      if (!field) skipField(reader, type);
      else countField(field, type);
      if (reader.pos > end) throw new RangeError('a field ends beyond its message');
    }
  };
  const countField = (field: DescField, type: WireType) => {
    const expected = wireTypeOf(field);
    const isPacked = field.fieldKind === 'list' && type === WireType.LengthDelimited && type !== expected;
    if (type !== expected && !isPacked) throw new Error(`the ${field} has the wire type ${type}`);
    if (!isPacked && !field.message) {
      skipField(reader, type);
      return;
    }
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError('a field ends beyond its message');
    if (field.message) countWithin(field.message, end);
    else for (; reader.pos < end; add()) skipField(reader, expected);
    if (reader.pos !== end) throw new RangeError('a list ends beyond its field');
  };
  countWithin(schema, bytes.length);
  return count;
}

/** The error for a message with too many fields. */
export function tooManyFields(): RangeError {
  return new RangeError('a message with too many fields');
}

/** The wire type of a field, or of each number of a list. */
function wireTypeOf(field: DescField): WireType {
  if (field.fieldKind === 'map') throw new Error(`the ${field} is a map: no message of an agent has one`);
  if (field.message) return WireType.LengthDelimited;
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
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
