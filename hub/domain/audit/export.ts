import { idsFrom } from '../ids.js';
import type { Store } from '../store.js';
import { Turns } from '../turns.js';
import { type AuditEntry, auditLog } from './audit.js';
import type { AuditFilter } from './query.js';

/** Entries handed on together. */
const PORTION = 256;

/**
 * All entries of a time span, oldest first, in portions that are read in transactions of their own: an export may take as long as its
 * reader likes. Entries written meanwhile are in it where their time is.
 */
export async function* exportAudit(
  store: Store,
  { from = 0, to = Date.now() + 1 }: Pick<AuditFilter, 'from' | 'to'>,
): AsyncGenerator<readonly AuditEntry[]> {
  await store.flush();
  const turns = new Turns();
  let portion: AuditEntry[] = [];
  for (const entry of store.list(auditLog, { from: idsFrom(from), to: idsFrom(to) })) {
    portion.push(entry);
    if (portion.length < PORTION) continue;
    yield portion;
    portion = [];
    if (turns.due) await turns.next();
  }
  if (portion.length > 0) yield portion;
}
