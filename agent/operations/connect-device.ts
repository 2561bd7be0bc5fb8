import type { Devices } from '../drivers/network/devices.js';
import type { Operation } from './operation.js';

/** Connects a network device; answered once it is connected, or has failed to be. */
export function connectDevice(devices: Devices): Operation<'connectDevice'> {
  return {
    name: 'connectDevice',
    async run({ deviceId }, { signal }) {
      return { case: 'device', value: await devices.connect(deviceId, signal) };
    },
  };
}
