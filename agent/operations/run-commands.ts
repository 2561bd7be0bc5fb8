import type { Devices } from '../drivers/network/devices.js';
import type { Operation } from './operation.js';

/** Runs commands on a network device, one after the other. */
export function runCommands(devices: Devices): Operation<'runCommands'> {
  return {
    name: 'runCommands',
    async run({ deviceId, commands, allowChanges, stopOnError }, { signal }) {
      const results = await devices.run(deviceId, { commands, allowChanges, stopOnError }, signal);
      return { case: 'json', value: Buffer.from(JSON.stringify({ results })) };
    },
  };
}
