import type { Devices } from '../drivers/network/devices.js';
import type { Operation } from './operation.js';

/** The outcome of a configuration change. It waits until the change is over. */
export function inspectChange(devices: Devices): Operation<'inspectChange'> {
  return {
    name: 'inspectChange',
    async run({ deviceId, changeId }, { signal }) {
      return { case: 'device', value: await devices.inspectChange(deviceId, changeId, signal) };
    },
  };
}
