const units = ['B', 'KB', 'MB', 'GB'] as const;

/** A number of bytes for people, as `seeds/003` prints it: `2.5 MB`. A unit is 1,024 of the one before. */
export function inBytes(bytes: number): string {
  let amount = bytes;
  let unit: (typeof units)[number] = 'B';
  for (const next of units.slice(1)) {
    if (amount < 1024) break;
    amount /= 1024;
    unit = next;
  }
  return `${Math.round(amount * 10) / 10} ${unit}`;
}
