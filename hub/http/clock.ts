let lastMs = 0;
let lastText = '';

/** The time as every API prints it: UTC, ISO 8601 with milliseconds. Made once per millisecond, for all requests. */
export function timestamp(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastText = new Date(now).toISOString();
  }
  return lastText;
}
