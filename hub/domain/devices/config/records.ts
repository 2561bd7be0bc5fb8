import type { Fields } from '../../lists/field.js';
import { collection, remove, type Store, type Write } from '../../store.js';
import type { ConfigFormat } from '../record.js';
import { dropContents, unsealText } from './contents.js';

export const changeKinds = ['update', 'commit', 'restore', 'rollback'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/**
 * `begun`: sent, or about to be: the device has the old configuration or the new one. `restore_pending`: the agent restores the old one as soon
 * as it can reach the device. The other states are final: the device has the new one (`confirmed`), the old one (`reverted`), was never touched
 * (`not_run`), or has neither (`failed`).
 */
export const changeStates = ['begun', 'restore_pending', 'confirmed', 'reverted', 'not_run', 'failed'] as const;
export type ChangeState = (typeof changeStates)[number];

/** A change of a device's configuration: on disk before it is sent, and kept as history. */
export interface DeviceChange {
  /** Also the journal name of the command that makes the change. */
  readonly id: string;
  readonly deviceId: string;
  /** The name of the command, if a step of a workflow made the change. */
  readonly command?: string;
  readonly kind: ChangeKind;
  readonly state: ChangeState;
  readonly by: { readonly id: string; readonly name: string } | null;
  readonly replace: boolean;
  readonly format: ConfigFormat;
  /** The hash of the configuration before the change, which is kept; and the hash after it, empty while it is unknown. */
  readonly hashBefore: string;
  readonly hashAfter: string;
  /** Whether the device now has another configuration; `null` while that is not known. */
  readonly changed: boolean | null;
  /** The device would have taken the change back by itself; `null` if it is unknown. */
  readonly protected: boolean | null;
  /** The configuration survives a restart of the device. */
  readonly saved: boolean | null;
  readonly method: string;
  /** The unified diff, compressed. */
  readonly sealedDiff: string | null;
  /** Why it failed, for people; empty otherwise. */
  readonly error: string;
  readonly reason: string;
  /** The revision of the candidate that was committed. */
  readonly candidateRevision: number | null;
  readonly backupId: string | null;
  /** The change that this one takes back. */
  readonly undoes: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly revision: number;
}

export const deviceChanges = collection<DeviceChange>('device_changes', 'configuration change', {
  device: { of: ({ deviceId, createdAt }) => [deviceId, createdAt] },
  /** One device has at most one open change. */
  open: { of: (change) => (isOpen(change) ? change.deviceId : undefined), unique: true, field: 'device_id' },
});

/** Changes of one device that are kept; the oldest go first. */
const KEPT_CHANGES = 200;

export function isOpen({ state }: Pick<DeviceChange, 'state'>): boolean {
  return state === 'begun' || state === 'restore_pending';
}

/** A device's changes, newest first. */
export function changesOf(store: Pick<Store, 'list'>, deviceId: string): DeviceChange[] {
  return [...store.list(deviceChanges, { index: 'device', equals: [deviceId], reverse: true })];
}

/** The changes beyond the number that is kept. */
export function agedChanges(store: Pick<Store, 'list'>, deviceId: string): DeviceChange[] {
  return changesOf(store, deviceId)
    .slice(KEPT_CHANGES)
    .filter((change) => !isOpen(change));
}

/** The change that a rollback takes back: the last change that is no rollback and is not taken back already. */
export function lastUndoable(changes: readonly DeviceChange[]): DeviceChange | undefined {
  const undone = new Set(changes.filter(({ state }) => state === 'confirmed').map(({ undoes }) => undoes));
  return changes.find(
    ({ id, state, kind, changed }) =>
      state === 'confirmed' && changed !== false && kind !== 'rollback' && !undone.has(id),
  );
}

/** A configuration that waits for its commit: the device does not have it yet. One for each device. */
export interface CandidateRecord {
  /** The device's id. */
  readonly id: string;
  /** JSON of {@link CandidateTexts}, compressed. */
  readonly sealed: string;
  readonly format: ConfigFormat;
  readonly replace: boolean;
  /** The hash of the configuration that it was made from: it is committed only over that configuration. */
  readonly baseHash: string;
  /** The caller who put it last. */
  readonly owner: { readonly id: string; readonly name: string } | null;
  /** The backup that it was restored from. */
  readonly backupId: string | null;
  /** How often a client put text into it. */
  readonly parts: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly revision: number;
}

export interface CandidateTexts {
  readonly config: string;
  /** The configuration of {@link CandidateRecord.baseHash}. */
  readonly base: string;
}

export const candidateRecords = collection<CandidateRecord>('device_candidates', 'candidate');

export async function candidateTexts(
  store: Pick<Store, 'unsealData'>,
  { sealed }: CandidateRecord,
): Promise<CandidateTexts> {
  return JSON.parse(await unsealText(store, sealed)) as CandidateTexts;
}

/** A backup of a device's configuration. Several backups of one text share it. */
export interface BackupRecord {
  readonly id: string;
  readonly deviceId: string;
  /** From 1 on, for each device. */
  readonly version: number;
  readonly description: string;
  /** `sha256:…` of the configuration without the parts that change by themselves. */
  readonly hash: string;
  /** The size of the text, bytes. */
  readonly size: number;
  readonly by: { readonly id: string; readonly name: string } | null;
  readonly createdAt: number;
}

export const deviceBackups = collection<BackupRecord>('device_backups', 'backup', {
  version: { of: ({ deviceId, version }) => [deviceId, version], unique: true },
});

/** Backups of one device that are kept; the oldest go first. */
export const KEPT_BACKUPS = 1000;

/** A device's backups, newest first. */
export function deviceBackupsOf(store: Pick<Store, 'list'>, deviceId: string): BackupRecord[] {
  return [...store.list(deviceBackups, { index: 'version', equals: [deviceId], reverse: true })];
}

/** The writes that remove the records of a device's configuration. */
export function configRemoval(store: Pick<Store, 'list'>, deviceId: string): Write[] {
  return [
    remove(candidateRecords, deviceId, 'any'),
    ...changesOf(store, deviceId).map(({ id }) => remove(deviceChanges, id, 'any')),
    ...deviceBackupsOf(store, deviceId).map(({ id }) => remove(deviceBackups, id, 'any')),
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
    /** The hash of a configuration that is about to get a reference. */
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
    ...changes.map(({ id }) => remove(deviceChanges, id, 'any')),
    ...backups.map(({ id }) => remove(deviceBackups, id, 'any')),
    ...dropContents(store, deviceId, needed),
  ];
}

/** The fields of a device's backups. */
export const backupFields = {
  backupId: { type: 'string', of: ({ id }) => id },
  /** An empty description counts as no description: an empty value in a filter finds it. */
  description: { type: 'string', of: ({ description }) => description || null },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt },
  size: { type: 'number', of: ({ size }) => size },
  version: { type: 'number', of: ({ version }) => version },
  hash: { type: 'string', of: ({ hash }) => hash },
} satisfies Fields<BackupRecord>;

/** The fields of the changes of a device's configuration. */
export const changeFields = {
  changeId: { type: 'string', of: ({ id }) => id },
  kind: { type: 'string', of: ({ kind }) => kind },
  state: { type: 'string', of: ({ state }) => state },
  by: { type: 'string', of: ({ by }) => by?.name ?? null },
  changed: { type: 'boolean', of: ({ changed }) => changed },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt },
  endedAt: { type: 'date', of: ({ endedAt }) => endedAt },
} satisfies Fields<DeviceChange>;
