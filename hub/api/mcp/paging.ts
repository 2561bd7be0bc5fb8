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

/** A list: its entries in the order of their keys from the one behind this key on, and all of them in their own order if they are few. */
export interface List {
  behind(key: string | undefined): Iterable<Entry>;
  /** `undefined` if there are more than `most`. */
  all(most: number): readonly Entry[] | undefined;
}

/** The list of entries in memory. */
export function listOf(entries: readonly Entry[]): List {
  return {
    all: (most) => (entries.length <= most ? entries : undefined),
    behind(key) {
      const inOrder = sorted(entries);
      return key === undefined ? inOrder : inOrder.slice(firstBehind(inOrder, key));
    },
  };
}

/**
 * One page of a list as a result: `{MEMBER:[…],nextCursor}`. A list that fits in one page keeps its order; the pages of a longer one are in the order
 * of the keys. A cursor names the last entry of its page, so that a new or removed entry neither repeats nor hides another one. A cursor is sealed:
 * it is valid only for its caller, its list and its view.
 * @throws RpcError for a cursor that was not given for this list
 */
export function page(view: McpView, member: string, list: List, cursor: unknown): string {
  const all = cursor === undefined ? list.all(MOST.entries) : undefined;
  const texts = all?.map(({ json }) => json);
  if (texts && texts.reduce((sum, { length }) => sum + length, 0) <= MOST.characters)
    return `{"${member}":[${texts.join(',')}]}`;
  return pageOf(view, member, list, cursor);
}

function pageOf(view: McpView, member: string, list: List, cursor: unknown): string {
  const { kind, id } = view.caller;
  const name = `${member} ${kind} ${id} ${view.key}`;
  const shown: string[] = [];
  let last = '';
  let characters = 0;
  let next = '';
  for (const { key, json } of list.behind(cursor === undefined ? undefined : readCursor(name, cursor))) {
    characters += json.length;
    if (shown.length > 0 && (shown.length === MOST.entries || characters > MOST.characters)) {
      next = `,"nextCursor":"${cursorOf(name, last)}"`;
      break;
    }
    shown.push(json);
    last = key;
  }
  return `{"${member}":[${shown.join(',')}]${next}}`;
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
