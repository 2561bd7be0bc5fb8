import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type DeviceReport, type DeviceSpec, DeviceSpecSchema } from '@roundhouse/proto/agent/v1/device';
import { pino } from 'pino';
import type { Test } from 'tap';
import type { ChangeRequest } from '../../../agent/drivers/network/change.js';
import type { Command } from '../../../agent/drivers/network/commands.js';
import { createDevices, type Devices } from '../../../agent/drivers/network/devices.js';
import type { DevicePolicy } from '../../../agent/drivers/network/policy.js';
import type { NetworkLimits } from '../../../agent/drivers/network/spec.js';
import { AgentFailure } from '../../../agent/failure.js';
import { noPolicy } from '../../../agent/policy/policy.js';
import { Sealer } from '../../../agent/sealer.js';
import type { Device as SimulatedDevice } from '../../fixtures/devices/device.js';
import type { DeviceOptions } from '../../fixtures/devices/options.js';
import { startDevice } from '../../fixtures/devices/start.js';
import { collectReports } from '../../kit/reports.js';
import { tempFolder } from '../../temp-folder.js';

/** A signal that is never aborted. */
export const never = new AbortController().signal;

export interface NetworkHarness {
  readonly devices: Devices;
  readonly dataDir: string;
  /** Every report so far, oldest first. */
  readonly reports: DeviceReport[];
  /** Everything that was logged. */
  readonly logged: string[];
  /** Resolves with the first report, already there or still to come, that fits. */
  report(fits: (report: DeviceReport) => boolean): Promise<DeviceReport>;
}

export interface HarnessOptions {
  readonly limits?: Partial<NetworkLimits>;
  readonly policy?: DevicePolicy;
  /** The policy, where it changes during the test. */
  readonly policyNow?: () => DevicePolicy;
  readonly dataDir?: string;
}

/** The devices of an agent in a temporary folder, all disconnected with the test. */
export function network(t: Test, { limits, policy = noPolicy, ...options }: HarnessOptions = {}): NetworkHarness {
  const dataDir = options.dataDir ?? tempFolder(t);
  const logged: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const devices = createDevices({
    dataDir,
    sealer: new Sealer(dataDir),
    log,
    policy: options.policyNow ?? (() => policy),
    limits,
  });
  const { reports, report } = collectReports<DeviceReport>((listener) => devices.onReport(listener));
  t.teardown(() => devices.close());
  return {
    devices,
    dataDir,
    reports,
    logged,
    report,
  };
}

type SpecInit = Partial<Omit<DeviceSpec, '$typeName' | '$unknown' | 'credentials' | 'jumpHost' | 'times'>> &
  Pick<Exclude<MessageInitShape<typeof DeviceSpecSchema>, DeviceSpec>, 'credentials' | 'jumpHost' | 'times'>;

/** The registration of a device that connects when it is asked something. */
export function deviceSpec(init: SpecInit): DeviceSpec {
  return create(DeviceSpecSchema, { id: 'd1', name: 'device one', revision: 1n, onDemand: true, ...init });
}

/** The registration of a simulated device. */
export function specOf(
  device: Pick<SimulatedDevice, 'host' | 'port' | 'username' | 'password'>,
  platform: string,
  init: SpecInit = {},
): DeviceSpec {
  const { host: hostname, port, username, password } = device;
  return deviceSpec({ platform, hostname, port, credentials: { username, password }, ...init });
}

/** A simulated device and an agent that knows it. */
export async function simulated(t: Test, options: DeviceOptions, init: SpecInit = {}, more: HarnessOptions = {}) {
  const device = await startDevice(t, { minuteMs: 10_000, ...options });
  const h = network(t, more);
  h.devices.put(specOf(device, options.platform, init));
  return { ...h, device, ...shortcuts(h.devices) };
}

/** Ways to ask the one device of a test. */
export function shortcuts(devices: Devices) {
  return {
    /** Runs commands, changes too; resolves with their results. */
    run: (...commands: (string | (Partial<Command> & { text: string }))[]) =>
      devices.run('d1', { commands: commands.map(command), allowChanges: true, stopOnError: false }, never),
    config: () => devices.readConfig('d1', 'text', '', never),
    apply: (request: Partial<ChangeRequest> & { config: string }, signal = never) =>
      devices.applyConfig('d1', change(request), signal),
  };
}

export function command(given: string | (Partial<Command> & { text: string })): Command {
  const defaults = { timeoutMs: 0, structured: false, answers: [] };
  return typeof given === 'string' ? { ...defaults, text: given } : { ...defaults, ...given };
}

export function change(request: Partial<ChangeRequest> & { config: string }): ChangeRequest {
  return {
    format: 'text',
    replace: false,
    baseHash: '',
    baseConfig: '',
    confirmTimeoutMs: 60_000,
    changeId: 'change-1',
    transient: false,
    ...request,
  };
}

/** The failure that work ends with. @throws Error where it doesn't. */
export async function failureOf(work: Promise<unknown>): Promise<AgentFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AgentFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
