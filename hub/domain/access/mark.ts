import { createHmac, randomBytes } from 'node:crypto';
import type { Caller } from './caller.js';

/** Of this run of the hub alone: nobody is known again by it, and no id is found out. */
const secret = randomBytes(32);
const bytes = 12;

const made = new WeakMap<Caller, string>();

/** A mark for agents to tell callers apart by: the same for all requests of one, and of no other. */
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
