import { collection, type Store } from '../store.js';

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
