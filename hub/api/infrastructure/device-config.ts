import { Type } from 'typebox';
import { changeKinds, changeStates } from '../../domain/devices/change-record.js';
import { backupFields, changeFields } from '../../domain/devices/fields.js';
import { endpoint } from '../../http/endpoint.js';
import { DeviceParams, Format, Time } from './device-schemas.js';
import { listing, PageMetadata } from './listing.js';

const Hash = Type.String({ description: '`sha256:…` of the configuration without what changes by itself' });
const Message = Type.String();
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T, description?: string) =>
  Type.Union([type, Type.Null()], description === undefined ? {} : { description });
const Id = Type.String({ format: 'uuid' });
const By = orNull(Type.String());

/** The outcome of a change. */
const Details = Type.Object(
  {
    diff: orNull(Type.String(), 'Unified; `null` where it is known only once the candidate is committed'),
    committed: Type.Boolean({ description: '`false`: it is the candidate, and the device knows nothing of it' }),
    changed: Type.Optional(Type.Boolean({ description: '`false` where there was nothing to do' })),
    protected: Type.Optional(
      orNull(Type.Boolean(), 'Had the way to the device been lost, it would have taken the change back by itself'),
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
const BackupParams = Type.Object({ ...DeviceParams.properties, backup_id: Id });

export const backupList = listing(backupFields, { sort: 'created_at', order: 'desc', limit: 100 });
export const changeList = listing(changeFields, { sort: 'created_at', order: 'desc' });

const path = '/api/v1/network/devices/{device_id}/config';

/** `seeds/001`, "Network Module API", "Configuration Management". The hub keeps candidates; only a commit touches a device. */
export const deviceConfigEndpoints = {
  getConfig: endpoint({
    method: 'GET',
    path,
    summary: 'Get the configuration of a network device',
    permission: 'device.command',
    limit: 'network',
    params: DeviceParams,
    query: Type.Object({
      format: Type.Enum(['text', 'json', 'xml', 'set'] as const, { default: 'text' }),
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
    response: Type.Object({ message: Message, updated_at: Time, details: Details }),
  }),
  commitConfig: endpoint({
    method: 'POST',
    path: `${path}/commit`,
    summary: 'Commit the candidate configuration',
    permission: 'device.change',
    limit: 'network',
    audit: 'device.config.commit',
    params: DeviceParams,
    response: Type.Object({ message: Message, committed_at: Time, details: Details }),
  }),
  /** Drops the candidate, if there is one; otherwise the configuration before the last change is restored. */
  rollbackConfig: endpoint({
    method: 'POST',
    path: `${path}/rollback`,
    summary: 'Roll configuration changes back',
    permission: 'device.change',
    limit: 'network',
    audit: 'device.config.rollback',
    params: DeviceParams,
    response: Type.Object({ message: Message, rolled_back_at: Time, details: Details }),
  }),
  backupConfig: endpoint({
    method: 'POST',
    path: `${path}/backup`,
    summary: 'Create a backup of the device configuration',
    permission: 'device.operate',
    limit: 'network',
    audit: 'device.config.backup',
    params: DeviceParams,
    body: Type.Object({ description: Type.String({ default: '', maxLength: 1024 }) }),
    bodyOptional: true,
    response: Type.Object({
      ...backup,
      details: Type.Object(
        {
          diff: Type.String({ description: 'What changed since the backup before, unified' }),
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
    permission: 'device.change',
    limit: 'network',
    audit: 'device.config.restore',
    params: DeviceParams,
    body: Type.Object({
      backup_id: Type.String({ minLength: 1, maxLength: 64 }),
      commit: Type.Boolean({ default: true, description: '`false`: into the candidate' }),
    }),
    response: Type.Object({ message: Message, restored_at: Time, details: Details }),
  }),
  getBackup: endpoint({
    method: 'GET',
    path: `${path}/backups/{backup_id}`,
    summary: 'Get a configuration backup with its text',
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
    permission: 'device.command',
    limit: 'network',
    params: DeviceParams,
    response: Type.Object({
      config: Type.String(),
      format: Format,
      replace: Type.Boolean(),
      base_hash: Hash,
      owner: By,
      parts: Type.Integer({ description: 'How often something was put into it' }),
      created_at: Time,
      updated_at: Time,
      age: Type.Integer({ description: 'Seconds' }),
      diff: orNull(Type.String()),
    }),
    extension: true,
  }),
  /** Newest first. */
  listChanges: endpoint({
    method: 'GET',
    path: `${path}/changes`,
    summary: "List the changes of a device's configuration",
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
