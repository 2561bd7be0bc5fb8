import type { RequestOrigin } from '../../access/caller.js';
import type { Redactor } from '../../audit/redactor.js';
import { newId } from '../../ids.js';
import { retrying } from '../../retrying.js';
import { put, remove, type Store, type Write } from '../../store.js';
import type { Ending } from '../outcome.js';
import type { DeviceTally } from '../port.js';
import { type DeviceRecord, deviceEvent, deviceRecords } from '../record.js';
import { keepContent, sealText } from './contents.js';
import type { Running } from './reader.js';
import {
  agedChanges,
  candidateRecords,
  changesOf,
  type DeviceChange,
  deviceChanges,
  dropping,
  isOpen,
} from './records.js';

/** The first fields of a change. */
export type ChangeEntry = Pick<DeviceChange, 'kind' | 'format' | 'replace'> &
  Partial<Pick<DeviceChange, 'candidateRevision' | 'backupId' | 'undoes' | 'command'>>;

/** The changes of all devices, on disk: each is written before it is sent, and again when it has ended. */
export class ChangeLog {
  readonly #store: Store;
  readonly #redactor: Redactor;
  readonly #tally: DeviceTally;

  constructor(store: Store, redactor: Redactor, tally: DeviceTally) {
    this.#store = store;
    this.#redactor = redactor;
    this.#tally = tally;
  }

  /** A change as it is on disk now. */
  get(id: string): DeviceChange | undefined {
    return this.#store.get(deviceChanges, id);
  }

  /** The change of a device that has not ended. */
  open(device: DeviceRecord): DeviceChange | undefined {
    return this.#store.find<DeviceChange>(deviceChanges, 'open', device.id);
  }

  /** The change of a device that a command of a step made. */
  madeBy(device: DeviceRecord, command: string): DeviceChange | undefined {
    return changesOf(this.#store, device.id).find((change) => change.command === command);
  }

  /** Enters a change, with the configuration before it. @throws DomainError `already_exists` where another one is open. */
  async enter(
    { caller }: RequestOrigin,
    device: DeviceRecord,
    wanted: ChangeEntry,
    running: Running,
  ): Promise<DeviceChange> {
    const { kind, format, replace, candidateRevision = null, backupId = null, undoes = null, command } = wanted;
    const change: DeviceChange = {
      id: newId(),
      deviceId: device.id,
      ...(command === undefined ? {} : { command }),
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
    return retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const kept = await keepContent(this.#store, device.id, running.hash, running.text);
      await this.#store.apply({ by: caller, writes: [...kept, put(deviceChanges, change, 'absent')] });
      return change;
    });
  }

  /** Writes the outcome of a change, once. */
  async settle(
    change: DeviceChange,
    { diff, ...ending }: Ending,
    audit: (now: DeviceChange) => readonly Write[] = () => [],
  ): Promise<DeviceChange> {
    const store = this.#store;
    const sealedDiff = diff ? await sealText(store, diff) : null;
    // The outcome may come at the same moment from the command and from a report of the agent.
    return retrying(store, Number.POSITIVE_INFINITY, async () => {
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
        error: this.#redactor.of(now.deviceId).text(error),
        reason,
        endedAt: isOpen(ending) ? null : Date.now(),
        revision: now.revision + 1,
      };
      const aged = dropping(store, now.deviceId, { changes: agedChanges(store, now.deviceId) });
      const device = store.get(deviceRecords, now.deviceId);
      const events = device && next.changed === true ? [changedEvent(device, next)] : [];
      const writes = [put(deviceChanges, next, now.revision), ...this.#committed(next), ...audit(next), ...aged];
      await store.apply({ by: null, writes, events });
      if (!isOpen(next)) this.#tally.change(next.kind, next.state);
      return next;
    });
  }

  /** A committed candidate is removed. */
  #committed({ state, deviceId, candidateRevision }: DeviceChange): Write[] {
    if (state !== 'confirmed' || candidateRevision === null) return [];
    const candidate = this.#store.get(candidateRecords, deviceId);
    return candidate?.revision === candidateRevision ? [remove(candidateRecords, deviceId, candidateRevision)] : [];
  }
}

/** The audit log's fields of a change, without the configuration itself. */
export function auditedChange({ name }: DeviceRecord, change: DeviceChange): Readonly<Record<string, unknown>> {
  const { id, state, replace, changed, hashBefore, hashAfter, backupId, undoes } = change;
  const kept = { name, changeId: id, state, replace, changed, hashBefore, hashAfter };
  return { ...kept, ...(backupId ? { backupId } : {}), ...(undoes ? { undoes } : {}) };
}

function changedEvent(device: DeviceRecord, change: DeviceChange) {
  const { id: changeId, kind, state, hashBefore, hashAfter, protected: wasProtected, saved, by } = change;
  const data = { changeId, kind, state, hashBefore, hashAfter, protected: wasProtected, saved, by: by?.name ?? null };
  return deviceEvent('device.config.changed', device, data);
}
