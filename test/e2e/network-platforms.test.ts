import t from 'tap';
import { ended } from '../automation.js';
import { startDevice } from '../fixtures/devices/start.js';
import { addDevice } from '../network.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

/** The texts that differ between platforms; all else is the same. */
const platforms = {
  cisco_ios: {
    read: 'show version',
    wrong: 'show no-such-thing',
    section: 'interface Loopback0',
    merge: 'interface Loopback9\n description added\nsnmp-server location here\n',
    more: 'snmp-server contact somebody\n',
    refused: 'interface Loopback9\n description added\n nonsense\n',
    change: ['configure terminal', 'snmp-server location by-hand', 'end'],
    formats: ['text'],
    protected: true,
  },
  cisco_nxos: {
    read: 'show version',
    wrong: 'show no-such-thing',
    section: 'interface loopback0',
    merge: 'interface loopback9\n  description added\nsnmp-server location here\n',
    more: 'snmp-server contact somebody\n',
    refused: 'interface loopback9\n  description added\n  nonsense\n',
    change: ['configure terminal', 'snmp-server location by-hand', 'end'],
    // The simulated image has no others, as older ones.
    formats: ['text'],
    protected: false,
  },
  juniper_junos: {
    read: 'show version',
    wrong: 'show no-such-thing',
    section: 'system',
    merge: 'system {\n    domain-name added.example;\n}\n',
    more: 'system {\n    time-zone UTC;\n}\n',
    refused: 'system {\n    domain-name added.example;\n    nonsense here;\n}\n',
    change: ['configure', 'set system domain-name by-hand.example', 'commit', 'exit'],
    formats: ['text', 'json', 'xml'],
    protected: true,
  },
} as const;

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
});

for (const [platform, way] of Object.entries(platforms)) {
  t.test(platform, async (t) => {
    const device = await startDevice(t, { platform: platform as keyof typeof platforms });
    const { path, made } = await addDevice(hub, `sim-${platform}`, platform, device);
    t.match(made.body.data, { type: platform, status: 'connected' });
    const { body: got } = await hub.call('GET', path);
    for (const [name, value] of Object.entries(got.data.system_info)) t.ok(value, `system_info.${name}`);

    const commands = [way.read, way.wrong, way.read];
    const many = await hub.call('POST', `${path}/commands`, { commands });
    t.match(many.body.data.results, [
      { success: true, output: /\w/ },
      { success: false, error: /\w/ },
      { success: true },
    ]);
    const config = await hub.call('GET', `${path}/config`);
    t.equal(config.status, 200, JSON.stringify(config.body));
    const before = config.body.data;
    t.match(
      (await hub.call('GET', `${path}/config?section=${encodeURIComponent(way.section)}`)).body.data.config,
      /\w/,
    );
    for (const format of ['text', 'json', 'xml']) {
      const { status, body } = await hub.call('GET', `${path}/config?format=${format}`);
      if ((way.formats as readonly string[]).includes(format)) t.match(body.data, { format, config: /\w/ });
      else t.match([status, body.error], [422, { code: 'NETWORK_CONFIG_ERROR', details: { formats: way.formats } }]);
    }

    const first = await hub.call('POST', `${path}/config/backup`);
    t.match(first.body.data, { version: 1, hash: before.hash, details: { changed: true, diff: '' } });
    const put = await hub.call('PUT', `${path}/config`, { config: way.merge });
    t.equal(put.status, 200, JSON.stringify(put.body));
    t.match(put.body.data.details, { diff: /^\+.*added/m, protected: way.protected, saved: true, changed: true });
    t.match(device.running(), /added/);
    const second = await hub.call('POST', `${path}/config/backup`);
    t.match(second.body.data, { version: 2, details: { changed: true, diff: /^\+.*added/m } });
    const refused = await hub.call('PUT', `${path}/config`, { config: way.refused });
    t.match(
      [refused.status, refused.body.error],
      [422, { code: 'NETWORK_CONFIG_ERROR', details: { reason: 'rejected' } }],
    );
    t.equal((await hub.call('GET', `${path}/config`)).body.data.hash, put.body.data.details.hash);

    const restore = { backup_id: first.body.data.backup_id, commit: false };
    const candidate = await hub.call('POST', `${path}/config/restore`, restore);
    t.match(candidate.body.data.details, { committed: false, diff: /^-.*added/m });
    const mixed = await hub.call('PUT', `${path}/config`, { config: way.more, commit: false });
    t.match([mixed.status, mixed.body.error.details.reason], [409, 'candidate_mixed']);
    const committed = await hub.call('POST', `${path}/config/commit`);
    t.equal(committed.status, 200, JSON.stringify(committed.body));
    t.equal(committed.body.data.details.hash, before.hash);
    t.notMatch(device.running(), /added/);
    t.equal((await hub.call('POST', `${path}/config/rollback`)).status, 200);
    t.match(device.running(), /added/, 'the restoration is taken back');

    await hub.call('PUT', `${path}/config`, { config: way.more, commit: false });
    const byHand = await hub.call('POST', `${path}/commands`, { commands: way.change });
    t.match(byHand.body.data.results, [{ success: true, class: 'change' }], JSON.stringify(byHand.body));
    const late = await hub.call('POST', `${path}/config/commit`);
    t.match([late.status, late.body.error.details], [409, { reason: 'config_changed', diff: /^\+.*by-hand/m }]);
    const changes = (await hub.call('GET', `${path}/config/changes?order=asc`)).body.data;
    t.same(
      changes.map(({ kind, state }: Record<string, string>) => `${kind} ${state}`),
      ['update confirmed', 'update reverted', 'commit confirmed', 'rollback confirmed'],
    );
    t.equal((await hub.call('DELETE', path)).status, 200);
  });
}

t.test(
  'backup_configs reports which configurations have changed since the last, and goes on after a failure',
  async (t) => {
    const device = await startDevice(t, { platform: 'cisco_ios', hostname: 'edge-9' });
    const { path } = await addDevice(hub, 'edge-9', 'cisco_ios', device);
    const { host, username, password } = device;
    const dead = { host, port: 9, username, password };
    await addDevice(hub, 'dead', 'cisco_ios', dead, { connection_options: { timeout: 2 } });
    const workflows = '/automation/api/v1/orchestration/workflows';
    const run = async () => {
      const begun = await hub.call('POST', `${workflows}/execute`, { workflow: 'backup_configs' });
      const { results } = await ended(hub, `${workflows}/${begun.body.data.workflow_id}`);
      return results.backup_configs;
    };
    t.match(await run(), {
      total: 2,
      new: 1,
      failed: 1,
      devices: [{ name: 'dead', status: 'failed' }, { status: 'new' }],
    });
    await hub.call('PUT', `${path}/config`, {
      config: 'username bob privilege 1 secret sesame-open-1\nsnmp-server location x\n',
    });
    const report = await run();
    t.match(report, { changed: 1, failed: 1 });
    t.same(Object.keys(report.devices[1]), ['name', 'site', 'backup_id', 'version', 'status']);
    t.match(await run(), { unchanged: 1, changed: 0 });
  },
);
