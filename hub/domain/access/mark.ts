import { createHmac, randomBytes } from 'node:crypto';
import type { Caller } from './caller.js';

/** Only for this run of the hub: a mark does not identify a caller after a restart, and does not reveal an id. */
const secret = randomBytes(32);
const bytes = 12;

const made = new WeakMap<Caller, string>();

/** A mark by which agents tell callers apart: the same for all requests of one caller, and different for every other caller. */
export function markOf(caller: Caller): string {
  const known = made.get(caller);
  if (known !== undefined) return known;
  const digest = createHmac('sha256', secret)
    .update(JSON.stringify([caller.kind, caller.id]))
    .digest();
  const mark = digest.subarray(0, bytes).toString('base64url');
  made.set(caller, mark);
  return mark;
}
