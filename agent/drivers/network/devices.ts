import type { DeviceReport, DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import type { Logger } from '@roundhouse/proto/log';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import type { Sealer } from '../../sealer.js';
import { type AppliedChange, applyChange, type ChangeRequest, readRunning } from './change.js';
import { type Command, type CommandResult, checkCommands, runCommands } from './commands.js';
import { ConnectionSlots } from './device/connection-slots.js';
import { Device, type DeviceContext } from './device/device.js';
import { type ConfigFormat, unsupported } from './platforms/platform.js';
import { type DevicePolicy, judgeCommands, judgeConfig, judgeReading, judgeStep } from './policy.js';
import { Guards, isOpen } from './rollback-guards.js';
import { addressKey, checkId, checkSpec, defaultLimits, type NetworkLimits, timesOf } from './spec.js';

/** A running configuration, as the contract's `GetConfig` has it. */
export interface ReadConfig {
  readonly config: string;
  readonly format: ConfigFormat;
  readonly hash?: string;
  readonly retrievedAt: number;
}

/** All network devices of this agent. Failures carry the reasons of `device.proto`. */
export interface Devices {
  /** Makes the desired state exactly this list. Returns at once; reports follow. */
  setDesired(specs: readonly DeviceSpec[]): void;
  /** Adds or replaces one device. Returns its report at once. */
  put(spec: DeviceSpec): DeviceReport;
  /** Closes the connection, and forgets the device with the stored state of its changes. @throws AgentFailure `not_found`. */
  remove(deviceId: string): Promise<void>;
  connect(deviceId: string, signal: Cancellation): Promise<DeviceReport>;
  disconnect(deviceId: string, drainMs: number): Promise<DeviceReport>;
  inspect(deviceId: string, signal: Cancellation): Promise<DeviceReport>;
  run(deviceId: string, request: RunRequest, signal: Cancellation): Promise<CommandResult[]>;
  readConfig(deviceId: string, format: ConfigFormat, section: string, signal: Cancellation): Promise<ReadConfig>;
  applyConfig(deviceId: string, request: ChangeRequest, signal: Cancellation): Promise<AppliedChange>;
  /** Resolves once the device's last change is over, if it is the given change. */
  inspectChange(deviceId: string, changeId: string, signal: Cancellation): Promise<DeviceReport>;
  reports(): DeviceReport[];
  /** Called with a report whenever a device's observed state changes. */
  onReport(listener: (report: DeviceReport) => void): void;
  /** Called with the registration of a device when its host key is pinned, with that key. */
  onPinned(listener: (spec: DeviceSpec) => void): void;
  /** Closes all connections. */
  close(): Promise<void>;
}

export interface RunRequest {
  readonly commands: readonly Command[];
  readonly allowChanges: boolean;
  readonly stopOnError: boolean;
  /** Called with the number of finished commands. */
  readonly onDone?: ((count: number) => void) | undefined;
}

export interface DevicesOptions {
  /** The agent's data folder; `network/` in it is used. */
  readonly dataDir: string;
  readonly sealer: Sealer;
  readonly log: Logger;
  /** The site's present policy. */
  readonly policy: () => DevicePolicy;
  readonly limits?: Partial<NetworkLimits>;
}

/** The network devices of an agent, at first none. */
export function createDevices(options: DevicesOptions): Devices {
  return new AllDevices(options);
}

class AllDevices implements Devices {
  readonly #devices = new Map<string, Device>();
  readonly #listeners: ((report: DeviceReport) => void)[] = [];
  readonly #pinned: ((spec: DeviceSpec) => void)[] = [];
  readonly #context: DeviceContext;
  readonly #policy: () => DevicePolicy;
  #closed = false;

  constructor({ dataDir, sealer, log, policy, ...options }: DevicesOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    this.#policy = policy;
    this.#context = {
      limits,
      policy,
      places: new ConnectionSlots(limits.connections),
      guards: new Guards(dataDir, sealer, log),
      log,
      onReport: (report) => this.#tell(report),
      onPinned: (spec) => {
        for (const listener of this.#pinned) listener(spec);
      },
    };
  }

  setDesired(specs: readonly DeviceSpec[]): void {
    const wanted = new Set(specs.map(({ id }) => id));
    for (const id of [...this.#devices.keys()])
      if (!wanted.has(id))
        this.#forget(id).catch((err: unknown) => {
          this.#context.log.error(
            { event: 'device.not_forgotten', err, device: id },
            'a device could not be forgotten cleanly',
          );
        });
    for (const spec of specs) {
      try {
        checkId(spec);
        this.#put(spec);
      } catch (error) {
        // One unusable registration must not keep the other devices from being registered.
        this.#context.log.error(
          { event: 'device.left_out', err: error, device: spec.id },
          'a device was left out of the desired state',
        );
      }
    }
  }

  put(spec: DeviceSpec): DeviceReport {
    checkSpec(spec);
    return this.#put(spec).report();
  }

  async remove(deviceId: string): Promise<void> {
    this.#find(deviceId);
    await this.#forget(deviceId);
  }

  async connect(deviceId: string, signal: Cancellation): Promise<DeviceReport> {
    return this.#find(deviceId).connect(signal);
  }

  async disconnect(deviceId: string, drainMs: number): Promise<DeviceReport> {
    return this.#find(deviceId).disconnect(drainMs);
  }

  async inspect(deviceId: string, signal: Cancellation): Promise<DeviceReport> {
    return this.#find(deviceId).inspect(signal);
  }

  async run(deviceId: string, { commands, ...request }: RunRequest, signal: Cancellation): Promise<CommandResult[]> {
    const device = this.#find(deviceId);
    checkCommands(commands);
    const judge = () => judgeCommands(this.#policy(), device.platform, commands, request.allowChanges);
    judge();
    return device.use(signal, (connection) => {
      // The commands may have waited for the device, and the policy may have changed meanwhile.
      const classes = judge();
      const judged = commands.map((command, at) => ({ ...command, class: classes[at] ?? 'change' }));
      const { commandMs } = timesOf(device.spec);
      const { stopOnError, onDone } = request;
      return runCommands(connection, device.platform, judged, { commandMs, stopOnError, signal, onDone });
    });
  }

  async readConfig(deviceId: string, format: ConfigFormat, section: string, signal: Cancellation): Promise<ReadConfig> {
    const device = this.#find(deviceId);
    const { platform } = device;
    if (!platform.readFormats.includes(format)) throw unsupported(platform.name, format, platform.readFormats);
    return device.use(signal, async (connection) => {
      const limits = { timeoutMs: Math.max(120_000, timesOf(device.spec).commandMs), signal };
      const work = connection.work(limits, (line) => judgeReading(this.#policy(), line));
      const retrievedAt = Date.now();
      if (format !== 'text' || section !== '') {
        return { config: await platform.readConfig(work, format, section), format, retrievedAt };
      }
      const { text, hash } = await readRunning(platform, work);
      return { config: text, format, hash, retrievedAt };
    });
  }

  async applyConfig(deviceId: string, request: ChangeRequest, signal: Cancellation): Promise<AppliedChange> {
    const device = this.#find(deviceId);
    const { platform } = device;
    if (!platform.writeFormats.includes(request.format)) {
      throw unsupported(platform.name, request.format, platform.writeFormats);
    }
    const judge = () => judgeConfig(this.#policy(), platform, request.config);
    const config = judge();
    const address = addressKey(device.spec);
    const { guards, limits } = this.#context;
    return device.change(signal, (connection) =>
      applyChange(
        {
          platform,
          address,
          fresh: (timeoutMs, mayLeave) => device.extraConnections.fresh(timeoutMs, mayLeave),
          probe: () => device.extraConnections.probe(),
          keep: async (guard) => {
            // The guard of a device that was removed meanwhile is not kept.
            if (this.#devices.get(deviceId) !== device && !this.#closed) return;
            await guards.put(deviceId, guard);
            device.changed();
          },
          judge: () => {
            device.extraConnections.check();
            judge();
          },
          judgeReading: (line) => judgeReading(this.#policy(), line),
          judgeStep: (line, mode) => judgeStep(this.#policy(), platform, line, mode),
          takeBackMs: limits.takeBackMs,
        },
        connection,
        { ...request, config },
      ),
    );
  }

  async inspectChange(deviceId: string, changeId: string, signal: Cancellation): Promise<DeviceReport> {
    const device = this.#find(deviceId);
    await this.#context.guards.ready();
    const isOver = (): boolean => {
      const guard = this.#context.guards.get(deviceId);
      return guard === undefined || guard.changeId !== changeId || !isOpen(guard);
    };
    if (!isOver()) await this.#until(isOver, signal);
    return device.report();
  }

  reports(): DeviceReport[] {
    return [...this.#devices.values()].map((device) => device.report());
  }

  onReport(listener: (report: DeviceReport) => void): void {
    this.#listeners.push(listener);
  }

  onPinned(listener: (spec: DeviceSpec) => void): void {
    this.#pinned.push(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const devices = [...this.#devices.values()];
    this.#devices.clear();
    await Promise.all(devices.map((device) => device.remove()));
    await this.#context.guards.ready();
  }

  #put(spec: DeviceSpec): Device {
    if (this.#closed) throw new AgentFailure('cancelled', 'the agent is stopping');
    const known = this.#devices.get(spec.id);
    if (known) {
      known.put(spec);
      return known;
    }
    const device = new Device(spec, this.#context);
    this.#devices.set(spec.id, device);
    this.#tell(device.report());
    // A change that the last run of the agent left open is ended, even if the device is not to be connected.
    void this.#context.guards.ready().then(() => device.put(device.spec));
    return device;
  }

  async #forget(deviceId: string): Promise<void> {
    const device = this.#devices.get(deviceId);
    this.#devices.delete(deviceId);
    // At once: the next registration with this id waits for it, and its guard is not forgotten.
    const forgotten = this.#context.guards.forget(deviceId);
    await Promise.all([device?.remove(), forgotten]);
  }

  #until(isSo: () => boolean, signal: Cancellation): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo() && !signal.aborted) return;
        const at = this.#listeners.indexOf(look);
        if (at >= 0) this.#listeners.splice(at, 1);
        signal.removeEventListener('abort', look);
        resolve();
      };
      this.#listeners.push(look);
      signal.addEventListener('abort', look);
    });
  }

  #find(deviceId: string): Device {
    if (this.#closed) throw new AgentFailure('cancelled', 'the agent is stopping');
    const device = this.#devices.get(deviceId);
    if (device) return device;
    throw new AgentFailure('not_found', `no device with the id '${deviceId}' is known here`, { deviceId });
  }

  #tell(report: DeviceReport): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(report);
      } catch (error) {
        this.#context.log.error(
          { event: 'device.report_failed', err: error, device: report.deviceId },
          'a report could not be passed on',
        );
      }
    }
  }
}
