import { remove, type Store, type Write } from '../../store.js';
import { dropContents } from './contents.js';
import { candidateRecords, changesOf, deviceBackups, deviceBackupsOf, deviceChanges } from './records.js';

/** The writes that remove the records of a device's configuration. */
export function leftovers(store: Pick<Store, 'list'>, deviceId: string): Write[] {
  return [
    remove(candidateRecords, deviceId),
    ...changesOf(store, deviceId).map(({ id }) => remove(deviceChanges, id)),
    ...deviceBackupsOf(store, deviceId).map(({ id }) => remove(deviceBackups, id)),
    ...dropContents(store, deviceId, new Set()),
  ];
}

/** The writes that drop some changes and backups, and the configurations that nothing else refers to. */
export function dropping(
  store: Pick<Store, 'list'>,
  deviceId: string,
  gone: {
    readonly changes?: readonly { readonly id: string }[];
    readonly backups?: readonly { readonly id: string }[];
    /** The hash of a configuration that is about to be referred to. */
    readonly kept?: string;
  },
): Write[] {
  const { changes = [], backups = [], kept } = gone;
  if (changes.length === 0 && backups.length === 0) return [];
  const ids = new Set([...changes, ...backups].map(({ id }) => id));
  const needed = new Set(kept === undefined ? [] : [kept]);
  for (const { id, hashBefore } of changesOf(store, deviceId)) if (!ids.has(id)) needed.add(hashBefore);
  for (const { id, hash } of deviceBackupsOf(store, deviceId)) if (!ids.has(id)) needed.add(hash);
  return [
    ...changes.map(({ id }) => remove(deviceChanges, id)),
    ...backups.map(({ id }) => remove(deviceBackups, id)),
    ...dropContents(store, deviceId, needed),
  ];
}
