import type { RequestOrigin } from '../../access/caller.js';
import type { DeviceReport } from '../../agents/contract.js';
import { auditWrite, changeAudit, SYSTEM } from '../../audit/audit.js';
import { DomainError } from '../../errors.js';
import type { Store } from '../../store.js';
import { configError } from '../failure.js';
import { type AppliedConfig, appliedConfig, type Ending, endingOf, stateAfterFailure } from '../outcome.js';
import type { DevicePort } from '../port.js';
import type { DeviceRecord } from '../record.js';
import { auditedChange, type ChangeEntry, type ChangeLog } from './change-log.js';
import { configDiff, contentOf, unsealText } from './contents.js';
import type { ConfigReader, Running } from './reader.js';
import { type DeviceChange, isOpen } from './records.js';

/** A new change. */
export type NewChange = ChangeEntry & {
  readonly config: string;
  /** The configuration that the change is for. The change is refused if the device has another one. Default: the running configuration. */
  readonly base?: { readonly hash: string; readonly text?: string | undefined };
};

/** A change that was made, with its diff. */
export interface MadeChange {
  readonly change: DeviceChange;
  /** Unified; empty if there was nothing to do. */
  readonly diff: string;
}

/** The limit of a change with its confirmation, and with its reversal if the confirmation fails, milliseconds. */
const APPLY_MS = 900_000;
/** How long a caller waits for the outcome of a change after a lost link, milliseconds. */
const RESOLVE_MS = 60_000;
/** How long a new change waits for an earlier one to end, milliseconds. */
const LOOK_MS = 5_000;
/** Larger texts travel without the configuration that they are compared with, bytes: a command has to fit into one message. */
const MOST_TEXT = 2_000_000;

export interface ChangeParts {
  readonly store: Store;
  readonly port: DevicePort;
  readonly reader: ConfigReader;
  readonly book: ChangeLog;
  /** @throws DomainError if the caller may not change the device any more */
  readonly checkRights: (origin: RequestOrigin, device: DeviceRecord) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Changes of devices' configurations, one at a time for each device. A change is on disk before the hub sends it. If the link or the hub is
 * lost meanwhile, the hub asks the agent for the outcome as soon as the agent is back. So the hub knows which configuration a device has.
 */
export class DeviceChanges {
  readonly #parts: ChangeParts;
  /** Devices whose change a caller is making: this caller gets the outcome. */
  readonly #busy = new Set<string>();
  readonly #resolving = new Map<string, Promise<DeviceChange>>();

  constructor(parts: ChangeParts) {
    this.#parts = parts;
  }

  /** Whether a change of the device's configuration is under way. */
  isBusy(deviceId: string): boolean {
    return this.#busy.has(deviceId);
  }

  /** Whether a change of the device's configuration is under way, or waits for its outcome. */
  isOpen(device: DeviceRecord): boolean {
    return this.isBusy(device.id) || this.#parts.book.open(device) !== undefined;
  }

  /**
   * Makes a change. It goes on if its client hangs up. @throws DomainError `device_config_failed` (reasons of `device.proto`,
   * `change_under_way`), `device_unreachable`, `refused`; `details.change_id` and `details.state` report the state of the change.
   */
  async make(origin: RequestOrigin, device: DeviceRecord, wanted: NewChange): Promise<MadeChange> {
    if (this.#busy.has(device.id)) throw underWay(device);
    this.#busy.add(device.id);
    try {
      await this.#end(device);
      const running = await this.#parts.reader.running(device);
      await checkBase(wanted, running);
      // The device's answer took time, so the caller's rights may have changed.
      this.#parts.checkRights(origin, device);
      const command = await origin.sendingOnce?.(device.agentId);
      const entered = await this.#enter(origin, device, { ...wanted, command }, running);
      return await this.#apply(origin, device, entered, wanted, running);
    } finally {
      this.#busy.delete(device.id);
    }
  }

  /**
   * The change that a step made before the hub stopped; the agent is asked for its outcome. `undefined`: the step has changed nothing.
   * @throws DomainError `device_config_failed`, as {@link DeviceChanges.make}
   */
  async madeBefore({ sentBefore, ...origin }: RequestOrigin, device: DeviceRecord): Promise<MadeChange | undefined> {
    const before = sentBefore === undefined ? undefined : this.#parts.book.madeBy(device, sentBefore);
    if (!before) return undefined;
    const change = isOpen(before) ? await this.#resolve(device, before, origin) : before;
    const { id: changeId, state, error, reason } = change;
    if (state === 'not_run') return undefined;
    await origin.sendingOnce?.(device.agentId);
    if (state === 'confirmed') return { change, diff: await this.diff(change) };
    const outcome = isOpen(change) ? { outcome: 'unknown' } : {};
    throw configError(reason || state, error || 'the change has no outcome yet', { changeId, state, ...outcome });
  }

  /** Records a report about a change that no request waits for. */
  onReport(device: DeviceRecord, { change: told }: DeviceReport): void {
    if (!told || this.#busy.has(device.id)) return;
    const change = this.#parts.book.get(told.changeId);
    const ending = endingOf(told);
    // An agent may not report a change of another device.
    if (change?.deviceId !== device.id || !isOpen(change) || !ending || ending.state === change.state) return;
    this.#resolveLater(device, change);
  }

  /** An agent has connected: its earlier changes may have ended. */
  onAgent(devices: readonly DeviceRecord[]): void {
    for (const device of devices) {
      const open = this.#parts.book.open(device);
      if (open && !this.#busy.has(device.id)) this.#resolveLater(device, open);
    }
  }

  /** A new change begins only after the earlier change has ended. */
  async #end(device: DeviceRecord): Promise<void> {
    const open = this.#parts.book.open(device);
    if (!open) return;
    const ended = await this.#resolve(device, open, SYSTEM, LOOK_MS).catch((error: unknown) => {
      if (error instanceof DomainError) return open;
      throw error;
    });
    if (isOpen(ended)) throw underWay(device, open);
  }

  /** Asks the agent for the outcome. If the agent disconnects, or does not know yet, its return or its next report is the next chance. */
  #resolveLater(device: DeviceRecord, change: DeviceChange): void {
    this.#resolve(device, change).catch((error: unknown) => {
      if (!(error instanceof DomainError)) this.#parts.onError(error);
    });
  }

  async #enter(
    origin: RequestOrigin,
    device: DeviceRecord,
    wanted: NewChange,
    running: Running,
  ): Promise<DeviceChange> {
    try {
      return await this.#parts.book.enter(origin, device, wanted, running);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'already_exists') throw underWay(device);
      throw error;
    }
  }

  async #apply(
    origin: RequestOrigin,
    device: DeviceRecord,
    change: DeviceChange,
    { config, format, replace }: NewChange,
    running: Running,
  ): Promise<MadeChange> {
    const baseConfig = Buffer.byteLength(config + running.text) > MOST_TEXT ? '' : running.text;
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
      const operation = { case: 'applyConfig', value } as const;
      const applied = await this.#parts.port.json<AppliedConfig>(device, 'config', operation, appliedConfig, options);
      const { diff } = applied;
      const settled = await this.#parts.book.settle(change, { ...applied, state: 'confirmed' }, (now) => [
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

  /** Adds the state of the change to the failure, as far as the state is known now. */
  async #failed(
    origin: RequestOrigin,
    device: DeviceRecord,
    change: DeviceChange,
    error: unknown,
  ): Promise<MadeChange> {
    const fate = stateAfterFailure(error);
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
      settled = await this.#parts.book.settle(change, { state: fate, error: message, reason });
    }
    if (settled.state === 'confirmed') return { change: settled, diff: await this.diff(settled) };
    if (!known) throw error;
    const { outcome: _, ...details } = error.details;
    const outcome = isOpen(settled) ? 'unknown' : settled.state === 'not_run' ? 'not_run' : undefined;
    const more = { changeId: change.id, state: settled.state, ...(outcome ? { outcome } : {}) };
    throw new DomainError(error.code, error.message, { ...details, ...more }, { cause: error });
  }

  /** The diff of a change; empty if it has no diff. */
  diff({ sealedDiff }: DeviceChange): Promise<string> {
    return sealedDiff === null ? Promise.resolve('') : unsealText(this.#parts.store, sealedDiff);
  }

  #resolve(
    device: DeviceRecord,
    change: DeviceChange,
    origin: RequestOrigin = SYSTEM,
    limitMs = RESOLVE_MS,
  ): Promise<DeviceChange> {
    const before = this.#resolving.get(change.id);
    if (before) return before;
    const work = this.#askOutcome(device, change, origin, limitMs).finally(() => this.#resolving.delete(change.id));
    this.#resolving.set(change.id, work);
    return work;
  }

  /**
   * Asks the agent for the outcome of a change. A change that the agent does not know may be about to begin: the hub reads the
   * configuration, which waits for the change's end, and then asks the agent once more.
   */
  async #askOutcome(
    device: DeviceRecord,
    change: DeviceChange,
    origin: RequestOrigin,
    limitMs: number,
  ): Promise<DeviceChange> {
    if (!this.#parts.port.has(device)) return change;
    const told = await this.#inspect(device, change, limitMs);
    if (told) return this.#settleTold(device, change, told, origin);
    const running = await this.#parts.reader.running(device).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === 'device_unreachable') return undefined;
      throw error;
    });
    const toldNow = await this.#inspect(device, change, limitMs);
    if (toldNow) return this.#settleTold(device, change, toldNow, origin);
    const hash = running?.hash ?? change.hashBefore;
    const error = 'the change never began';
    if (hash === change.hashBefore)
      return this.#parts.book.settle(change, { state: 'not_run', changed: false, hashAfter: hash, error });
    const lost = 'the agent knows nothing of the change, and the device has another configuration than before it';
    return this.#parts.book.settle(change, { state: 'failed', changed: true, hashAfter: hash, error: lost });
  }

  /** The agent's knowledge of the change; while the change has not ended, only that it is under way. */
  async #inspect(
    device: DeviceRecord,
    { id }: DeviceChange,
    timeoutMs: number,
  ): Promise<Ending | 'under way' | undefined> {
    const operation = { case: 'inspectChange', value: { deviceId: device.id, changeId: id } } as const;
    const options = { kind: 'read', timeoutMs } as const;
    const { change } = await this.#parts.port.report(device, 'config', operation, options);
    return change?.changeId === id ? (endingOf(change) ?? 'under way') : undefined;
  }

  async #settleTold(
    device: DeviceRecord,
    change: DeviceChange,
    told: Ending | 'under way',
    origin: RequestOrigin,
  ): Promise<DeviceChange> {
    if (told === 'under way') return change;
    const diff = told.state === 'confirmed' && told.changed ? await this.#diffNow(device, change) : undefined;
    const ending = { ...told, ...(diff === undefined ? {} : { diff }) };
    const entry = (now: DeviceChange) =>
      auditWrite(origin, {
        action: `device.config.${now.kind}`,
        resource: { type: 'device', id: device.id },
        details: { ...auditedChange(device, now), by: now.by?.name ?? null },
        success: now.state === 'confirmed',
        durationMs: (now.endedAt ?? Date.now()) - now.createdAt,
      });
    // If a request waits for the failure, the request's own audit entry reports it.
    const noted = (now: DeviceChange) => (origin === SYSTEM || now.state === 'confirmed' ? [entry(now)] : []);
    return this.#parts.book.settle(this.#parts.book.get(change.id) ?? change, ending, noted);
  }

  /** The diff of a change whose answer was lost. */
  async #diffNow(device: DeviceRecord, { hashBefore }: DeviceChange): Promise<string | undefined> {
    try {
      const before = await contentOf(this.#parts.store, device.id, hashBefore);
      return before && (await configDiff(before, (await this.#parts.reader.running(device)).text));
    } catch (error) {
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }
}

/** @throws DomainError `device_config_failed`, with the changes since. */
async function checkBase({ base }: NewChange, running: Running): Promise<void> {
  if (!base || base.hash === '' || base.hash === running.hash) return;
  const diff = base.text === undefined ? {} : { diff: await configDiff(base.text, running.text) };
  const details = { hash: running.hash, baseHash: base.hash, outcome: 'not_run', ...diff };
  throw configError('config_changed', "the device's configuration has changed since", details);
}

function underWay({ name }: DeviceRecord, open?: DeviceChange): DomainError {
  const details = { ...(open ? { changeId: open.id, state: open.state } : {}), outcome: 'not_run' };
  return configError('change_under_way', `another change of device '${name}' is under way`, details);
}
