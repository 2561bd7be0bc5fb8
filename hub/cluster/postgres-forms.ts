import type { Batch, Tail } from './engine.js';

/** A row of a result, by column. */
export type Row = Record<string, unknown>;

/**
 * A text as PostgreSQL can keep it: U+0000 becomes U+0001 U+0001, U+0001 becomes U+0001 U+0002, and a lone surrogate U+FFFD. Encoded texts
 * sort like the texts.
 */
export function encoded(text: string): string {
  return Buffer.from(text).toString().replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01');
}

export function decoded(text: string): string {
  return text.includes('\x01') ? text.replaceAll('\x01\x01', '\0').replaceAll('\x01\x02', '\x01') : text;
}

export function decodedJson(json: string): unknown {
  if (!json.includes('\\u0001')) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown) => (typeof value === 'string' ? decoded(value) : value));
}

/** A place in the bytes of a change: offset and length. */
interface Piece {
  readonly o: number;
  readonly n: number;
}

interface Plan {
  readonly writes: readonly ({ readonly c: string; readonly i: string } & Partial<Piece>)[];
  readonly events: readonly Piece[];
}

/** A batch as `rh_commit` takes it: its form as JSON, and the bytes of all its values in one buffer. */
export function planOf({ changes, leases = [] }: Batch): { request: string; body: Buffer } {
  const bytes: Uint8Array[] = [];
  let end = 0;
  const add = (piece: Uint8Array, start = 0): Piece => {
    bytes.push(piece);
    end += piece.length;
    return { o: end - piece.length - start, n: piece.length };
  };
  const plans = changes.map(({ writes, guards = [], events = [] }) => {
    const start = end;
    const plan = {
      guards: guards.map(({ collection: c, id: i, revision: r }) => ({ c, i, r })),
      writes: writes.map(({ collection: c, id: i, value, revision: r = 0, expect: x, claims = [] }) => {
        const common = { c, i, ...(x === undefined ? {} : { x }) };
        return value === undefined ? { ...common, k: [] } : { ...common, r, k: claims, ...add(value, start) };
      }),
      events: events.map((event) => add(event, start)),
    };
    return { ...plan, o: start, n: end - start };
  });
  const request = JSON.stringify({ changes: plans, leases }, (_, value: unknown) =>
    typeof value === 'string' ? encoded(value) : value,
  );
  return { request, body: Buffer.concat(bytes) };
}

export function entryOf(row: Row): Extract<Tail, { entries: unknown }>['entries'][number] {
  const { writes, events } = row.plan as Plan;
  const body = row.body as Buffer;
  const piece = ({ o, n }: Piece) => body.subarray(o, o + n);
  return {
    change: row.change as number,
    batch: row.batch as string,
    hub: row.hub as string,
    writes: writes.map(({ c: collection, i: id, o, n }) => ({
      collection,
      id,
      value: o === undefined || n === undefined ? undefined : piece({ o, n }),
    })),
    firstSeq: row.first as number,
    events: events.map(piece),
  };
}
