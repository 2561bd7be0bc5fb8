import type { RequestOrigin } from '../access/caller.js';
import type { Agents } from '../agents/agents.js';
import type { Fleet } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import type { Redactor } from '../audit/redactor.js';
import type { RightsNow } from '../people/creators.js';
import { announceStates } from '../sited/observed.js';
import type { SpecRoom } from '../sited/spec-room.js';
import { learnSecrets, type Store } from '../store.js';
import { DeviceCommands } from './commands.js';
import { DeviceBackups } from './config/backups.js';
import { Candidates } from './config/candidates.js';
import { ChangeLog } from './config/change-log.js';
import { DeviceChanges } from './config/changes.js';
import { DeviceConfigs } from './config/configs.js';
import { ConfigReader } from './config/reader.js';
import { Devices } from './devices.js';
import { DeviceLifecycle } from './lifecycle.js';
import { FactBook, ObservedDevices } from './observed.js';
import { DevicePort, DeviceTally } from './port.js';
import { type DeviceRecord, deviceEvent, deviceRecords, deviceSpecBytes } from './record.js';

export interface NetworkParts {
  readonly store: Store;
  readonly agents: Agents;
  readonly room: SpecRoom;
  readonly rightsNow: RightsNow;
  readonly streams: GuardedStreams;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  readonly onError: (error: unknown) => void;
}

/** Builds the parts of network devices. */
export async function createNetwork({
  store,
  agents,
  room,
  rightsNow,
  streams,
  redactor,
  fleet,
  onError,
}: NetworkParts) {
  await learnSecrets(store, deviceRecords);
  room.count(store, deviceRecords, deviceSpecBytes);
  const observed = new ObservedDevices(redactor);
  announceStates(store, deviceRecords, observed, (state, device, why) => deviceEvent(`device.${state}`, device, why));
  const facts = new FactBook(store, onError);
  const isChanging = (device: DeviceRecord) => changes.isOpen(device);
  const devices = new Devices({ store, agents, observed, facts, room, isChanging });
  const port = new DevicePort(fleet);
  const reader = new ConfigReader(port);
  const tally = new DeviceTally();
  const book = new ChangeLog(store, redactor, tally);
  const checkRights = (origin: RequestOrigin, { id }: DeviceRecord) =>
    void devices.get({ ...origin, caller: origin.caller && rightsNow(origin.caller) }, id, 'device.change');
  const changes = new DeviceChanges({ store, port, reader, book, checkRights, onError });
  const lifecycle = new DeviceLifecycle({
    store,
    devices,
    observed,
    facts,
    port,
    changes,
    onError,
  });
  const backups = new DeviceBackups({ store, devices, reader });
  const candidates = new Candidates(store, reader);
  return {
    devices,
    lifecycle,
    commands: new DeviceCommands({ store, devices, port, rightsNow, streams, redactor, tally }),
    configs: new DeviceConfigs({ store, devices, streams, reader, candidates, changes, backups }),
    backups,
    tally,
  };
}
