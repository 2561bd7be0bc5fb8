import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { deviceSpec, network } from './harness.js';

t.test('an agent goes on if it cannot delete the state of a removed device', async (t) => {
  const { devices, dataDir, logged } = network(t);
  const spec = deviceSpec({ platform: 'cisco_ios', hostname: '127.0.0.1', port: 9 });
  // A folder in its place is not deleted as a file is.
  mkdirSync(join(dataDir, 'network', 'd1.change'), { recursive: true });
  devices.setDesired([spec]);
  devices.setDesired([]);
  while (!logged.some((line) => line.includes('could not be forgotten'))) await new Promise(setImmediate);
  t.same(devices.reports(), []);
  devices.setDesired([spec]);
  t.match(devices.reports(), [{ deviceId: 'd1' }], 'it may come back');
});
