import type { RequestOrigin } from '../../access/caller.js';
import type { Permission } from '../../access/permissions.js';
import { agentReturned } from '../../agents/answer.js';
import type { Fleet } from '../../agents/fleet.js';
import { changeAudit } from '../../audit/audit.js';
import type { Redactor } from '../../audit/redactor.js';
import type { Cancellation } from '../../cancellation.js';
import { DomainError, invalid, notFound } from '../../errors.js';
import { newId } from '../../ids.js';
import type { JobRun } from '../../jobs/kind.js';
import { type Source, sourceOf } from '../../lists/source.js';
import { retrying } from '../../retrying.js';
import { put, type Store } from '../../store.js';
import type { Devices } from '../devices.js';
import type { DeviceRecord } from '../record.js';
import { configDiff, contentOf, keepContent, sizeOf } from './contents.js';
import type { ConfigReader } from './reader.js';
import { type BackupRecord, deviceBackups, deviceBackupsOf, dropping, KEPT_BACKUPS } from './records.js';

/** A backup that was made, and the changes since the backup before it. */
export interface MadeBackup {
  readonly backup: BackupRecord;
  /** The backup before it; `null` for the first. */
  readonly previous: BackupRecord | null;
  /** Unified; empty if nothing changed, or if there is no earlier version. */
  readonly diff: string;
}

export interface BackupParts {
  readonly store: Store;
  readonly devices: Devices;
  readonly reader: ConfigReader;
}

/** How often the hub tries again to store a version when another backup came first. */
const TRIES = 5;

/** Backups of devices' configurations: versioned, each text kept once, compressed and sealed. */
export class DeviceBackups {
  readonly #parts: BackupParts;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  /** Backs up the running configuration. @throws DomainError `not_found`, `device_unreachable`, `device_config_failed`. */
  async make(origin: RequestOrigin, idOrName: string, description: string, signal?: Cancellation): Promise<MadeBackup> {
    const { store, devices, reader } = this.#parts;
    const { record: device } = devices.get(origin, idOrName, 'device.operate');
    const { text, hash } = await reader.running(device, signal);
    for (let tries = 1; ; tries += 1) {
      const known = deviceBackupsOf(store, device.id);
      const previous = known[0] ?? null;
      const before = previous && previous.hash !== hash ? await contentOf(store, device.id, previous.hash) : undefined;
      const diff = before === undefined ? '' : await configDiff(before, text);
      const { caller } = origin;
      const backup: BackupRecord = {
        id: newId(),
        deviceId: device.id,
        version: (previous?.version ?? 0) + 1,
        description,
        hash,
        size: sizeOf(store, device.id, hash) ?? Buffer.byteLength(text),
        by: caller && { id: caller.id, name: caller.name },
        createdAt: Date.now(),
      };
      const { id: backupId, version, size } = backup;
      const details = { name: device.name, backupId, version, size, hash };
      const writes = [
        put(deviceBackups, backup, 'absent'),
        changeAudit(origin, 'device.config.backup', { type: 'device', id: device.id }, details),
        ...dropping(store, device.id, { backups: known.slice(KEPT_BACKUPS - 1), kept: hash }),
        ...(await keepContent(store, device.id, hash, text)),
      ];
      try {
        await store.apply({ by: origin.caller, writes });
        return { backup, previous, diff };
      } catch (error) {
        const wasFirst = error instanceof DomainError && ['already_exists', 'conflict'].includes(error.code);
        if (!wasFirst || tries === TRIES) throw error;
        await store.flush();
      }
    }
  }

  /** A device's backups, for a list; the oldest first. */
  source(origin: RequestOrigin, idOrName: string): Source<BackupRecord> {
    const { store, devices } = this.#parts;
    return sourceOf(deviceBackupsOf(store, devices.get(origin, idOrName).record.id).reverse());
  }

  /** A backup with its text. @throws DomainError `not_found`. */
  async get(
    origin: RequestOrigin,
    idOrName: string,
    backupId: string,
  ): Promise<{ readonly backup: BackupRecord; readonly config: string }> {
    const backup = this.#find(origin, idOrName, backupId, 'device.command');
    const config = await contentOf(this.#parts.store, backup.deviceId, backup.hash);
    if (config === undefined) throw notFound('backup', backupId);
    return { backup, config };
  }

  /** @throws DomainError `not_found`. */
  async delete(origin: RequestOrigin, idOrName: string, backupId: string): Promise<void> {
    const { store } = this.#parts;
    await retrying(store, Number.POSITIVE_INFINITY, async () => {
      const backup = this.#find(origin, idOrName, backupId, 'device.operate');
      const { deviceId: id, version, hash } = backup;
      const details = { backupId, version, hash };
      const audit = changeAudit(origin, 'device.config.backup.delete', { type: 'device', id }, details);
      await store.apply({ by: origin.caller, writes: [...dropping(store, id, { backups: [backup] }), audit] });
    });
  }

  #find(origin: RequestOrigin, idOrName: string, backupId: string, permission: Permission): BackupRecord {
    const { store, devices } = this.#parts;
    const { record: device } = devices.get(origin, idOrName, permission);
    const backup = store.get(deviceBackups, backupId);
    if (backup?.deviceId !== device.id) throw notFound('backup', backupId);
    return backup;
  }
}

export interface BackupStepParts {
  readonly devices: Devices;
  readonly backups: DeviceBackups;
  readonly fleet: () => Fleet;
  readonly redactor: Redactor;
  /** Waits until a backup has a place in the limits of the APIs. */
  readonly admitted: () => Promise<void>;
}

/** The outcome for one device. */
export interface BackedUp {
  readonly name: string;
  readonly site: string;
  /** `new`: there was no backup of it before. */
  readonly status: 'new' | 'changed' | 'unchanged' | 'failed';
  readonly backupId?: string;
  readonly version?: number;
  readonly error?: string;
  readonly reason?: string;
}

/** How many devices of one site are read at once. */
const PER_SITE = 8;

/**
 * Backs up the configurations of devices, and reports which of them have changed since the last backup. The report does not have the changes:
 * callers without the right to read configurations may read it. A device that fails does not stop the others.
 * @param args `devices`: names or ids, none for all; `description`
 */
export async function backupConfigs(parts: BackupStepParts, args: Readonly<Record<string, unknown>>, run: JobRun) {
  const { description = '' } = args;
  if (typeof description !== 'string') throw invalid('description', 'must be text');
  const devices = chosen(parts, args, run);
  const bySite = new Map<string, DeviceRecord[]>();
  for (const device of devices) bySite.set(device.site, [...(bySite.get(device.site) ?? []), device]);
  const done: BackedUp[] = [];
  const atSite = async (left: DeviceRecord[]) => {
    const worker = async () => {
      for (let device = left.shift(); device && !run.signal.aborted; device = left.shift())
        done.push(await backUp(parts, device, description, run));
    };
    await Promise.all(Array.from({ length: PER_SITE }, worker));
  };
  await Promise.all([...bySite.values()].map(atSite));
  if (run.signal.aborted) throw run.signal.reason;
  const count = (status: BackedUp['status']) => done.filter((one) => one.status === status).length;
  done.sort((a, b) => a.name.localeCompare(b.name));
  const counts = {
    new: count('new'),
    changed: count('changed'),
    unchanged: count('unchanged'),
    failed: count('failed'),
  };
  return { total: done.length, ...counts, devices: done };
}

async function backUp(
  { backups, fleet, admitted }: BackupStepParts,
  { id, name, site, agentId }: DeviceRecord,
  description: string,
  run: JobRun,
): Promise<BackedUp> {
  try {
    await admitted();
    if (run.resumed) await agentReturned(fleet(), agentId, run.signal);
    const { backup, previous } = await backups.make(run.origin, id, description, run.signal);
    const made = { name, site, backupId: backup.id, version: backup.version };
    if (!previous) return { ...made, status: 'new' };
    if (previous.hash === backup.hash) return { ...made, status: 'unchanged' };
    return { ...made, status: 'changed' };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { reason } = error.details;
    const why = typeof reason === 'string' ? { reason } : {};
    return { name, site, status: 'failed', error: error.message, ...why };
  }
}

function chosen(
  { devices }: BackupStepParts,
  { devices: names = [] }: Readonly<Record<string, unknown>>,
  { origin }: JobRun,
): DeviceRecord[] {
  if (!Array.isArray(names)) throw invalid('devices', 'must be a list of names or ids');
  if (names.length === 0) return devices.list(origin).map(({ record }) => record);
  const found = names.map((name) => devices.get(origin, String(name)).record);
  return [...new Map(found.map((record) => [record.id, record])).values()];
}
