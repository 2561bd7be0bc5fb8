import t from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { configContents, configDiff } from '../../../hub/domain/devices/config/contents.js';
import { candidateRecords, deviceBackups, deviceChanges } from '../../../hub/domain/devices/config/records.js';
import { deviceFacts } from '../../../hub/domain/devices/observed.js';
import { maskSecrets } from '../../../hub/domain/devices/outcome.js';
import { deviceRecords } from '../../../hub/domain/devices/record.js';
import { mayHear } from '../../../hub/domain/events/types.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { put } from '../../../hub/domain/store.js';
import { wait } from '../../kit/wait.js';
import { agent, input, rig, start } from './rig.js';

t.test('backups of the same configuration share its text; a text without a backup is deleted', async (t) => {
  const { network, fleet, store } = await rig(t);
  await network.lifecycle.create(SYSTEM, input);
  const make = async () => (await network.backups.make(SYSTEM, 'edge-1', '')).backup;
  const [one, two] = [await make(), await make()];
  fleet.running = 'hostname b\n';
  const made = await network.backups.make(SYSTEM, 'edge-1', 'third');
  t.match(made, { backup: { version: 3, size: 11 }, previous: { id: two.id }, diff: /^-hostname a\n\+hostname b$/m });
  t.equal(store.count(configContents), 2);
  await network.backups.delete(SYSTEM, 'edge-1', one.id);
  t.equal(store.count(configContents), 2);
  await network.backups.delete(SYSTEM, 'edge-1', two.id);
  t.equal(store.count(configContents), 1);
  t.equal((await network.backups.get(SYSTEM, 'edge-1', made.backup.id)).config, 'hostname b\n');
  await t.rejects(network.backups.get(SYSTEM, 'edge-1', two.id), { code: 'not_found' });
});

t.test('a backup keeps its text where an older backup of the same text is deleted at the same moment', async (t) => {
  const { network, store } = await rig(t);
  await network.lifecycle.create(SYSTEM, input);
  const { backup: older } = await network.backups.make(SYSTEM, 'edge-1', '');
  const apply = store.apply.bind(store);
  let deletion: Promise<void> | undefined;
  store.apply = (change) => {
    store.apply = apply;
    const applied = apply(change);
    // The new backup is on its way to the disk.
    deletion = network.backups.delete(SYSTEM, 'edge-1', older.id);
    return applied;
  };
  const { backup } = await network.backups.make(SYSTEM, 'edge-1', '');
  await deletion;
  t.equal((await network.backups.get(SYSTEM, 'edge-1', backup.id)).config, 'hostname a\n');
  t.equal(store.count(deviceBackups), 1);
});

t.test(
  'a backup is as large as the text that it gives, though only the time in it differs from an earlier one',
  async (t) => {
    const { network, fleet } = await rig(t);
    await network.lifecycle.create(SYSTEM, input);
    const execute = fleet.execute.bind(fleet);
    let config = '! changed at 9:59\nhostname a\n';
    fleet.execute = async (agentId, operation, options) => {
      if (operation.case !== 'getConfig') return execute(agentId, operation, options);
      const read = { config, format: 'text', hash: 'sha256:same', retrievedAt: 1 };
      return { case: 'json', value: Buffer.from(JSON.stringify(read)) };
    };
    await network.backups.make(SYSTEM, 'edge-1', '');
    config = '! changed at 10:00\nhostname a\n';
    const { backup, diff } = await network.backups.make(SYSTEM, 'edge-1', '');
    t.equal(diff, '');
    const kept = await network.backups.get(SYSTEM, 'edge-1', backup.id);
    t.equal(backup.size, Buffer.byteLength(kept.config));
  },
);

t.test('a deletion removes everything that was kept of the device', async (t) => {
  const { network, fleet, store, put } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  await network.backups.make(SYSTEM, 'edge-1', '');
  await put('hostname b\n');
  await network.configs.put(SYSTEM, 'edge-1', { config: 'x', format: 'text', replace: false, commit: false });
  await network.lifecycle.delete(SYSTEM, 'edge-1');
  for (const kept of [deviceBackups, configContents, deviceChanges, candidateRecords, deviceFacts])
    t.equal(store.count(kept as typeof deviceBackups), 0, kept.name);
  t.notOk(fleet.specs.has(record.id));
});

t.test('two hubs that learn a key of a device at the same moment pin the same key', async (t) => {
  const { network, fleet, store } = await rig(t);
  const report = fleet.report.bind(fleet);
  fleet.report = (id, more) => report(id, { hostKey: '', ...more });
  const { record } = await network.lifecycle.create(SYSTEM, input);
  const hubs = [network, (await start(t, store, fleet)).network];
  for (const [n, hub] of hubs.entries())
    hub.lifecycle.onDeviceReport(agent, fleet.report(record.id, { hostKey: `SHA256:${n}`, connectedAt: 2000 + n }));
  const pins = () => new Set(hubs.map(({ devices }) => devices.pins(record).hostKey));
  await wait('both have the same key', () => pins().size === 1);
  await store.flush();
  t.match(store.get(deviceFacts, record.id), { hostKey: [...pins()][0], lastConnected: 2001 });
});

t.test('a deletion that meets a change, or a report, goes on from there and leaves nothing', async (t) => {
  const { network, fleet, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  const later = { ...record, name: 'later', revision: record.revision + 1 };
  const changed = store.apply({ writes: [put(deviceRecords, later, record.revision)] });
  const gone = network.devices.delete(SYSTEM, record.id);
  network.lifecycle.onDeviceReport(agent, fleet.report(record.id, { connectedAt: 5000 }));
  await Promise.all([changed, gone]);
  t.match(
    store.events(0, 100).filter(({ type }) => type === 'device.removed'),
    [{ data: { deviceName: 'later' } }],
  );
  await store.flush();
  t.same([store.count(deviceRecords), store.count(deviceFacts)], [0, 0]);
});

t.test('the first host key is pinned, outlives a restart, and is forgotten only on purpose', async (t) => {
  const { network, fleet, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  t.equal(network.devices.pins(record).hostKey, 'SHA256:first');
  network.lifecycle.onDeviceReport(agent, fleet.report(record.id, { hostKey: 'SHA256:another' }));
  t.equal(network.devices.pins(record).hostKey, 'SHA256:first');
  await store.flush();
  const again = await start(t, store, fleet);
  t.match(await again.network.lifecycle.onDevices(agent), [
    { hostKey: 'SHA256:first', credentials: { password: /./ } },
  ]);
  const { credentials } = input;
  const change = { hostname: '192.0.2.2', credentials };
  const { record: moved } = await again.network.lifecycle.update(SYSTEM, 'edge-1', change);
  t.equal(moved.pinGeneration, 1);
  t.match(fleet.specs.get(record.id), { hostKey: '', pinGeneration: 1, hostname: '192.0.2.2' });
});

t.test('secrets in commands and configurations are masked, and nothing else is', async (t) => {
  for (const [line, masked] of [
    ['username bob secret 9 $9$abc', 'username bob secret 9 [REDACTED]'],
    ['username bob privilege 15 password 0 hunter2', 'username bob privilege 15 password 0 [REDACTED]'],
    ['snmp-server community public RO', 'snmp-server community [REDACTED] RO'],
    ['+ neighbor 192.0.2.1 password s3cret', '+ neighbor 192.0.2.1 password [REDACTED]'],
    [
      'set system root-authentication encrypted-password "$6$x y"',
      'set system root-authentication encrypted-password [REDACTED]',
    ],
    ['    pre-shared-key ascii-text "$9$abc";', '    pre-shared-key ascii-text [REDACTED];'],
    ['tacacs-server key 7 0822455D0A16', 'tacacs-server key 7 [REDACTED]'],
    ['ip ospf message-digest-key 1 md5 s3cret', 'ip ospf message-digest-key 1 md5 [REDACTED]'],
    [
      'snmp-server user u g v3 auth sha s3cret priv aes 128 s4cret',
      'snmp-server user u g v3 auth sha [REDACTED] priv aes 128 [REDACTED]',
    ],
    [
      'set system root-authentication plain-text-password-value "a b"',
      'set system root-authentication plain-text-password-value [REDACTED]',
    ],
    [' pre-shared-key local s3cret', ' pre-shared-key local [REDACTED]'],
    [' vrrp 1 authentication text s3cret', ' vrrp 1 authentication text [REDACTED]'],
    ['snmp-server host 10.0.0.1 version 2c CommS3cret', 'snmp-server host 10.0.0.1 version 2c [REDACTED]'],
    [
      '+snmp-server host 10.0.0.1 vrf Mgmt informs CommS3cret bgp',
      '+snmp-server host 10.0.0.1 vrf Mgmt informs [REDACTED] bgp',
    ],
    ['snmp-server host 10.0.0.1 CommS3cret', 'snmp-server host 10.0.0.1 [REDACTED]'],
    [' standby 1 authentication md5 key-string 7 S3cret', ' standby 1 authentication md5 key-string 7 [REDACTED]'],
    ['+ standby 2 authentication PlainS3cret', '+ standby 2 authentication [REDACTED]'],
    [' standby 2 authentication md5 key-chain HSRP', ' standby 2 authentication md5 key-chain HSRP'],
    [' path ftp://u:FtpS3cret@10.0.0.9/x', ' path ftp://[REDACTED]@10.0.0.9/x'],
    ['copy scp://u:p@ss@10.0.0.9/x flash:', 'copy scp://[REDACTED]@10.0.0.9/x flash:'],
    ['copy http://10.0.0.9/x@2 flash:', 'copy http://10.0.0.9/x@2 flash:'],
    ['-authentication-sha authentication-password S3cret;', '-authentication-sha authentication-password [REDACTED];'],
    ['privacy-aes128 privacy-password "a b"', 'privacy-aes128 privacy-password [REDACTED]'],
    ['wpa-psk ascii 0 S3cret', 'wpa-psk ascii 0 [REDACTED]'],
    ['crypto pki import TP pkcs12 flash: S3cret', 'crypto pki import TP pkcs12 flash: [REDACTED]'],
    ['crypto pki import TP pkcs12 flash:x password S3cret', 'crypto pki import TP pkcs12 flash:x password [REDACTED]'],
    ['crypto key export rsa K pem terminal 3des S3cret', 'crypto key export rsa K pem terminal 3des [REDACTED]'],
    ['crypto pki import TP pem url flash: S3cret', 'crypto pki import TP pem url flash: [REDACTED]'],
    ['password secret', 'password [REDACTED]'],
    ["'password S3cret' may change something", "'password [REDACTED] may change something"],
    ['snmp-server host', 'snmp-server host'],
    ['show ip route', 'show ip route'],
    ['aaa authentication login default local', 'aaa authentication login default local'],
    ['key chain OSPF', 'key chain OSPF'],
    ['crypto key generate rsa', 'crypto key generate rsa'],
    ['service password-encryption', 'service password-encryption'],
  ] as const)
    t.equal(maskSecrets(line), masked);
});

t.test('a diff leaves out lines that change by themselves', async (t) => {
  t.equal(
    await configDiff(
      '! Last configuration change at 10:00\nhostname a\n',
      '! Last configuration change at 11:00\nhostname a\n',
    ),
    '',
  );
  t.equal(await configDiff('a\nb\n', 'a\nc\n'), '--- before\n+++ after\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n');
});

t.test('a caller with one site gets events of its devices, and of no others', async (t) => {
  const { network, store } = await rig(t);
  await network.lifecycle.create(SYSTEM, input);
  const registry = new ServerRegistry(store);
  const hears = (grants: object) =>
    store.events(0, 10).filter((event) => mayHear({ role: 'viewer', grants }, event, registry)).length;
  t.ok(hears({ sites: ['local'] }) > 0);
  t.equal(hears({ sites: ['lab'] }), 0);
  t.equal(hears({ servers: ['s'] }), 0);
});
