import t from 'tap';
import { startDevice } from '../fixtures/devices/start.js';
import { addDevice, devicesPath } from '../network.js';
import { scaled } from '../nightly.js';
import { startAgent, startHub } from '../roundhouse.js';

const count = scaled(200);
/** Seconds for each of them: all are simulated by this one process, and answer at once. */
const timeout = 600;
const platforms = ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const;

t.test(`${count} devices at once through one agent, registered, connected and asked by the hub`, async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const devices = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const platform = platforms[at % platforms.length] ?? 'cisco_ios';
      const name = `edge-${at}`;
      return { name, platform, device: await startDevice(t, { platform, hostname: name }) };
    }),
  );
  const paths = await Promise.all(
    devices.map(async ({ name, platform, device }) => {
      const more = { connection_options: { timeout } };
      const { path } = await addDevice(hub, name, platform, device, more);
      const { status, body } = await hub.call('POST', `${path}/connect`);
      t.equal(status, 200, JSON.stringify(body));
      return path;
    }),
  );
  const connected = await hub.call('GET', `${devicesPath}?status=connected&limit=1`);
  t.equal(connected.body.metadata.total, count);
  t.equal(devices.filter(({ device }) => device.sessions === 1).length, count, 'one connection each, all of them open');
  const names = await Promise.all(
    paths.map(async (path, at) => {
      const command = devices[at]?.platform === 'juniper_junos' ? 'show version' : 'show running-config';
      const { body } = await hub.call('POST', `${path}/command`, { command, timeout });
      return /^(?:hostname|Hostname:) (\S+)/m.exec(body.data?.output)?.[1];
    }),
  );
  t.same(
    names,
    devices.map(({ name }) => name),
    'each answers for itself',
  );
  t.equal(devices.filter(({ device }) => device.sessions === 1).length, count, 'on the same connections');
});
