import { create } from '@bufbuild/protobuf';
import { type DeviceInfo, DeviceInfoSchema } from '@roundhouse/proto/agent/v1/device';
import type { Logger } from '@roundhouse/proto/log';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import { recover } from '../change.js';
import type { Connection } from '../connection.js';
import type { Platform } from '../platforms/platform.js';
import { type Guards, isOpen } from '../rollback-guards.js';

/** The parts that make a new connection ready. */
export interface Readying {
  readonly deviceId: string;
  readonly platform: Platform;
  readonly guards: Guards;
  readonly log: Logger;
  readonly signal: Cancellation;
  /** The device was lost when the agent read its description. */
  readonly skipInfo: boolean;
}

/**
 * Takes back a change that was never confirmed, then reads the device's description.
 * @throws AgentFailure if the connection is lost meanwhile.
 */
export async function makeReady(connection: Connection, readying: Readying): Promise<DeviceInfo | undefined> {
  const { deviceId, platform, guards, log, signal, skipInfo } = readying;
  const guard = guards.get(deviceId);
  if (guard && isOpen(guard)) {
    const settled = await recover(platform, connection, guard);
    await guards.put(deviceId, settled);
    // The error may quote a line of the configuration: the hub gets the error, and masks the secrets in it.
    const facts = { device: deviceId, change: guard.changeId, restored: settled.error === '' };
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
