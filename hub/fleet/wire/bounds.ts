import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** An agent reported something that no agent may report: its connection is cut off. */
export class MalformedReport extends Error {
  override readonly name = 'MalformedReport';
}

/** The largest moment that a `Date` can be, milliseconds since 1970. It is also a number that is exact. */
const largest = 8_640_000_000_000_000n;

/**
 * A 64-bit number of an agent's report: a moment or a revision. A moment beyond what a `Date` can be would make every list
 * fail that shows it.
 * @throws MalformedReport
 */
export function toNumber(value: bigint): number {
  if (value < 0n || value > largest) throw new MalformedReport('a number that is out of range');
  return Number(value);
}

/** The largest message of an honest agent, a list of 10,000 tools, has 30,000 fields. */
const mostFields = 65_536;
const doubleBytes = 8;

/**
 * How many fields an encoded message has, and the messages inside it; each number of a packed list counts as one. To decode a field takes microseconds, to count it a fraction of one,
 * and an empty field has only two bytes: a message with too many is refused before it is decoded.
 * @throws RangeError if there are more than `most`, by default more than any honest agent sends; Error if the bytes are no message
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
