import type { Devices } from '../drivers/network/devices.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Adds or replaces one network device. */
export function putDevice(devices: Devices): Operation<'putDevice'> {
  return {
    name: 'putDevice',
    run({ device }) {
      if (device === undefined) throw new AgentFailure('invalid_argument', 'device is missing', { field: 'device' });
      return { case: 'device', value: devices.put(device) };
    },
  };
}
