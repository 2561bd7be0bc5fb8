/** UTC, ISO 8601 with milliseconds: how every API prints a time. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same, with `null` for a time that never was (0 or absent). */
export function isoTimeOrNull(ms: number | undefined): string | null {
  return ms ? isoTime(ms) : null;
}
