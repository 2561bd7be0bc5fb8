import { create } from '@bufbuild/protobuf';
import { type DeviceInfo, DeviceInfoSchema } from '@roundhouse/proto/agent/v1/device';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { Connection } from '../connection.js';
import type { Platform } from '../platforms/platform.js';

/** A device that is slow to describe itself is used all the same, milliseconds. */
const infoMs = 15_000;

/** A device's description of itself; `undefined` if it has none. @throws AgentFailure if the connection is lost meanwhile. */
export async function readInfo(
  platform: Platform,
  connection: Connection,
  signal: Cancellation,
): Promise<DeviceInfo | undefined> {
  const { session } = connection;
  try {
    const info = await platform.info((command) => session.run(command, { timeoutMs: infoMs, signal, shows: true }));
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
