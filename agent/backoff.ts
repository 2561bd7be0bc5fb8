/** The pause before attempt number `failures + 1`, milliseconds: exponential, with full jitter. */
export function backoff(failures: number, firstMs: number, maxMs: number, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
  return Math.round(random() * ceiling);
}
