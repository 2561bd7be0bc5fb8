import type { Devices } from '../drivers/network/devices.js';
import type { Operation } from './operation.js';

/** Reads a device's description of itself again. */
export function inspectDevice(devices: Devices): Operation<'inspectDevice'> {
  return {
    name: 'inspectDevice',
    async run({ deviceId }, { signal }) {
      return { case: 'device', value: await devices.inspect(deviceId, signal) };
    },
  };
}
