import type { Fields } from '../lists/field.js';
import type { BackupRecord, DeviceChange } from './config/records.js';
import type { DeviceView } from './devices.js';
import { shownState } from './observed.js';

/** The fields by which a list of devices can be filtered and sorted. */
export const deviceFields = {
  id: { type: 'string', of: ({ record }) => record.id },
  name: { type: 'string', of: ({ record }) => record.name },
  type: { type: 'string', of: ({ record }) => record.type },
  hostname: { type: 'string', of: ({ record }) => record.hostname },
  port: { type: 'number', of: ({ record }) => record.port },
  status: { type: 'string', of: ({ observed }) => shownState(observed) },
  site: { type: 'string', of: ({ record }) => record.site },
  /** Comma-separated. */
  tags: { type: 'string', of: ({ record }) => (record.tags.length === 0 ? null : record.tags.join(',')) },
  createdAt: { type: 'date', of: ({ record }) => record.createdAt },
  lastConnected: { type: 'date', of: ({ facts }) => facts.lastConnected || null },
} satisfies Fields<DeviceView>;

/** The same for a device's backups. */
export const backupFields = {
  backupId: { type: 'string', of: ({ id }) => id },
  /** An empty description counts as no description: an empty value in a filter finds it. */
  description: { type: 'string', of: ({ description }) => description || null },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt },
  size: { type: 'number', of: ({ size }) => size },
  version: { type: 'number', of: ({ version }) => version },
  hash: { type: 'string', of: ({ hash }) => hash },
} satisfies Fields<BackupRecord>;

/** The same for the changes of its configuration. */
export const changeFields = {
  changeId: { type: 'string', of: ({ id }) => id },
  kind: { type: 'string', of: ({ kind }) => kind },
  state: { type: 'string', of: ({ state }) => state },
  by: { type: 'string', of: ({ by }) => by?.name ?? null },
  changed: { type: 'boolean', of: ({ changed }) => changed },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt },
  endedAt: { type: 'date', of: ({ endedAt }) => endedAt },
} satisfies Fields<DeviceChange>;
