import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { seesSite } from '../access/grants.js';
import type { Permission } from '../access/permissions.js';
import type { Agents } from '../agents/agents.js';
import { changeAudit } from '../audit/audit.js';
import { type DomainError, notFound } from '../errors.js';
import { newId } from '../ids.js';
import type { Fields } from '../lists/field.js';
import { type Source, sourceOf } from '../lists/source.js';
import { checkDestination, type Destination, movedPart } from '../net/destination.js';
import { retrying } from '../retrying.js';
import { checkSite, placeAmongAble } from '../sited/placement.js';
import type { SpecRoom } from '../sited/spec-room.js';
import { type Change, findNamed, put, remove, type Store } from '../store.js';
import { configRemoval } from './config/records.js';
import { configError } from './failure.js';
import {
  checkInput,
  type DeviceInput,
  type DeviceUpdate,
  jumpHostOf,
  sealDeviceSecrets,
  secretsOf,
  unsealDeviceSecrets,
} from './input.js';
import {
  type DeviceFacts,
  type DeviceObservation,
  deviceFacts,
  type FactBook,
  type ObservedDevices,
  shownState,
} from './observed.js';
import { type ConnectionOptions, type DeviceRecord, deviceEvent, deviceRecords, deviceSpecBytes } from './record.js';

const sitedKind = { records: deviceRecords, operation: 'putDevice', partner: 'network devices' };

/** A registration with the state of the device. */
export interface DeviceView {
  readonly record: DeviceRecord;
  readonly observed: DeviceObservation;
  readonly facts: DeviceFacts;
}

/** The fields by which a list of devices can be filtered and sorted. */
export const deviceFields = {
  id: { type: 'string', of: ({ record }) => record.id },
  name: { type: 'string', of: ({ record }) => record.name },
  type: { type: 'string', of: ({ record }) => record.type },
  hostname: { type: 'string', of: ({ record }) => record.hostname },
  port: { type: 'number', of: ({ record }) => record.port },
  status: { type: 'string', of: ({ observed }) => shownState(observed) },
  site: { type: 'string', of: ({ record }) => record.site },
  /** Comma-separated. */
  tags: { type: 'string', of: ({ record }) => (record.tags.length === 0 ? null : record.tags.join(',')) },
  createdAt: { type: 'date', of: ({ record }) => record.createdAt },
  lastConnected: { type: 'date', of: ({ facts }) => facts.lastConnected || null },
} satisfies Fields<DeviceView>;

const DEFAULT_OPTIONS: ConnectionOptions = {
  timeoutMs: 0,
  keepaliveMs: 0,
  autoConnect: true,
  legacyAlgorithms: false,
};
const SSH_PORT = 22;

export interface DeviceParts {
  readonly store: Store;
  readonly agents: Agents;
  readonly observed: ObservedDevices;
  readonly facts: FactBook;
  readonly room: SpecRoom;
  /** Whether a change of the device's configuration runs, or has not ended. */
  readonly isChanging: (device: DeviceRecord) => boolean;
}

/** Registrations of network devices: made, shown, changed, deleted. */
export class Devices {
  readonly #parts: DeviceParts;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
  }

  /** The devices that the caller's grants cover, in the order of their making. */
  list(origin: RequestOrigin): DeviceView[] {
    return Array.from(this.#parts.store.list(deviceRecords), (record) => this.view(record)).filter(({ record }) =>
      seesSite(origin, record),
    );
  }

  source(origin: RequestOrigin): Source<DeviceView> {
    return sourceOf(this.list(origin));
  }

  /**
   * A device by id or name. A device outside the caller's grants does not exist for the caller.
   * @param permission the permission that the caller needs for its request
   * @throws DomainError `forbidden`, `not_found`.
   */
  get(origin: RequestOrigin, idOrName: string, permission: Permission = 'device.read'): DeviceView {
    authorize(origin.caller, permission);
    const { store } = this.#parts;
    const record = findNamed(store, deviceRecords, idOrName);
    if (!record || !seesSite(origin, record)) throw notFound('device', idOrName);
    return this.view(record);
  }

  view(record: DeviceRecord): DeviceView {
    const { observed, facts } = this.#parts;
    return { record, observed: observed.get(record.id), facts: facts.of(record.id) };
  }

  /** The host keys that a device and its jump host must show; empty: none is known yet. */
  pins(record: DeviceRecord): ReturnType<FactBook['pins']> {
    return this.#parts.facts.pins(record);
  }

  /** Registers a device. @throws DomainError `invalid_input`, `already_exists`, `forbidden`, `unavailable`. */
  async create(origin: RequestOrigin, input: DeviceInput): Promise<DeviceRecord> {
    authorize(origin.caller, 'device.write');
    checkInput(input);
    const secrets = secretsOf(input);
    const { store, agents } = this.#parts;
    checkSite(origin, input.site, 'device');
    const { site, agentId } = placeAmongAble(agents, store, sitedKind, origin, input.site);
    const options = { ...DEFAULT_OPTIONS, ...input.options };
    const now = Date.now();
    const id = newId();
    const record: DeviceRecord = {
      id,
      name: input.name,
      type: input.type,
      hostname: input.hostname,
      port: input.port ?? SSH_PORT,
      username: input.credentials.username,
      jumpHost: jumpHostOf(input.jumpHost),
      sealedSecrets: await sealDeviceSecrets(store, id, secrets),
      options,
      hostKey: input.knownHostKey ?? '',
      jumpHostKey: input.jumpHost?.knownHostKey ?? '',
      pinGeneration: 0,
      tags: [...new Set(input.tags)],
      wanted: options.autoConnect,
      site,
      agentId,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const { type, hostname, port } = record;
    return this.#write(origin, record, (charged) => ({
      writes: [
        put(deviceRecords, charged, 'absent'),
        audit(origin, 'device.create', charged, { type, hostname, port }),
      ],
      events: [deviceEvent('device.added', charged)],
    }));
  }

  /**
   * Changes a registration. Absent fields stay; the credentials stay only if the address, the jump host and the host key stay.
   * The address and the jump host stay while the configuration is changed: the agent takes an open change back at the device there.
   * @throws as {@link Devices.create}, and `not_found`, `conflict`, `device_config_failed`.
   */
  async update(origin: RequestOrigin, idOrName: string, input: DeviceUpdate): Promise<DeviceRecord> {
    const { record: before } = this.get(origin, idOrName, 'device.write');
    checkInput(input);
    const { store } = this.#parts;
    const secrets =
      input.credentials || input.jumpHost !== undefined
        ? secretsOf(input, await unsealDeviceSecrets(store, before))
        : undefined;
    const options = { ...before.options, ...input.options };
    const record: DeviceRecord = {
      ...before,
      name: input.name ?? before.name,
      hostname: input.hostname ?? before.hostname,
      port: input.port ?? before.port,
      username: input.credentials?.username ?? before.username,
      jumpHost: input.jumpHost === undefined ? before.jumpHost : jumpHostOf(input.jumpHost),
      sealedSecrets: secrets ? await sealDeviceSecrets(store, before.id, secrets) : before.sealedSecrets,
      options,
      tags: input.tags ? [...new Set(input.tags)] : before.tags,
      wanted: options.autoConnect && !before.options.autoConnect ? true : before.wanted,
      revision: before.revision + 1,
      updatedAt: Date.now(),
    };
    const pinned = { ...record, ...this.#pinsAfter(before, record, input) };
    if (!input.credentials)
      checkDestination(['credentials'], this.#destination(before, before), this.#destination(pinned, before));
    const changed = Object.keys(input).sort();
    return this.#write(origin, pinned, (charged) => {
      const isMoved = movedPart(addressOf(before), addressOf(charged)) !== undefined;
      if (isMoved && this.#parts.isChanging(before)) throw stillChanging(before);
      return {
        writes: [
          put(deviceRecords, charged, before.revision),
          audit(origin, 'device.update', charged, { changed, ...changedAddress(before, charged) }),
        ],
        events: [deviceEvent('device.updated', charged, { changed })],
      };
    });
  }

  /** Stores whether a device should be connected. @throws DomainError `not_found`, `conflict`. */
  async setWanted(origin: RequestOrigin, idOrName: string, wanted: boolean): Promise<DeviceRecord> {
    const { record: before } = this.get(origin, idOrName, 'device.operate');
    if (before.wanted === wanted) return before;
    const record = { ...before, wanted, revision: before.revision + 1 };
    await this.#parts.store.apply({ by: origin.caller, writes: [put(deviceRecords, record, before.revision)] });
    return record;
  }

  /** Deletes a registration, and all that was kept of the device with it. @throws DomainError `not_found`. */
  async delete(origin: RequestOrigin, idOrName: string): Promise<DeviceRecord> {
    const { store } = this.#parts;
    const { id } = this.get(origin, idOrName, 'device.write').record;
    return retrying(store, Number.POSITIVE_INFINITY, async () => {
      const { record } = this.get(origin, id, 'device.write');
      const writes = [
        remove(deviceRecords, id, record.revision),
        remove(deviceFacts, id, 'any'),
        ...configRemoval(store, id),
      ];
      await store.apply({
        by: origin.caller,
        writes: [...writes, audit(origin, 'device.delete', record)],
        events: [deviceEvent('device.removed', record)],
      });
      return record;
    });
  }

  /** Stores a registration if its agent has room for it. @throws DomainError as {@link SpecRoom.within}. */
  #write(
    origin: RequestOrigin,
    record: DeviceRecord,
    change: (charged: DeviceRecord) => Change,
  ): Promise<DeviceRecord> {
    const { store, room } = this.#parts;
    return room.within(origin, 'credentials', record, deviceSpecBytes(record), async (charged) => {
      await store.apply({ by: origin.caller, ...change(charged) });
      return charged;
    });
  }

  /** Where a device's credentials go. A known host key is part of that: a device with another host key is another device. */
  #destination(record: DeviceRecord, before: DeviceRecord): Destination {
    const isPinned = this.pins(before).hostKey !== '';
    return {
      ...addressOf(record),
      'host key': isPinned ? this.pins(record).hostKey : '',
    };
  }

  /** Another address is another device, with an unknown host key. The hub also forgets the key if the caller asks for that. */
  #pinsAfter(
    before: DeviceRecord,
    after: DeviceRecord,
    { knownHostKey, jumpHost }: DeviceUpdate,
  ): Partial<Pick<DeviceRecord, 'hostKey' | 'jumpHostKey' | 'pinGeneration'>> {
    const moved = before.hostname !== after.hostname || before.port !== after.port;
    const jumpMoved =
      before.jumpHost?.hostname !== after.jumpHost?.hostname || before.jumpHost?.port !== after.jumpHost?.port;
    const jumpReset = jumpMoved || jumpHost?.knownHostKey !== undefined;
    if (!moved && !jumpReset && knownHostKey === undefined) return {};
    const kept = this.#parts.facts.pins(before);
    return {
      hostKey: knownHostKey !== undefined ? (knownHostKey ?? '') : moved ? '' : kept.hostKey,
      jumpHostKey: jumpReset ? (jumpHost?.knownHostKey ?? '') : kept.jumpHostKey,
      pinGeneration: before.pinGeneration + 1,
    };
  }
}

/** Where a device is reached. */
function addressOf({ hostname, port, jumpHost }: DeviceRecord): Destination {
  return {
    hostname: hostname.toLowerCase(),
    port: String(port),
    'jump host': jumpHost ? `${jumpHost.hostname.toLowerCase()}:${jumpHost.port}` : '',
  };
}

function stillChanging({ name }: DeviceRecord): DomainError {
  const message = `a change of the configuration of device '${name}' has not ended: its address and jump host cannot change before that`;
  return configError('change_under_way', message, { outcome: 'not_run' });
}

/** The new address, for the audit entry of a change; empty if the address stays the same. */
function changedAddress(before: DeviceRecord, after: DeviceRecord): Record<string, unknown> {
  const { hostname, port } = after;
  return before.hostname === hostname && before.port === port ? {} : { hostname, port };
}

function audit(origin: RequestOrigin, action: string, record: DeviceRecord, details: Record<string, unknown> = {}) {
  return changeAudit(origin, action, { type: 'device', id: record.id }, { name: record.name, ...details });
}
