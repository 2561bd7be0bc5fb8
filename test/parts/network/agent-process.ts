// An agent that the test kills while it changes a device. It gets a data folder, a device and a change, and applies the change.
import { pino } from 'pino';
import { createDevices } from '../../../agent/drivers/network/devices.js';
import { noPolicy } from '../../../agent/policy/policy.js';
import { Sealer } from '../../../agent/sealer.js';
import { change, deviceSpec, never } from './harness.js';

/** The message from the test. */
export interface Order {
  readonly platform: string;
  readonly hostname: string;
  readonly port: number;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly config: string;
}

const [dataDir = ''] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const devices = createDevices({ dataDir, sealer: new Sealer(dataDir), log, policy: () => noPolicy });

process.once('message', ({ config, ...device }: Order) => {
  devices.put(deviceSpec(device));
  // The agent does not live to see the result.
  devices.applyConfig('d1', change({ config, replace: true, changeId: 'killed' }), never).then(
    () => process.send?.('applied'),
    (error: Error) => process.send?.(`failed: ${error.message}`),
  );
});
process.once('disconnect', () => process.exit());
