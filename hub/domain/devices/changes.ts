import type { DeviceReport } from '../agents/fleet-devices.js';
import { auditWrite, changeAudit, type RequestOrigin, SYSTEM } from '../audit/audit.js';
import type { Redactor } from '../audit/redactor.js';
import { DomainError } from '../errors.js';
import { newId } from '../ids.js';
import { put, remove, type Store, type Write } from '../store.js';
import { deviceEvent } from './announce.js';
import { candidateRecords } from './candidate.js';
import { agedChanges, type DeviceChange, deviceChanges, isOpen } from './change-record.js';
import { contentOf, keepContent, sealText, unsealText } from './contents.js';
import { configDiff } from './diff.js';
import { configError } from './failure.js';
import { dropping } from './leftovers.js';
import { type AppliedConfig, type Ending, endingOf, fateOf } from './outcome.js';
import type { DevicePort } from './port.js';
import type { ConfigReader, Running } from './reader.js';
import { type DeviceRecord, deviceRecords } from './record.js';
import type { DeviceTally } from './tally.js';

/** A change that is to be made. */
export type NewChange = Pick<DeviceChange, 'kind' | 'format' | 'replace'> &
  Partial<Pick<DeviceChange, 'candidateRevision' | 'backupId' | 'undoes'>> & {
    readonly config: string;
    /** The configuration that it is for: it is made to no other. Default: the one that runs. */
    readonly base?: { readonly hash: string; readonly text?: string | undefined };
  };

/** A change that was made, with its diff. */
export interface MadeChange {
  readonly change: DeviceChange;
  /** Unified; empty where there was nothing to do. */
  readonly diff: string;
}

/** A change with its confirmation, and taking it back where that fails, milliseconds. */
const APPLY_MS = 900_000;
/** How long a caller waits to hear what became of a change after a lost link, milliseconds. */
const RESOLVE_MS = 60_000;
/** Larger texts travel without the configuration that they are compared with, characters: a command has to fit into one message. */
const MOST_TEXT = 2_000_000;

export interface ChangeParts {
  readonly store: Store;
  readonly port: DevicePort;
  readonly reader: ConfigReader;
  readonly redactor: Pick<Redactor, 'text'>;
  readonly tally: DeviceTally;
  readonly onError: (error: unknown) => void;
}

/**
 * Changes of devices' configurations, one at a time for each device. A change is on disk before it is sent; where the link or the hub is lost
 * meanwhile, the agent is asked what became of it as soon as it is back. So the hub knows which configuration a device has.
 */
export class DeviceChanges {
  readonly #parts: ChangeParts;
  /** Devices whose change is being made by a caller, who hears what becomes of it. */
  readonly #busy = new Set<string>();
  readonly #resolving = new Map<string, Promise<DeviceChange>>();

  constructor(parts: ChangeParts) {
    this.#parts = parts;
  }

  /** Whether somebody changes the device's configuration right now. */
  isBusy(deviceId: string): boolean {
    return this.#busy.has(deviceId);
  }

  /**
   * Makes a change; it goes on though its asker hangs up. @throws DomainError `device_config_failed` (reasons of `device.proto`, `change_under_way`),
   * `device_unreachable`, `refused`; `details.change_id` and `details.state` say what is known of it.
   */
  async make(origin: RequestOrigin, device: DeviceRecord, wanted: NewChange): Promise<MadeChange> {
    if (this.#busy.has(device.id)) throw underWay(device);
    this.#busy.add(device.id);
    try {
      await this.#end(device);
      const running = await this.#parts.reader.running(device);
      checkBase(wanted, running);
      return await this.#apply(origin, device, await this.#begin(origin, device, wanted, running), wanted, running);
    } finally {
      this.#busy.delete(device.id);
    }
  }

  /** Takes in what a report tells of a change that nobody waits for. */
  onReport(device: DeviceRecord, { change: told }: DeviceReport): void {
    if (!told || this.#busy.has(device.id)) return;
    const change = this.#parts.store.get(deviceChanges, told.changeId);
    const ending = endingOf(told);
    if (!change || !isOpen(change) || !ending || ending.state === change.state) return;
    void this.#resolve(device, change).catch(this.#parts.onError);
  }

  /** An agent came: what it was asked for before may have come to an end. */
  onAgent(devices: readonly DeviceRecord[]): void {
    for (const device of devices) {
      const open = this.#open(device);
      if (open && !this.#busy.has(device.id)) void this.#resolve(device, open).catch(this.#parts.onError);
    }
  }

  #open(device: DeviceRecord): DeviceChange | undefined {
    return this.#parts.store.find<DeviceChange>(deviceChanges, 'open', device.id);
  }

  /** Nothing is begun before what was begun earlier has ended. */
  async #end(device: DeviceRecord): Promise<void> {
    const open = this.#open(device);
    if (open && isOpen(await this.#resolve(device, open))) throw underWay(device, open);
  }

  async #begin(
    { caller }: RequestOrigin,
    device: DeviceRecord,
    wanted: NewChange,
    running: Running,
  ): Promise<DeviceChange> {
    const { store } = this.#parts;
    const { kind, format, replace, candidateRevision = null, backupId = null, undoes = null } = wanted;
    const change: DeviceChange = {
      id: newId(),
      deviceId: device.id,
      kind,
      state: 'begun',
      by: caller && { id: caller.id, name: caller.name },
      replace,
      format,
      hashBefore: running.hash,
      hashAfter: '',
      changed: null,
      protected: null,
      saved: null,
      method: '',
      sealedDiff: null,
      error: '',
      reason: '',
      candidateRevision,
      backupId,
      undoes,
      createdAt: Date.now(),
      endedAt: null,
      revision: 1,
    };
    const kept = await keepContent(store, device.id, running.hash, running.text);
    try {
      await store.apply({ writes: [...kept, put(deviceChanges, change, 'absent')] });
    } catch (error) {
      if (error instanceof DomainError && error.code === 'already_exists') throw underWay(device);
      throw error;
    }
    return change;
  }

  async #apply(
    origin: RequestOrigin,
    device: DeviceRecord,
    change: DeviceChange,
    { config, format, replace }: NewChange,
    running: Running,
  ): Promise<MadeChange> {
    const baseConfig = config.length + running.text.length > MOST_TEXT ? '' : running.text;
    const value = {
      deviceId: device.id,
      config,
      format,
      replace,
      baseHash: running.hash,
      baseConfig,
      changeId: change.id,
    };
    const options = { kind: 'once', timeoutMs: APPLY_MS, journal: change.id } as const;
    try {
      const answer = await this.#parts.port.json(device, 'config', { case: 'applyConfig', value }, options);
      const applied = answer as AppliedConfig;
      const { diff } = applied;
      const settled = await this.#settle(change, { ...applied, state: 'confirmed' }, (now) => [
        changeAudit(
          origin,
          `device.config.${change.kind}`,
          { type: 'device', id: device.id },
          auditedChange(device, now),
        ),
      ]);
      return { change: settled, diff };
    } catch (error) {
      return this.#failed(origin, device, change, error);
    }
  }

  /** A failure is told once it is known what it left behind, as far as that can be known now. */
  async #failed(
    origin: RequestOrigin,
    device: DeviceRecord,
    change: DeviceChange,
    error: unknown,
  ): Promise<MadeChange> {
    const fate = fateOf(error);
    const known = error instanceof DomainError;
    const message = known ? error.message : 'the change failed inside the hub';
    let settled = change;
    if (fate === 'unknown') {
      if (this.#parts.port.has(device))
        settled = await this.#resolve(device, change, origin).catch((failure: unknown) => {
          this.#parts.onError(failure);
          return change;
        });
    } else {
      const reason = known ? String(error.details.reason ?? error.code) : '';
      settled = await this.#settle(change, { state: fate, error: message, reason });
    }
    if (settled.state === 'confirmed') return { change: settled, diff: await this.diff(settled) };
    if (!known) throw error;
    const { outcome: _, ...details } = error.details;
    const outcome = isOpen(settled) ? 'unknown' : settled.state === 'not_run' ? 'not_run' : undefined;
    const more = { changeId: change.id, state: settled.state, ...(outcome ? { outcome } : {}) };
    throw new DomainError(error.code, error.message, { ...details, ...more }, { cause: error });
  }

  /** The diff of a change; empty where there is none. */
  diff({ sealedDiff }: DeviceChange): Promise<string> {
    return sealedDiff === null ? Promise.resolve('') : unsealText(this.#parts.store, sealedDiff);
  }

  #resolve(device: DeviceRecord, change: DeviceChange, origin?: RequestOrigin): Promise<DeviceChange> {
    const before = this.#resolving.get(change.id);
    if (before) return before;
    const work = this.#askWhatBecame(device, change, origin).finally(() => this.#resolving.delete(change.id));
    this.#resolving.set(change.id, work);
    return work;
  }

  /**
   * Asks the agent what became of a change. One that it does not know may be about to begin: reading the configuration waits for its end, and
   * then the agent is asked once more.
   */
  async #askWhatBecame(device: DeviceRecord, change: DeviceChange, origin?: RequestOrigin): Promise<DeviceChange> {
    if (!this.#parts.port.has(device)) return change;
    const told = await this.#inspect(device, change);
    if (told) return this.#settleTold(device, change, told, origin);
    const running = await this.#parts.reader.running(device).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === 'device_unreachable') return undefined;
      throw error;
    });
    const toldNow = await this.#inspect(device, change);
    if (toldNow) return this.#settleTold(device, change, toldNow, origin);
    const hash = running?.hash ?? change.hashBefore;
    const error = 'the change never began';
    if (hash === change.hashBefore)
      return this.#settle(change, { state: 'not_run', changed: false, hashAfter: hash, error });
    const lost = 'the agent knows nothing of the change, and the device has another configuration than before it';
    return this.#settle(change, { state: 'failed', changed: true, hashAfter: hash, error: lost });
  }

  /** What the agent knows of the change; while that has not ended, nothing but that it is under way. */
  async #inspect(device: DeviceRecord, { id }: DeviceChange): Promise<Ending | 'under way' | undefined> {
    const operation = { case: 'inspectChange', value: { deviceId: device.id, changeId: id } } as const;
    const options = { kind: 'read', timeoutMs: RESOLVE_MS } as const;
    const { change } = await this.#parts.port.report(device, 'config', operation, options);
    return change?.changeId === id ? (endingOf(change) ?? 'under way') : undefined;
  }

  async #settleTold(
    device: DeviceRecord,
    change: DeviceChange,
    told: Ending | 'under way',
    origin: RequestOrigin = SYSTEM,
  ): Promise<DeviceChange> {
    if (told === 'under way') return change;
    const diff = told.state === 'confirmed' && told.changed ? await this.#diffNow(device, change) : undefined;
    const ending = { ...told, ...(diff === undefined ? {} : { diff }) };
    const { store } = this.#parts;
    const entry = (now: DeviceChange) =>
      auditWrite(origin, {
        action: `device.config.${now.kind}`,
        resource: { type: 'device', id: device.id },
        details: { ...auditedChange(device, now), by: now.by?.name ?? null },
        success: now.state === 'confirmed',
        durationMs: (now.endedAt ?? Date.now()) - now.createdAt,
      });
    // Of a failure that somebody waits to hear, the request's own entry tells.
    const noted = (now: DeviceChange) => (origin === SYSTEM || now.state === 'confirmed' ? [entry(now)] : []);
    return this.#settle(store.get(deviceChanges, change.id) ?? change, ending, noted);
  }

  /** The diff of a change whose answer was lost. */
  async #diffNow(device: DeviceRecord, { hashBefore }: DeviceChange): Promise<string | undefined> {
    try {
      const before = await contentOf(this.#parts.store, device.id, hashBefore);
      return before && configDiff(before, (await this.#parts.reader.running(device)).text);
    } catch (error) {
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }

  /** Writes what became of a change, once. */
  async #settle(
    change: DeviceChange,
    { diff, ...ending }: Ending,
    audit: (now: DeviceChange) => readonly Write[] = () => [],
  ): Promise<DeviceChange> {
    const { store, redactor, tally } = this.#parts;
    const sealedDiff = diff ? await sealText(store, diff) : null;
    for (;;) {
      const now = store.get(deviceChanges, change.id);
      if (!now || !isOpen(now) || (now.state === ending.state && isOpen(ending))) return now ?? change;
      const { hashAfter = '', changed = null, method = '', saved = null, error = '', reason = '' } = ending;
      const next: DeviceChange = {
        ...now,
        state: ending.state,
        hashAfter,
        changed,
        protected: ending.protected ?? null,
        saved,
        method,
        sealedDiff,
        error: redactor.text(error),
        reason,
        endedAt: isOpen(ending) ? null : Date.now(),
        revision: now.revision + 1,
      };
      const aged = dropping(store, now.deviceId, { changes: agedChanges(store, now.deviceId) });
      const device = store.get(deviceRecords, now.deviceId);
      const events = device && next.changed === true ? [changedEvent(device, next)] : [];
      const writes = [put(deviceChanges, next, now.revision), ...this.#committed(next), ...audit(next), ...aged];
      try {
        await store.apply({ writes, events });
      } catch (failure) {
        if (failure instanceof DomainError && failure.code === 'conflict') continue;
        throw failure;
      }
      if (!isOpen(next)) tally.change(next.kind, next.state);
      return next;
    }
  }

  /** The candidate that was committed is one no more. */
  #committed({ state, deviceId, candidateRevision }: DeviceChange): Write[] {
    if (state !== 'confirmed' || candidateRevision === null) return [];
    const candidate = this.#parts.store.get(candidateRecords, deviceId);
    return candidate?.revision === candidateRevision ? [remove(candidateRecords, deviceId, candidateRevision)] : [];
  }
}

/** @throws DomainError `device_config_failed`, with what has changed since. */
function checkBase({ base }: NewChange, running: Running): void {
  if (!base || base.hash === '' || base.hash === running.hash) return;
  const diff = base.text === undefined ? {} : { diff: configDiff(base.text, running.text) };
  const details = { hash: running.hash, baseHash: base.hash, outcome: 'not_run', ...diff };
  throw configError('config_changed', "the device's configuration has changed since", details);
}

function underWay({ name }: DeviceRecord, open?: DeviceChange): DomainError {
  const details = { ...(open ? { changeId: open.id, state: open.state } : {}), outcome: 'not_run' };
  return configError('change_under_way', `another change of device '${name}' is under way`, details);
}

/** What the audit log keeps of a change: nothing of the configuration itself. */
function auditedChange({ name }: DeviceRecord, change: DeviceChange): Readonly<Record<string, unknown>> {
  const { id, state, replace, changed, hashBefore, hashAfter, backupId, undoes } = change;
  const kept = { name, changeId: id, state, replace, changed, hashBefore, hashAfter };
  return { ...kept, ...(backupId ? { backupId } : {}), ...(undoes ? { undoes } : {}) };
}

function changedEvent(device: DeviceRecord, change: DeviceChange) {
  const { id: changeId, kind, state, hashBefore, hashAfter, protected: wasProtected, saved, by } = change;
  const data = { changeId, kind, state, hashBefore, hashAfter, protected: wasProtected, saved, by: by?.name ?? null };
  return deviceEvent('device.config.changed', device, data);
}
