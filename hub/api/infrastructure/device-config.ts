import { Type } from 'typebox';
import type { CandidateView } from '../../domain/devices/config/candidates.js';
import type { MadeChange } from '../../domain/devices/config/changes.js';
import type { PutOutcome } from '../../domain/devices/config/configs.js';
import {
  type BackupRecord,
  backupFields,
  changeFields,
  changeKinds,
  changeStates,
  type DeviceChange,
} from '../../domain/devices/config/records.js';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import { isoNow, isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Time } from '../shared/values.js';
import { listing, PageMetadata, pageReply } from './listing.js';
import { DeviceParams, Format } from './schemas.js';

const Hash = Type.String({
  description: '`sha256:…` of the configuration without the lines that change by themselves',
});
const Message = Type.String();
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T, description?: string) =>
  Type.Union([type, Type.Null()], description === undefined ? {} : { description });
const By = orNull(Type.String());

/** The outcome of a change. */
const Details = Type.Object(
  {
    diff: orNull(Type.String(), 'Unified; `null` where it is known only once the candidate is committed'),
    committed: Type.Boolean({ description: '`false`: it is the candidate, and the device does not have it' }),
    changed: Type.Optional(Type.Boolean({ description: '`false` if nothing had to be changed' })),
    protected: Type.Optional(
      orNull(
        Type.Boolean(),
        'Whether the device would have undone the change by itself after the loss of the connection',
      ),
    ),
    saved: Type.Optional(orNull(Type.Boolean(), 'The configuration survives a restart of the device')),
    method: Type.Optional(Type.String()),
    change_id: Type.Optional(Id),
    hash: Type.Optional(Hash),
    base_hash: Type.Optional(Hash),
    dropped_candidate: Type.Optional(Type.Boolean()),
  },
  { title: 'ConfigChangeDetails', description: 'Extension' },
);

const backup = {
  backup_id: Id,
  description: Type.String(),
  created_at: Time,
  size: Type.Integer({ description: 'Bytes' }),
  version: Type.Integer({ description: 'Extension: from 1 on, for each device' }),
  hash: Hash,
};
const BackupParams = Type.Object({
  ...DeviceParams.properties,
  backup_id: Type.String({ ...Id, description: 'Id of the backup' }),
});

export const backupList = listing(backupFields, { sort: 'created_at', order: 'desc', limit: 100 });
export const changeList = listing(changeFields, { sort: 'created_at', order: 'desc' });

const path = '/api/v1/network/devices/{device_id}/config';

/** `seeds/001`, "Network Module API", "Configuration Management". The hub keeps candidates; only a commit touches a device. */
export const deviceConfigEndpoints = {
  getConfig: endpoint({
    method: 'GET',
    path,
    summary: 'Get the configuration of a network device',
    description:
      'The agent reads the configuration from the device. Secrets in it are as the device shows them, so this needs role user.',
    permission: 'device.command',
    limit: 'network',
    params: DeviceParams,
    query: Type.Object({
      format: Type.Enum(['text', 'json', 'xml', 'set'] as const, {
        default: 'text',
        description: 'Form of the configuration; each platform has some of them',
      }),
      section: Type.String({
        default: '',
        maxLength: 256,
        description: 'The beginning of a line of the first level, such as `interface eth0`; on Junos a path',
      }),
    }),
    response: Type.Object({
      config: Type.String(),
      format: Format,
      retrieved_at: Time,
      hash: Type.Optional(Hash),
    }),
  }),
  putConfig: endpoint({
    method: 'PUT',
    path,
    summary: 'Update the configuration of a network device',
    description:
      'With `commit: false` the hub keeps the text as the candidate and sends nothing to the device. Otherwise the agent makes the change at once, and the device undoes it if it loses the connection, where the platform can.',
    permission: 'device.change',
    limit: 'network',
    audit: 'device.config.update',
    params: DeviceParams,
    body: Type.Object({
      config: Type.String({ minLength: 1 }),
      format: Type.Enum(['text', 'json', 'xml', 'set'] as const, { default: 'text' }),
      replace: Type.Boolean({
        default: false,
        description: 'It becomes the whole configuration; otherwise it is merged',
      }),
      commit: Type.Boolean({ default: true, description: '`false`: into the candidate, which the hub keeps' }),
    }),
    example: { config: 'interface eth0\n description uplink\n', commit: false },
    response: Type.Object({ message: Message, updated_at: Time, details: Details }),
  }),
  commitConfig: endpoint({
    method: 'POST',
    path: `${path}/commit`,
    summary: 'Commit the candidate configuration',
    description:
      'The hub refuses with 409 if there is no candidate, or if the configuration of the device has changed since the candidate was made.',
    permission: 'device.change',
    limit: 'network',
    audit: 'device.config.commit',
    params: DeviceParams,
    response: Type.Object({ message: Message, committed_at: Time, details: Details }),
  }),
  rollbackConfig: endpoint({
    method: 'POST',
    path: `${path}/rollback`,
    summary: 'Roll configuration changes back',
    description:
      'Drops the candidate, if there is one. Otherwise the agent restores the configuration before the last change. If the candidate is not the expected one, the answer is 409, and nothing changes.',
    permission: 'device.change',
    limit: 'network',
    audit: 'device.config.rollback',
    params: DeviceParams,
    body: Type.Object({
      candidate: Type.Optional(
        Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
          description: 'Extension: the `revision` of the candidate that is to be dropped, `null` for no candidate',
        }),
      ),
    }),
    example: { candidate: null },
    bodyOptional: true,
    response: Type.Object({ message: Message, rolled_back_at: Time, details: Details }),
  }),
  backupConfig: endpoint({
    method: 'POST',
    path: `${path}/backup`,
    summary: 'Create a backup of the device configuration',
    description:
      'The agent reads the configuration, and the hub keeps it. The answer has the difference from the backup before.',
    permission: 'device.operate',
    limit: 'network',
    audit: 'device.config.backup',
    params: DeviceParams,
    body: Type.Object({ description: Type.String({ default: '', maxLength: 1024 }) }),
    example: { description: 'Before the upgrade' },
    bodyOptional: true,
    response: Type.Object({
      ...backup,
      details: Type.Object(
        {
          diff: Type.String({ description: 'The changes since the backup before, unified' }),
          previous_backup_id: orNull(Id),
          changed: Type.Boolean(),
        },
        { description: 'Extension' },
      ),
    }),
    status: 201,
  }),
  listBackups: endpoint({
    method: 'GET',
    path: `${path}/backups`,
    summary: 'List configuration backups for a device',
    description: 'The list shows the newest backup first, without the texts.',
    permission: 'device.read',
    limit: 'network',
    params: DeviceParams,
    query: backupList.query,
    response: Type.Array(Type.Object({ ...backup, by: By }, { title: 'ConfigBackup' })),
    extra: PageMetadata,
  }),
  restoreConfig: endpoint({
    method: 'POST',
    path: `${path}/restore`,
    summary: 'Restore a configuration backup',
    description:
      'The text of the backup replaces the whole configuration. With `commit: false` it becomes the candidate. A backup of another device counts as unknown (404).',
    permission: 'device.change',
    limit: 'network',
    audit: 'device.config.restore',
    params: DeviceParams,
    body: Type.Object({
      backup_id: Type.String({ minLength: 1, maxLength: 64 }),
      commit: Type.Boolean({ default: true, description: '`false`: into the candidate' }),
    }),
    example: { backup_id: '0193a1b2-0000-7000-8000-000000000000', commit: false },
    response: Type.Object({ message: Message, restored_at: Time, details: Details }),
  }),
  getBackup: endpoint({
    method: 'GET',
    path: `${path}/backups/{backup_id}`,
    summary: 'Get a configuration backup with its text',
    description: 'The answer has the whole text as it was on the device.',
    permission: 'device.command',
    limit: 'network',
    params: BackupParams,
    response: Type.Object({ ...backup, by: By, config: Type.String() }),
    extension: true,
  }),
  deleteBackup: endpoint({
    method: 'DELETE',
    path: `${path}/backups/{backup_id}`,
    summary: 'Delete a configuration backup',
    description: 'The device itself stays as it is.',
    permission: 'device.operate',
    limit: 'network',
    audit: 'device.config.backup.delete',
    params: BackupParams,
    response: Type.Object({ message: Message }),
    extension: true,
  }),
  getCandidate: endpoint({
    method: 'GET',
    path: `${path}/candidate`,
    summary: 'Get the candidate configuration that the hub keeps for a device',
    description:
      'The answer has the text, the hash of the configuration that it was made from, and the difference where it is known. Without a candidate the answer is 404.',
    permission: 'device.command',
    limit: 'network',
    params: DeviceParams,
    response: Type.Object({
      config: Type.String(),
      format: Format,
      replace: Type.Boolean(),
      base_hash: Hash,
      owner: By,
      parts: Type.Integer({ description: 'How many changes were put into it' }),
      revision: Type.Integer({ description: 'Another one after each change' }),
      created_at: Time,
      updated_at: Time,
      age: Type.Integer({ description: 'Seconds' }),
      diff: orNull(Type.String()),
    }),
    extension: true,
  }),
  listChanges: endpoint({
    method: 'GET',
    path: `${path}/changes`,
    summary: "List the changes of a device's configuration",
    description:
      'The list shows the newest change first, each with its difference, its outcome and the user or key that made it.',
    permission: 'device.command',
    limit: 'network',
    params: DeviceParams,
    query: changeList.query,
    response: Type.Array(
      Type.Object(
        {
          change_id: Id,
          kind: Type.Enum(changeKinds),
          state: Type.Enum(changeStates),
          by: By,
          replace: Type.Boolean(),
          format: Format,
          changed: orNull(Type.Boolean()),
          protected: orNull(Type.Boolean()),
          saved: orNull(Type.Boolean()),
          method: Type.String(),
          hash_before: Type.String(),
          hash_after: Type.String({ description: 'Empty where it is not known' }),
          diff: Type.String(),
          error: Type.String(),
          backup_id: orNull(Id),
          undoes: orNull(Id),
          created_at: Time,
          ended_at: orNull(Time),
        },
        { title: 'ConfigChange' },
      ),
    ),
    extra: PageMetadata,
    extension: true,
  }),
};

export function deviceConfigHandlers({ network }: Domain): Handlers<typeof deviceConfigEndpoints> {
  return {
    async getConfig({ params, query }, context) {
      const read = await network.configs.read(context.origin, params.device_id, query, context.signal);
      const { config, format, hash, retrievedAt } = read;
      return { config, format, retrieved_at: isoTime(retrievedAt), ...(hash === undefined ? {} : { hash }) };
    },

    async putConfig({ params, body }, context) {
      const outcome = await network.configs.put(context.origin, params.device_id, body);
      const what = outcome.committed ? 'Configuration' : 'Candidate configuration';
      return { message: `${what} updated successfully`, updated_at: now(), details: detailsOf(outcome) };
    },

    async commitConfig({ params }, context) {
      const made = await network.configs.commit(context.origin, params.device_id);
      return { message: 'Configuration committed successfully', committed_at: now(), details: detailsOfChange(made) };
    },

    async rollbackConfig({ params, body }, context) {
      const outcome = await network.configs.rollback(context.origin, params.device_id, body.candidate);
      const details =
        'dropped' in outcome ? { diff: '', committed: false, dropped_candidate: true } : detailsOfChange(outcome);
      return { message: 'Configuration rolled back successfully', rolled_back_at: now(), details };
    },

    async backupConfig({ params, body }, context) {
      const made = await network.backups.make(context.origin, params.device_id, body.description, context.signal);
      const { backup, previous, diff } = made;
      const changed = previous?.hash !== backup.hash;
      return { ...renderBackup(backup), details: { diff, previous_backup_id: previous?.id ?? null, changed } };
    },

    async listBackups({ params, query }, context) {
      const asked = backupList.read(query, context);
      const page = await pageOf(network.backups.source(context.origin, params.device_id), backupList.fields, asked);
      return pageReply(asked, page, (backup) => ({ ...renderBackup(backup), by: backup.by?.name ?? null }));
    },

    async restoreConfig({ params, body }, context) {
      const wanted = { backupId: body.backup_id, commit: body.commit };
      const outcome = await network.configs.restore(context.origin, params.device_id, wanted);
      return { message: 'Configuration restored successfully', restored_at: now(), details: detailsOf(outcome) };
    },

    async getBackup({ params }, context) {
      const { backup, config } = await network.backups.get(context.origin, params.device_id, params.backup_id);
      return { ...renderBackup(backup), by: backup.by?.name ?? null, config };
    },

    async deleteBackup({ params }, context) {
      await network.backups.delete(context.origin, params.device_id, params.backup_id);
      return { message: 'Backup successfully deleted' };
    },

    async getCandidate({ params }, context) {
      const { record, config, diff } = await network.configs.candidate(context.origin, params.device_id);
      const { format, replace, baseHash, owner, parts, revision, createdAt, updatedAt } = record;
      return {
        config,
        format,
        replace,
        base_hash: baseHash,
        owner: owner?.name ?? null,
        parts,
        revision,
        created_at: isoTime(createdAt),
        updated_at: isoTime(updatedAt),
        age: Math.floor((Date.now() - createdAt) / 1000),
        diff,
      };
    },

    async listChanges({ params, query }, context) {
      const asked = changeList.read(query, context);
      const page = await pageOf(network.configs.changes(context.origin, params.device_id), changeList.fields, asked);
      const diffs = new Map<string, string>();
      for (const change of page.items) diffs.set(change.id, await network.configs.diff(change));
      return pageReply(asked, page, (change) => renderChange(change, diffs.get(change.id) ?? ''));
    },
  };
}

function now(): string {
  return isoNow();
}

function detailsOf(outcome: PutOutcome) {
  return outcome.committed ? detailsOfChange(outcome) : detailsOfCandidate(outcome);
}

function detailsOfCandidate({ record, diff }: CandidateView) {
  return { diff, committed: false, base_hash: record.baseHash };
}

function detailsOfChange({ change, diff }: MadeChange) {
  const { id, changed, protected: wasProtected, saved, method, hashBefore, hashAfter } = change;
  return {
    diff,
    committed: true,
    changed: changed ?? diff !== '',
    protected: wasProtected,
    saved,
    method,
    change_id: id,
    hash: hashAfter,
    base_hash: hashBefore,
  };
}

function renderBackup({ id, description, createdAt, size, version, hash }: BackupRecord) {
  return { backup_id: id, description, created_at: isoTime(createdAt), size, version, hash };
}

function renderChange(change: DeviceChange, diff: string) {
  const { id, kind, state, by, replace, format, changed, saved, method, error, backupId, undoes } = change;
  return {
    change_id: id,
    kind,
    state,
    by: by?.name ?? null,
    replace,
    format,
    changed,
    protected: change.protected,
    saved,
    method,
    hash_before: change.hashBefore,
    hash_after: change.hashAfter,
    diff,
    error,
    backup_id: backupId,
    undoes,
    created_at: isoTime(change.createdAt),
    ended_at: isoTimeOrNull(change.endedAt ?? undefined),
  };
}
