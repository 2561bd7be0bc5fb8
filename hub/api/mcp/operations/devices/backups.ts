import { Type } from 'typebox';
import { isoTime } from '../../../../domain/clock.js';
import type { BackupRecord } from '../../../../domain/devices/config/records.js';
import { backupFields } from '../../../../domain/devices/fields.js';
import { pageOf } from '../../../../domain/lists/page.js';
import { granted, operation } from '../operation.js';
import { device } from './devices.js';

const backup = Type.String({ minLength: 1, maxLength: 64, description: "The backup's id" });

/** Backups of network devices' configurations. Restoring one is beside the other changes, in `device-configs.ts`. */
export const deviceBackupOperations = [
  operation({
    name: 'roundhouse_backup_device_config',
    title: 'Back up the configuration of a network device',
    description: 'Keep a copy of the running configuration of a network device, and tell what changed since the last.',
    permission: 'device.operate',
    effect: 'change',
    limit: 'network',
    audit: { action: 'device.config.backup', subject: 'device' },
    input: Type.Object({ device, description: Type.String({ default: '', maxLength: 1024 }) }),
    async run({ network }, { device, description }, { origin, signal }) {
      const { backup, previous, diff } = await network.backups.make(granted(origin), device, description, signal);
      const changed = previous?.hash !== backup.hash;
      return { backup: brief(backup), previousBackupId: previous?.id ?? null, changed, diff };
    },
  }),
  operation({
    name: 'roundhouse_list_device_backups',
    title: 'Backups of a network device',
    description: 'List the backups of the configuration of a network device, newest first.',
    permission: 'device.read',
    effect: 'read',
    limit: 'network',
    input: Type.Object({ device, limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }) }),
    async run({ network }, { device, limit }, { origin }) {
      const source = network.backups.source(granted(origin), device);
      const newest = { page: 1, limit, sort: 'createdAt', order: 'desc', conditions: [] } as const;
      const { items, total } = await pageOf(source, backupFields, newest);
      return { backups: items.map(brief), total };
    },
  }),
  operation({
    name: 'roundhouse_get_device_backup',
    title: 'A backup of a network device',
    description: 'Get a backup of the configuration of a network device with its text.',
    permission: 'device.command',
    effect: 'read',
    limit: 'network',
    input: Type.Object({ device, backup }),
    async run({ network }, input, { origin }) {
      const got = await network.backups.get(granted(origin), input.device, input.backup);
      return { ...brief(got.backup), config: got.config };
    },
  }),
];

function brief({ id, version, description, createdAt, size, hash, by }: BackupRecord) {
  return { id, version, description, createdAt: isoTime(createdAt), size, hash, by: by?.name ?? null };
}
