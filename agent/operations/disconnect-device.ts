import type { Devices } from '../drivers/network/devices.js';
import type { Operation } from './operation.js';

/** Closes a device's connection; answered once it is closed. */
export function disconnectDevice(devices: Devices): Operation<'disconnectDevice'> {
  return {
    name: 'disconnectDevice',
    async run({ deviceId, drainMs }) {
      return { case: 'device', value: await devices.disconnect(deviceId, drainMs) };
    },
  };
}
