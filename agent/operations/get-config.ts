import type { Devices } from '../drivers/network/devices.js';
import { configFormat } from './config-format.js';
import type { Operation } from './operation.js';

/** Reads a network device's running configuration. */
export function getConfig(devices: Devices): Operation<'getConfig'> {
  return {
    name: 'getConfig',
    async run({ deviceId, format, section }, { signal }) {
      const read = await devices.readConfig(deviceId, configFormat(format), section.trim(), signal);
      return { case: 'json', value: Buffer.from(JSON.stringify(read)) };
    },
  };
}
