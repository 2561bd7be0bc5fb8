import { create } from '@bufbuild/protobuf';
import { type DeviceInfo, DeviceInfoSchema, type DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import type { Logger } from '@roundhouse/proto/log';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import { closedElsewhere, recover } from '../change.js';
import type { Connection } from '../connection.js';
import type { Platform } from '../platforms/platform.js';
import { type Guard, isOpen } from '../rollback-guards.js';
import { addressKey, platformOf } from '../spec.js';

/** The parts that make a new connection ready. */
export interface Readying {
  /** The registration that was dialled. */
  readonly spec: DeviceSpec;
  /** The device's guard now. */
  guard(): Guard | undefined;
  /** Resolves once the guard is on disk. */
  keep(guard: Guard): Promise<void>;
  readonly log: Logger;
  readonly signal: Cancellation;
  /** The device was lost when the agent read its description. */
  readonly skipInfo: boolean;
}

/**
 * Ends an open change of another device, which the registration named when the change began: the configuration of that device is not
 * entered here. `hostKey`: the key that the device shows, once it is known.
 */
export async function endForeignChange({ spec, guard, keep, log }: Readying, hostKey?: string): Promise<void> {
  const open = guard();
  if (!open || !isOpen(open)) return;
  if (open.address === addressKey(spec) && (hostKey === undefined || open.hostKey === hostKey)) return;
  await keep(closedElsewhere(open));
  const facts = { device: spec.id, change: open.changeId };
  log.warn(
    { event: 'device.change_abandoned', ...facts },
    'the registration names another device than the open change',
  );
}

/**
 * Takes back a change that was never confirmed, then reads the device's description.
 * @throws AgentFailure if the connection is lost meanwhile.
 */
export async function makeReady(connection: Connection, readying: Readying): Promise<DeviceInfo | undefined> {
  const { spec, keep, log, signal, skipInfo } = readying;
  const platform = platformOf(spec);
  await endForeignChange(readying, connection.pins.hostKey);
  const guard = readying.guard();
  if (guard && isOpen(guard)) {
    const settled = await recover(platform, connection, guard);
    await keep(settled);
    // The error may quote a line of the configuration: the hub gets the error, and masks the secrets in it.
    const facts = { device: spec.id, change: guard.changeId, restored: settled.error === '' };
    log.warn({ event: 'device.change_taken_back', ...facts }, 'a configuration change was not confirmed: taken back');
  }
  return skipInfo ? undefined : await readInfo(platform, connection, signal);
}

/** How long the agent waits for each answer of a device's description, milliseconds. Without the description the device is used, too. */
const infoMs = 15_000;
/** How much of such an answer, and of each of its lines, is searched by patterns, characters. */
const infoLength = 1024 * 1024;
const infoLineLength = 1024;

/** A device's description of itself; `undefined` if it has none. @throws AgentFailure if the connection is lost meanwhile. */
export async function readInfo(
  platform: Platform,
  connection: Connection,
  signal: Cancellation,
): Promise<DeviceInfo | undefined> {
  const { session } = connection;
  try {
    const info = await platform.info(async (command) => {
      const ran = await session.run(command, { timeoutMs: infoMs, signal, shows: true });
      const lines = ran.output.slice(0, infoLength).split('\n');
      return { ...ran, output: lines.map((line) => line.slice(0, infoLineLength)).join('\n') };
    });
    return create(DeviceInfoSchema, {
      model: info.model ?? '',
      serial: info.serial ?? '',
      osVersion: info.osVersion ?? '',
      uptime: info.uptime ?? '',
      readAtMs: BigInt(Date.now()),
      hostname: session.prompt.replace(/(?:\([^()]*\))?[>#%] *$/, '').replace(/^[^@]*@/, ''),
    });
  } catch (error) {
    if (!(error instanceof AgentFailure) || !connection.isOpen || signal.aborted) throw error;
    return undefined;
  }
}
