/** Amounts as `seeds/002` prints them: `0.5%`, `128MB`, `2h 30m`. */

export function printPercent(percent: number): string {
  return `${Math.round(percent * 10) / 10}%`;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** In units of 1,000; up to megabytes without a fraction. */
export function printBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  const shown = value < 10 && unit > 1 ? Math.round(value * 10) / 10 : Math.round(value);
  return `${shown}${units[unit]}`;
}

/** The three largest parts that count; of less than a minute the seconds. */
export function printDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return `${whole}s`;
  return parts
    .slice(first)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}
