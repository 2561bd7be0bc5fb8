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
