import type { KeptLimits } from '../kept-limits.js';
import type { HeldCall } from './held-call.js';

/** What is counted for a call beside its result, characters. */
const BESIDE = 16 * 1024;

/** Those calls whose results are too much to be kept. The newest are kept first. @param ended the oldest first */
export function tooMuch(ended: readonly HeldCall[], { ofCaller, all: most }: KeptLimits): HeldCall[] {
  const kept = new Map<string, number>();
  let all = 0;
  return [...ended].reverse().filter(({ size, payer }) => {
    const its = (kept.get(payer) ?? 0) + size + BESIDE;
    if (its > ofCaller || all + size + BESIDE > most) return true;
    kept.set(payer, its);
    all += size + BESIDE;
    return false;
  });
}
