import type { Devices } from '../drivers/network/devices.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Closes a device's connection and forgets the device. For an unknown device the answer is the same. */
export function removeDevice(devices: Devices): Operation<'removeDevice'> {
  return {
    name: 'removeDevice',
    async run({ deviceId }) {
      await devices.remove(deviceId).catch((error: unknown) => {
        if (!(error instanceof AgentFailure) || error.kind !== 'not_found') throw error;
      });
      return { case: 'json', value: Buffer.from('null') };
    },
  };
}
