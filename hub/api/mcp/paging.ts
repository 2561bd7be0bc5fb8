import { createHash } from 'node:crypto';
import type { McpView } from '../../domain/mcp/view.js';
import { invalidParams } from './json-rpc.js';

/** An entry of a list. */
export interface Entry {
  readonly key: string;
  /** JSON text. */
  readonly json: string;
}

/** How many entries and characters a page has. It always has at least one entry. */
const MOST = { entries: 500, characters: 1024 * 1024 };

/**
 * One page of a list as a result: `{MEMBER:[…],nextCursor}`. A list that fits in one page keeps its order; the pages of a longer one are in the order
 * of the keys. A cursor names the last entry of its page, so that a new or removed entry neither repeats nor hides another one. A cursor is sealed:
 * it is valid only for its caller, its list and its view.
 * @throws RpcError for a cursor that was not given for this list
 */
export function page(view: McpView, member: string, entries: readonly Entry[], cursor: unknown): string {
  if (cursor === undefined && fitsInOne(entries)) return `{"${member}":[${entries.map(({ json }) => json).join(',')}]}`;
  return pageOf(view, member, sorted(entries), cursor);
}

function fitsInOne(entries: readonly Entry[]): boolean {
  let characters = 0;
  for (const { json } of entries) characters += json.length;
  return entries.length <= MOST.entries && characters <= MOST.characters;
}

function pageOf(view: McpView, member: string, entries: readonly Entry[], cursor: unknown): string {
  const { kind, id } = view.caller;
  const list = `${member} ${kind} ${id} ${view.key}`;
  const after = cursor === undefined ? undefined : readCursor(list, cursor);
  const start = after === undefined ? 0 : firstBehind(entries, after);
  let end = start;
  for (let characters = 0; end < entries.length && end - start < MOST.entries; end += 1) {
    characters += entries[end]?.json.length ?? 0;
    if (characters > MOST.characters && end > start) break;
  }
  const shown = entries.slice(start, end);
  const last = shown.at(-1);
  const next = end < entries.length && last ? `,"nextCursor":"${cursorOf(list, last.key)}"` : '';
  return `{"${member}":[${shown.map(({ json }) => json).join(',')}]${next}}`;
}

/** Entries in the order of their keys. */
export function sorted<E extends Entry>(entries: readonly E[]): E[] {
  return [...entries].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function firstBehind(entries: readonly Entry[], key: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.key ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function cursorOf(list: string, key: string): string {
  return Buffer.from(JSON.stringify([markOf(list, key), key])).toString('base64url');
}

function readCursor(list: string, cursor: unknown): string {
  try {
    const read: unknown = JSON.parse(Buffer.from(String(cursor), 'base64url').toString());
    if (Array.isArray(read) && typeof read[1] === 'string' && read[0] === markOf(list, read[1])) return read[1];
  } catch {
    // The hub did not make this cursor.
  }
  throw invalidParams('cursor', 'was not given for this list');
}

function markOf(list: string, key: string): string {
  return createHash('sha256').update(list).update('\0').update(key).digest('base64url').slice(0, 12);
}
