import { collection, put, type Store, type Write } from '../store.js';
import { Trimmer } from '../trimmer.js';
import type { ServerRecord } from './record.js';

/** The owner of a deleted private server: its events, jobs and calls outlive it, and only this owner and admins may see them. */
export interface GoneServerRecord {
  /** The server's. */
  readonly id: string;
  readonly ownerId: string;
  /** Milliseconds since 1970. */
  readonly deletedAt: number;
}

export const goneServers = collection<GoneServerRecord>('gone_servers', 'deleted server', {
  deleted: { of: ({ deletedAt }) => deletedAt },
});

/** More deletions than any kept event, job or call can refer to. */
const MOST = 100_000;

/** The writes that keep a server's owner when the server is deleted. */
export function goneOf({ id, ownerId }: Pick<ServerRecord, 'id' | 'ownerId'>): Write[] {
  return ownerId === undefined ? [] : [put(goneServers, { id, ownerId, deletedAt: Date.now() })];
}

/** Forgets the oldest deletions where there are too many. */
export function goneTrimmer(store: Store, onError?: (error: unknown) => void, most = MOST): Trimmer {
  const trimming = {
    old: () => [],
    surplus: () => store.count(goneServers) - most,
    oldest: (limit: number) => Array.from(store.list(goneServers, { index: 'deleted', limit }), ({ id }) => id),
  };
  return new Trimmer(store, goneServers, trimming, onError);
}
