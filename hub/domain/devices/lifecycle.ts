import type { RequestOrigin } from '../access/caller.js';
import type { DeviceReport, DeviceSpec, SshLogin } from '../agents/contract.js';
import type { ConnectedAgent, FleetDeviceEvents } from '../agents/fleet.js';
import { auditWrite, durationOf } from '../audit/audit.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import { Turns } from '../event-loop.js';
import { PacedReports } from '../sited/observed.js';
import type { Store } from '../store.js';
import type { DeviceChanges } from './config/changes.js';
import type { Devices, DeviceView } from './devices.js';
import { configError } from './failure.js';
import { type DeviceInput, type DeviceUpdate, type LoginSecrets, unsealDeviceSecrets } from './input.js';
import type { FactBook, ObservedDevices } from './observed.js';
import type { DevicePort } from './port.js';
import { type DeviceRecord, deviceRecords } from './record.js';

/** How long an agent may take, milliseconds. */
const PUT_MS = 15_000;
const CONNECT_MS = 30_000;
const INSPECT_MS = 60_000;
/** Extra time around dialling: for other work on the device, and the way there. */
const SLACK_MS = 30_000;
const DISCONNECT_MS = 30_000;
/** How long commands under way may take to finish on a connection that is to be closed, milliseconds. */
const DRAIN_MS = 5_000;
/** How long the answer to a registration waits for the first connection, milliseconds. */
const FIRST_LOOK_MS = 5_000;

export interface LifecycleParts {
  readonly store: Store;
  readonly devices: Devices;
  readonly observed: ObservedDevices;
  readonly facts: FactBook;
  readonly port: DevicePort;
  readonly changes: DeviceChanges;
  readonly onError: (error: unknown) => void;
}

/** Carries the devices' desired state to the agents, and their observed state back. */
export class DeviceLifecycle implements Required<FleetDeviceEvents> {
  readonly #parts: LifecycleParts;
  readonly #reports = new PacedReports<DeviceReport>((agentId, id, report) => this.#take(agentId, id, report), joined);

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Registers a device. The hub waits a moment for a device that connects by itself. */
  async create(origin: RequestOrigin, input: DeviceInput): Promise<DeviceView> {
    const { devices, observed, port } = this.#parts;
    const record = await devices.create(origin, input);
    await this.#tellAgent(record);
    if (record.wanted && port.has(record)) await observed.settled(record.id, FIRST_LOOK_MS);
    return devices.view(record);
  }

  /** Changes a registration and hands it to the agent, which connects again if the change needs it. */
  async update(origin: RequestOrigin, idOrName: string, input: DeviceUpdate): Promise<DeviceView> {
    const record = await this.#parts.devices.update(origin, idOrName, input);
    await this.#tellAgent(record);
    return this.#parts.devices.view(record);
  }

  /** Deletes a registration; the agent forgets the device at once, or when it is back. @throws DomainError `not_found`, `device_config_failed`. */
  async delete(origin: RequestOrigin, idOrName: string): Promise<void> {
    const { devices, observed, port, changes } = this.#parts;
    const { record: known } = devices.get(origin, idOrName, 'device.write');
    if (changes.isBusy(known.id))
      throw configError('change_under_way', `the configuration of device '${known.name}' is being changed`);
    const record = await devices.delete(origin, known.id);
    observed.forget(record.id);
    this.#reports.forget(record.id);
    if (!port.has(record)) return;
    const operation = { case: 'removeDevice', value: { deviceId: record.id } } as const;
    await unlessAway(port.done(record, operation, DISCONNECT_MS));
  }

  /** Connects a device and waits for it; audited with the outcome. @throws DomainError `not_found`, `device_unreachable`. */
  async connect(origin: RequestOrigin, idOrName: string, signal?: Cancellation): Promise<DeviceReport> {
    const { devices, port } = this.#parts;
    const { record } = devices.get(origin, idOrName, 'device.operate');
    return this.#audited(origin, 'device.connect', record, async () => {
      const wanted = await devices.setWanted(origin, record.id, true);
      await this.#put(wanted);
      const operation = { case: 'connectDevice', value: { deviceId: record.id } } as const;
      const timeoutMs = (record.options.timeoutMs || CONNECT_MS) + SLACK_MS;
      return this.#took(
        wanted,
        await port.report(record, 'connect', operation, { kind: 'idempotent', timeoutMs, signal }),
      );
    });
  }

  /** Disconnects a device; audited with the outcome. An agent out of reach does it when it is back. */
  async disconnect(origin: RequestOrigin, idOrName: string): Promise<DeviceRecord> {
    const { devices, port } = this.#parts;
    const { record } = devices.get(origin, idOrName, 'device.operate');
    return this.#audited(origin, 'device.disconnect', record, async () => {
      const unwanted = await devices.setWanted(origin, record.id, false);
      if (!port.has(record)) return unwanted;
      await this.#put(unwanted);
      const operation = { case: 'disconnectDevice', value: { deviceId: record.id, drainMs: DRAIN_MS } } as const;
      const options = { kind: 'idempotent', timeoutMs: DISCONNECT_MS } as const;
      this.#took(unwanted, await port.report(record, 'connect', operation, options));
      return unwanted;
    });
  }

  /** Reads the facts of a device again from the device. @throws DomainError `not_found`, `device_unreachable`. */
  async inspect(origin: RequestOrigin, idOrName: string, signal?: Cancellation): Promise<DeviceView> {
    const { devices, port } = this.#parts;
    const { record } = devices.get(origin, idOrName);
    const operation = { case: 'inspectDevice', value: { deviceId: record.id } } as const;
    const options = { kind: 'read', timeoutMs: INSPECT_MS, signal } as const;
    this.#took(record, await port.report(record, 'connect', operation, options));
    return devices.view(record);
  }

  async onDevices(agent: ConnectedAgent): Promise<readonly DeviceSpec[]> {
    const { store, facts, changes, onError } = this.#parts;
    const records = [...store.list(deviceRecords, { index: 'agent', equals: agent.id })];
    const turns = new Turns();
    const specs: DeviceSpec[] = [];
    for (const record of records) {
      if (turns.due) await turns.next();
      try {
        specs.push(await deviceSpecOf(store, facts, record));
      } catch (error) {
        // A device whose secrets cannot be unsealed must not prevent the others from connecting.
        onError(error);
      }
    }
    changes.onAgent(records);
    return specs;
  }

  /** Shows the reason in the state of the devices that the agent does not get. */
  onLeftOut(agent: ConnectedAgent, deviceIds: readonly string[], reason: string): void {
    for (const id of deviceIds) this.#parts.observed.leftOut(agent.id, id, reason);
  }

  onDisconnect(agent: ConnectedAgent, reason: string): void {
    const why = `agent '${agent.name}' at site '${agent.site}' is not connected: ${reason}`;
    this.#reports.agentLost(agent.id);
    this.#parts.observed.agentLost(agent.id, why);
  }

  /** Ignores a report about a device of another agent. */
  onDeviceReport(agent: ConnectedAgent, report: DeviceReport): void {
    const record = this.#parts.store.get(deviceRecords, report.deviceId);
    if (record?.agentId === agent.id) this.#reports.unasked(agent.id, record.id, report);
  }

  #took({ id, agentId }: DeviceRecord, report: DeviceReport): DeviceReport {
    this.#reports.asked(agentId, id, report);
    return report;
  }

  #take(agentId: string, deviceId: string, report: DeviceReport): void {
    const { facts, observed, changes, store } = this.#parts;
    const record = store.get(deviceRecords, deviceId);
    if (!record) return;
    facts.learn(record, report);
    observed.report(agentId, report);
    changes.onReport(record, report);
  }

  /** Does work at the agent. Its audit entry follows when the outcome is known, even if the client has hung up meanwhile. */
  async #audited<T>(origin: RequestOrigin, action: string, record: DeviceRecord, work: () => Promise<T>): Promise<T> {
    const note = (success: boolean, more: Record<string, unknown> = {}) => {
      const details = { name: record.name, ...more };
      const resource = { type: 'device', id: record.id };
      const audited = { action, resource, details, success, durationMs: durationOf(origin) };
      this.#parts.store.record({ writes: [auditWrite(origin, audited)] });
    };
    try {
      const result = await work();
      note(true);
      return result;
    } catch (error) {
      const known = error instanceof DomainError;
      note(false, known ? { error: error.code, reason: error.details.reason } : { error: 'internal' });
      throw error;
    }
  }

  async #put(record: DeviceRecord): Promise<void> {
    const { store, facts, port } = this.#parts;
    const device = await deviceSpecOf(store, facts, record);
    const operation = { case: 'putDevice', value: { device } } as const;
    const options = { kind: 'idempotent', timeoutMs: PUT_MS } as const;
    this.#took(record, await port.report(record, 'connect', operation, options));
  }

  /** An agent that is away gets the change with its desired state when it is back. */
  async #tellAgent(record: DeviceRecord): Promise<void> {
    if (this.#parts.port.has(record)) await unlessAway(this.#put(record));
  }
}

/** The newer report, with the facts and the change of the older one if it has none. */
function joined(older: DeviceReport, newer: DeviceReport): DeviceReport {
  return { ...newer, info: newer.info ?? older.info, change: newer.change ?? older.change };
}

async function unlessAway(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'device_unreachable')) throw error;
  }
}

/** The specification that a device's agent works from, secrets included. */
async function deviceSpecOf(store: Store, facts: FactBook, device: DeviceRecord): Promise<DeviceSpec> {
  const secrets = await unsealDeviceSecrets(store, device);
  const { id, name, revision, type, hostname, port, options, pinGeneration, jumpHost } = device;
  const { hostKey, jumpHostKey } = facts.pins(device);
  const jump = jumpHost && {
    hostname: jumpHost.hostname,
    port: jumpHost.port,
    credentials: login(jumpHost.username, secrets.jumpHost),
    hostKey: jumpHostKey,
  };
  return {
    id,
    name,
    revision,
    connected: device.wanted,
    onDemand: options.autoConnect,
    platform: type,
    hostname,
    port,
    credentials: login(device.username, secrets),
    enablePassword: secrets.enablePassword,
    hostKey,
    pinGeneration,
    ...(jump ? { jumpHost: jump } : {}),
    legacyAlgorithms: options.legacyAlgorithms,
    times: { connectMs: options.timeoutMs, commandMs: 0, keepaliveMs: options.keepaliveMs, idleMs: 0 },
  };
}

function login(username: string, secrets: LoginSecrets | null): SshLogin {
  const { password = '', privateKey = '', passphrase = '' } = secrets ?? {};
  return { username, password, privateKey, passphrase };
}
