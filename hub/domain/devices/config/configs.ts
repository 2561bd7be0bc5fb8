import type { Caller, RequestOrigin } from '../../access/caller.js';
import type { Permission } from '../../access/permissions.js';
import type { GuardedStreams } from '../../agents/guarded-streams.js';
import type { Cancellation } from '../../cancellation.js';
import { invalid } from '../../errors.js';
import { type Source, sourceOf } from '../../lists/source.js';
import type { Store } from '../../store.js';
import type { Devices } from '../devices.js';
import { configError } from '../failure.js';
import { type ConfigFormat, type DeviceRecord, platforms } from '../record.js';
import type { DeviceBackups } from './backups.js';
import type { CandidateInput, Candidates, CandidateView } from './candidates.js';
import type { DeviceChanges, MadeChange } from './changes.js';
import { contentOf } from './contents.js';
import type { ConfigReader, ReadConfig } from './reader.js';
import type { CandidateRecord } from './records.js';
import { changesOf, type DeviceChange, lastUndoable } from './records.js';

/** The outcome of putting a configuration: the device has it, or it waits as a candidate. */
export type PutOutcome = ({ readonly committed: true } & MadeChange) | ({ readonly committed: false } & CandidateView);

export interface ConfigParts {
  readonly store: Store;
  readonly devices: Devices;
  readonly streams: GuardedStreams;
  readonly reader: ConfigReader;
  readonly candidates: Candidates;
  readonly changes: DeviceChanges;
  readonly backups: DeviceBackups;
}

/** The configurations of devices: read, put, committed, rolled back, restored. Only a commit touches a device, in one go. */
export class DeviceConfigs {
  readonly #parts: ConfigParts;

  constructor(parts: ConfigParts) {
    this.#parts = parts;
  }

  /** @throws DomainError `not_found`, `device_unreachable`, `device_config_failed` (`format_unsupported`, `section_not_found`). */
  read(
    origin: RequestOrigin,
    idOrName: string,
    { format, section }: { readonly format: ConfigFormat; readonly section: string },
    signal?: Cancellation,
  ): Promise<ReadConfig> {
    const { reader, streams } = this.#parts;
    const device = this.#device(origin, idOrName, 'device.command');
    const check = (caller: Caller) => void this.#device({ ...origin, caller }, device.id, 'device.command');
    return streams.run(origin.caller, signal, check, (signal) => reader.read(device, format, section, signal));
  }

  /** @throws DomainError `not_found`, `invalid_input`, `refused`, `device_unreachable`, `device_config_failed`. */
  async put(
    origin: RequestOrigin,
    idOrName: string,
    input: CandidateInput & { readonly commit: boolean },
  ): Promise<PutOutcome> {
    const device = this.#device(origin, idOrName, 'device.change');
    checkConfig(device, input);
    const { config, format, replace } = input;
    if (!input.commit)
      return { committed: false, ...(await this.#parts.candidates.put(origin, device, { config, format, replace })) };
    return this.#make(origin, device, { kind: 'update', config, format, replace });
  }

  /**
   * Commits the candidate. @throws DomainError `device_config_failed` (`no_candidate`; `config_changed` since it was made), and as {@link
   * DeviceConfigs.put}.
   */
  async commit(origin: RequestOrigin, idOrName: string): Promise<MadeChange> {
    const device = this.#device(origin, idOrName, 'device.change');
    const before = await this.#parts.changes.madeBefore(origin, device);
    if (before) return before;
    const { record, config, base } = await this.#parts.candidates.get(device);
    const { format, replace, revision, baseHash, backupId } = record;
    const about = { candidateRevision: revision, backupId, base: { hash: baseHash, text: base } };
    return this.#parts.changes.make(origin, device, { kind: 'commit', config, format, replace, ...about });
  }

  /**
   * Drops the candidate, if there is one; otherwise takes back the last change that is not taken back yet.
   * @param expected the revision of the candidate that the caller means to drop, `null` for no candidate; absent: any
   * @throws DomainError `device_config_failed` (`candidate_changed`: the candidate is not the expected one; `nothing_to_roll_back`;
   * `config_changed` since that change).
   */
  async rollback(
    origin: RequestOrigin,
    idOrName: string,
    expected?: number | null,
  ): Promise<MadeChange | { readonly dropped: CandidateRecord }> {
    const device = this.#device(origin, idOrName, 'device.change');
    const { store, changes, candidates } = this.#parts;
    const before = await changes.madeBefore(origin, device);
    if (before) return before;
    // A step that has sent its command found no candidate then: so it must not drop a candidate that another caller has put since.
    const dropped = origin.sentBefore === undefined && (await candidates.drop(origin, device, expected));
    if (dropped) return { dropped };
    const history = changesOf(store, device.id);
    const last = lastUndoable(history);
    const config = last && (await contentOf(store, device.id, last.hashBefore));
    if (!last || config === undefined)
      throw configError(
        'nothing_to_roll_back',
        `no change of device '${device.name}' is kept that could be taken back`,
      );
    const { hashAfter = '' } = history.find(({ state }) => state === 'confirmed') ?? {};
    const base = { hash: hashAfter, text: await contentOf(store, device.id, hashAfter) };
    const wanted = { kind: 'rollback', config, format: 'text', replace: true, undoes: last.id, base } as const;
    return changes.make(origin, device, wanted);
  }

  /** Restores a backup as the device's configuration, or as its candidate. @throws DomainError `not_found`, and as {@link DeviceConfigs.put}. */
  async restore(
    origin: RequestOrigin,
    idOrName: string,
    { backupId, commit }: { readonly backupId: string; readonly commit: boolean },
  ): Promise<PutOutcome> {
    const device = this.#device(origin, idOrName, 'device.change');
    const { config } = await this.#parts.backups.get(origin, device.id, backupId);
    const wanted = { config, format: 'text', replace: true, backupId } as const;
    if (!commit) return { committed: false, ...(await this.#parts.candidates.put(origin, device, wanted)) };
    return this.#make(origin, device, { kind: 'restore', ...wanted });
  }

  /** @throws DomainError `not_found`, `device_config_failed` (`no_candidate`). */
  async candidate(origin: RequestOrigin, idOrName: string): Promise<CandidateView> {
    return this.#parts.candidates.get(this.#device(origin, idOrName, 'device.command'));
  }

  /** The changes of a device, for a list. */
  changes(origin: RequestOrigin, idOrName: string): Source<DeviceChange> {
    return sourceOf(changesOf(this.#parts.store, this.#device(origin, idOrName, 'device.command').id));
  }

  diff(change: DeviceChange): Promise<string> {
    return this.#parts.changes.diff(change);
  }

  async #make(
    origin: RequestOrigin,
    device: DeviceRecord,
    wanted: Parameters<DeviceChanges['make']>[2],
  ): Promise<PutOutcome> {
    const { changes } = this.#parts;
    const made = (await changes.madeBefore(origin, device)) ?? (await changes.make(origin, device, wanted));
    return { committed: true, ...made };
  }

  #device(origin: RequestOrigin, idOrName: string, permission: Permission): DeviceRecord {
    return this.#parts.devices.get(origin, idOrName, permission).record;
  }
}

/** @throws DomainError `invalid_input`, `device_config_failed` (`format_unsupported`). */
function checkConfig({ type }: DeviceRecord, { config, format }: CandidateInput): void {
  if (config.trim() === '') throw invalid('config', 'is empty');
  if (/(?!\t|\r?\n)\p{Cc}/u.test(config))
    throw invalid('config', 'must hold no control characters but tabs and line ends');
  const { writes } = platforms[type];
  if (!(writes as readonly ConfigFormat[]).includes(format)) {
    const details = { field: 'format', formats: writes, outcome: 'not_run' };
    throw configError('format_unsupported', `${type} takes configurations as ${writes.join(', ')}`, details);
  }
}
