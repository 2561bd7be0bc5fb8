import { Type } from 'typebox';
import type { CandidateView } from '../../../../domain/devices/config/candidates.js';
import type { MadeChange } from '../../../../domain/devices/config/changes.js';
import { type BackupRecord, backupFields, changeFields } from '../../../../domain/devices/config/records.js';
import { configFormats } from '../../../../domain/devices/record.js';
import { pageOf } from '../../../../domain/lists/page.js';
import { isoTime, isoTimeOrNull } from '../../../../domain/moments.js';
import { granted, operation } from '../operation.js';
import { device } from './devices.js';

const format = Type.Enum(configFormats, {
  default: 'text',
  description: '`set`: Junos only; which formats there are depends on the platform',
});
const aboutCommit =
  'false: a dry run. It becomes the candidate that the hub keeps, and the device knows nothing of it until roundhouse_commit_device_config; roundhouse_rollback_device_config drops it';

/** Configurations of network devices: reading, changing and rolling back. */
export const deviceConfigOperations = [
  operation({
    name: 'roundhouse_get_device_config',
    title: "A network device's configuration",
    description: 'Read the running configuration of a network device, or a section of it.',
    permission: 'device.command',
    effect: 'read',
    limit: 'network',
    input: Type.Object({
      device,
      format,
      section: Type.String({
        default: '',
        maxLength: 256,
        description: 'The beginning of a line of the first level, such as "interface eth0"; on Junos a path',
      }),
    }),
    async run({ network }, { device, ...asked }, { origin, signal }) {
      const { retrievedAt, hash, ...read } = await network.configs.read(granted(origin), device, asked, signal);
      return { ...read, hash: hash ?? null, retrievedAt: isoTime(retrievedAt) };
    },
  }),
  operation({
    name: 'roundhouse_get_device_candidate',
    title: "A network device's candidate configuration",
    description: 'The configuration that was put for a network device and is not committed yet, with its diff.',
    permission: 'device.command',
    effect: 'read',
    limit: 'network',
    input: Type.Object({ device }),
    async run({ network }, input, { origin }) {
      const view = await network.configs.candidate(granted(origin), input.device);
      const { record, config } = view;
      const { format, replace, owner, parts, createdAt, updatedAt } = record;
      const times = { createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) };
      return { ...waiting(view), config, format, replace, owner: owner?.name ?? null, parts, ...times };
    },
  }),
  operation({
    name: 'roundhouse_list_device_changes',
    title: "Changes of a network device's configuration",
    description:
      'List the changes of a network device’s configuration made by Roundhouse, newest first, with their diffs.',
    permission: 'device.command',
    effect: 'read',
    limit: 'network',
    input: Type.Object({ device, limit: Type.Integer({ minimum: 1, maximum: 100, default: 10 }) }),
    async run({ network }, { device, limit }, { origin }) {
      const source = network.configs.changes(granted(origin), device);
      const newest = { page: 1, limit, sort: 'createdAt', order: 'desc', conditions: [] } as const;
      const { items, total } = await pageOf(source, changeFields, newest);
      const changes = [];
      for (const change of items) {
        const { id, kind, state, by, changed, saved, method, error, createdAt, endedAt } = change;
        const times = { createdAt: isoTime(createdAt), endedAt: isoTimeOrNull(endedAt ?? undefined) };
        const diff = await network.configs.diff(change);
        changes.push({ id, kind, state, by: by?.name ?? null, changed, saved, method, error, diff, ...times });
      }
      return { changes, total };
    },
  }),
  operation({
    name: 'roundhouse_put_device_config',
    title: 'Change the configuration of a network device',
    description:
      'Put configuration lines on a network device: merged into its configuration, or in its place. With commit false it is only a dry run. The change is made in one go, and can be taken back.',
    permission: 'device.change',
    effect: 'destructive',
    limit: 'network',
    audit: { action: 'device.config.update', subject: 'device' },
    input: Type.Object({
      device,
      config: Type.String({ minLength: 1, description: 'Lines as one types them when configuring the device' }),
      format,
      replace: Type.Boolean({
        default: false,
        description: 'true: it becomes the whole configuration, and lines that it lacks are deleted',
      }),
      commit: Type.Boolean({ default: true, description: aboutCommit }),
    }),
    async run({ network }, { device, ...wanted }, { origin }) {
      const outcome = await network.configs.put(granted(origin), device, wanted);
      return outcome.committed ? made(outcome) : waiting(outcome);
    },
  }),
  operation({
    name: 'roundhouse_commit_device_config',
    title: 'Commit the candidate configuration of a network device',
    description:
      'Make the candidate of a network device its configuration; refused where the configuration has changed since the candidate was made.',
    permission: 'device.change',
    effect: 'destructive',
    limit: 'network',
    audit: { action: 'device.config.commit', subject: 'device' },
    input: Type.Object({ device }),
    async run({ network }, input, { origin }) {
      return made(await network.configs.commit(granted(origin), input.device));
    },
  }),
  operation({
    name: 'roundhouse_rollback_device_config',
    title: 'Roll back the configuration of a network device',
    description:
      'Drop the candidate of a network device if it has one; otherwise restore the configuration before the last change.',
    permission: 'device.change',
    effect: 'destructive',
    limit: 'network',
    audit: { action: 'device.config.rollback', subject: 'device' },
    input: Type.Object({ device }),
    async run({ network }, input, { origin }) {
      const outcome = await network.configs.rollback(granted(origin), input.device);
      return 'dropped' in outcome ? { committed: false, droppedCandidate: true, diff: '' } : made(outcome);
    },
  }),
  operation({
    name: 'roundhouse_restore_device_config',
    title: 'Restore a backup of a network device',
    description: 'Make the configuration of a network device that of a backup; see roundhouse_list_device_backups.',
    permission: 'device.change',
    effect: 'destructive',
    limit: 'network',
    audit: { action: 'device.config.restore', subject: 'device' },
    input: Type.Object({
      device,
      backup: Type.String({ minLength: 1, maxLength: 64, description: "The backup's id" }),
      commit: Type.Boolean({ default: true, description: aboutCommit }),
    }),
    async run({ network }, { device, backup, commit }, { origin }) {
      const outcome = await network.configs.restore(granted(origin), device, { backupId: backup, commit });
      return outcome.committed ? made(outcome) : waiting(outcome);
    },
  }),
];

function waiting({ record, diff }: CandidateView) {
  return { committed: false, baseHash: record.baseHash, diff };
}

function made({ change, diff }: MadeChange) {
  const { id, changed, protected: wasProtected, saved, method, hashBefore, hashAfter } = change;
  const facts = { changed: changed ?? diff !== '', protected: wasProtected, saved, method };
  return { committed: true, changeId: id, ...facts, baseHash: hashBefore, hash: hashAfter, diff };
}

const backup = Type.String({ minLength: 1, maxLength: 64, description: "The backup's id" });

/** Backups of network devices' configurations. The operation that restores a backup is among the changes above. */
export const deviceBackupOperations = [
  operation({
    name: 'roundhouse_backup_device_config',
    title: 'Back up the configuration of a network device',
    description: 'Keep a copy of the running configuration of a network device, and return the changes since the last.',
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
