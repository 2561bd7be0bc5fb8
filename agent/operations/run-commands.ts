import type { Devices } from '../drivers/network/devices.js';
import type { Operation } from './operation.js';

/** Runs commands on a network device, one after the other. */
export function runCommands(devices: Devices): Operation<'runCommands'> {
  return {
    name: 'runCommands',
    async run({ deviceId, commands, allowChanges, stopOnError }, context) {
      const onDone = (done: number) => {
        if (done < commands.length) context.progress(Buffer.from(JSON.stringify({ done })));
      };
      const results = await devices.run(deviceId, { commands, allowChanges, stopOnError, onDone }, context.signal);
      return { case: 'json', value: Buffer.from(JSON.stringify({ results })) };
    },
  };
}
