import { DomainError } from '../domain/errors.js';
import { collection, put, type Store, type Write } from '../domain/store.js';

/** Facts that all hubs of a cluster share. */
interface ClusterNote {
  readonly id: 'records' | 'sealing_key' | 'authority' | 'active';
  readonly value: string;
}

const notes = collection<ClusterNote>('cluster_notes', 'note of the cluster');

const noted = (store: Pick<Store, 'get'>, id: ClusterNote['id']): string | undefined => store.get(notes, id)?.value;
const note = (id: ClusterNote['id'], value: string): Write => put(notes, { id, value }, 'any');

/** The version of the records' schema. It is noted once the records are complete; `undefined` before. */
export function recordsVersion(store: Pick<Store, 'get'>): number | undefined {
  const version = noted(store, 'records');
  return version === undefined ? undefined : Number(version);
}

/** Whether a record is the note of {@link recordsVersion}. */
export function isRecordsVersion(record: { readonly collection: string; readonly id: string }): boolean {
  return record.collection === notes.name && record.id === 'records';
}

export function noteRecordsVersion(version: number): Write {
  return note('records', String(version));
}

/** The address of the active hub, as the last active hub noted it. */
export function activeAddress(store: Pick<Store, 'get'>): string | undefined {
  return noted(store, 'active');
}

export function noteActive(address: string): Write {
  return note('active', address);
}

/**
 * All hubs seal secrets with one key.
 * @returns the note about the key, if it is missing
 * @throws DomainError `conflict` if this hub has another key
 */
export function noteSealingKey(store: Pick<Store, 'get'>, keyId: string): Write[] {
  const known = noted(store, 'sealing_key');
  if (known === undefined) return [note('sealing_key', keyId)];
  if (known === keyId) return [];
  const remedy = 'copy the file `sealing.key` of a hub that runs into the data folder of this one';
  throw new DomainError('conflict', `this hub seals secrets with another key than the other hubs: ${remedy}`);
}

/** The key and certificate (PEM) of the authority that agents trust. */
export interface AuthorityPair {
  readonly key: string;
  readonly certificate: string;
}

/** The authority of the cluster; `undefined` until the first hub has noted its own. */
export async function sharedAuthority(store: Store): Promise<AuthorityPair | undefined> {
  const sealed = noted(store, 'authority');
  return sealed === undefined ? undefined : (JSON.parse(await store.unseal(sealed)) as AuthorityPair);
}

export async function noteAuthority(store: Pick<Store, 'seal'>, pair: AuthorityPair): Promise<Write> {
  return note('authority', await store.seal(JSON.stringify(pair)));
}
