import { agentReturned } from '../../agents/answer.js';
import type { Fleet } from '../../agents/fleet.js';
import type { Redactor } from '../../audit/redactor.js';
import { DomainError, invalid } from '../../errors.js';
import type { JobRun } from '../../jobs/kind.js';
import type { Devices } from '../devices.js';
import { maskSecrets } from '../outcome.js';
import type { DeviceRecord } from '../record.js';
import type { DeviceBackups } from './backups.js';

export interface BackupStepParts {
  readonly devices: Devices;
  readonly backups: DeviceBackups;
  readonly fleet: () => Fleet;
  readonly redactor: Redactor;
  /** Waits until a backup has a place in the limits of the APIs. */
  readonly admitted: () => Promise<void>;
}

/** The outcome of one device. */
export interface BackedUp {
  readonly name: string;
  readonly site: string;
  /** `new`: there was no backup of it before. */
  readonly status: 'new' | 'changed' | 'unchanged' | 'failed';
  readonly backupId?: string;
  readonly version?: number;
  /** The changes since the last backup: a unified diff, with texts that look like secrets replaced, and cut if it is long. */
  readonly diff?: string;
  readonly error?: string;
  readonly reason?: string;
}

/** Devices of one site that are read at once. */
const PER_SITE = 8;
/** All diffs of one report together, characters: a job keeps a report of bounded size. */
const DIFFS = 40_000;

/**
 * Backs up the configurations of devices, and reports the changes since the last backup. A device that fails does not stop the others.
 * @param args `devices`: names or ids, none for all; `description`
 */
export async function backupConfigs(parts: BackupStepParts, args: Readonly<Record<string, unknown>>, run: JobRun) {
  const { description = '' } = args;
  if (typeof description !== 'string') throw invalid('description', 'must be text');
  const devices = chosen(parts, args, run);
  const bySite = new Map<string, DeviceRecord[]>();
  for (const device of devices) bySite.set(device.site, [...(bySite.get(device.site) ?? []), device]);
  const share = Math.floor(DIFFS / Math.max(1, devices.length));
  const done: BackedUp[] = [];
  const atSite = async (left: DeviceRecord[]) => {
    const worker = async () => {
      for (let device = left.shift(); device && !run.signal.aborted; device = left.shift())
        done.push(await backUp(parts, device, description, share, run));
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
  { backups, fleet, redactor, admitted }: BackupStepParts,
  { id, name, site, agentId }: DeviceRecord,
  description: string,
  longest: number,
  run: JobRun,
): Promise<BackedUp> {
  try {
    await admitted();
    if (run.resumed) await agentReturned(fleet(), agentId, run.signal);
    const { backup, previous, diff } = await backups.make(run.origin, id, description, run.signal);
    const made = { name, site, backupId: backup.id, version: backup.version };
    if (!previous) return { ...made, status: 'new' };
    if (previous.hash === backup.hash) return { ...made, status: 'unchanged' };
    return { ...made, status: 'changed', diff: shortened(redactor.of(id).text(maskSecrets(diff)), longest) };
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

function shortened(diff: string, longest: number): string {
  return diff.length <= longest ? diff : `${diff.slice(0, longest)}\n… ${diff.length - longest} more characters\n`;
}
