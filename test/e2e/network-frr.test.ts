import t from 'tap';
import { startFrr } from '../fixtures/frr/frr.js';
import { example } from '../infrastructure.js';
import { addDevice, devicesPath } from '../network.js';
import { part } from '../parts.js';
import { startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const documented = (method: string, rest = '') => example(`${method} /api/v1/network/devices${rest}`);
const config = `interface lo
 ip address 192.0.2.1/32
 description loopback of the tests
exit
ip route 198.51.100.0/24 blackhole
access-list INSIDE seq 5 permit 192.0.2.0/24
`;

t.test('every endpoint on a real router', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const hub = await startHub(t);
  await startAgent(t, hub);
  const frr = await startFrr(t);

  const { id, path, made } = await addDevice(hub, 'edge-1', 'frr', frr, { tags: ['edge'] });
  sameShape(t, made.body, documented('POST'));
  t.match(made.body.data, { id: UUID, type: 'frr', status: 'connected', site: 'local', created_at: TIME });

  await t.test('devices', async (t) => {
    const listed = await hub.call('GET', `${devicesPath}?type=frr&status=connected`);
    sameShape(t, listed.body, documented('GET'));
    t.match(listed.body, { data: [{ id, last_connected: TIME }], metadata: { total: 1, pages: 1 } });
    const got = await hub.call('GET', path);
    sameShape(t, got.body, {
      ...(documented('GET', '/{device_id}') as object),
      data: { ...(documented('GET', '/{device_id}') as { data: object }).data, error: null },
    });
    t.match(got.body.data, {
      system_info: { model: /^FRRouting/, os_version: /^\d/ },
      known_host_key: frr.fingerprint,
    });
    t.notOk('error' in got.body.data);
    t.notMatch(JSON.stringify(got.body), frr.password);
    const put = await hub.call('PUT', path, { connection_options: { keepalive: 5 }, tags: ['edge', 'lab'] });
    sameShape(t, put.body, documented('PUT', '/{device_id}'));
    t.match(put.body.data, { name: 'edge-1', tags: ['edge', 'lab'], updated_at: TIME });
  });

  await t.test('disconnect and connect', async (t) => {
    const off = await hub.call('POST', `${path}/disconnect`);
    sameShape(t, off.body, documented('POST', '/{device_id}/disconnect'));
    t.equal((await hub.call('GET', path)).body.data.status, 'disconnected');
    const on = await hub.call('POST', `${path}/connect`);
    t.equal(on.status, 200, JSON.stringify(on.body));
    sameShape(t, on.body, documented('POST', '/{device_id}/connect'));
    t.equal((await hub.call('GET', path)).body.data.last_connected, on.body.data.connected_at);
  });

  await t.test('commands', async (t) => {
    const one = await hub.call('POST', `${path}/command`, { command: 'show version' });
    sameShape(t, one.body, documented('POST', '/{device_id}/command'));
    t.match(one.body.data, { command: 'show version', output: /FRRouting/, success: true, class: 'read' });
    const commands = ['show version', 'show no such thing', 'show ip route'];
    const many = await hub.call('POST', `${path}/commands`, { commands, timeout: 60 });
    t.match(many.body.data, { results: [{ success: true }, { success: false, error: /^%/ }, { success: true }] });
    const failed = many.body.data.results.filter(({ success }: { success: boolean }) => !success);
    sameShape(
      t,
      { ...many.body, data: { ...many.body.data, results: failed } },
      documented('POST', '/{device_id}/commands'),
    );
    t.notOk('error' in many.body.data.results[0]);
    const structured = await hub.call('POST', `${path}/command`, { command: 'show ip route', structured: true });
    t.type(structured.body.data.structured, Object);
    for (const [body, field] of [
      [{ commands: [] }, 'commands'],
      [{ commands: ['show version', ' '] }, 'commands.1'],
      [{ commands: ['show version\nconfigure terminal'] }, 'commands.0'],
      [{ commands: ['show ?'] }, 'commands.0'],
      [{ commands: Array(101).fill('show version') }, 'commands'],
    ] as const) {
      const { status, body: answer } = await hub.call('POST', `${path}/commands`, body);
      t.match({ status, answer }, { status: 400, answer: { error: { code: 'VALIDATION_ERROR', details: { field } } } });
    }
  });

  await t.test('configured, read back, backed up, broken, restored', async (t) => {
    const put = await hub.call('PUT', `${path}/config`, { config, format: 'text', replace: false, commit: true });
    t.equal(put.status, 200, JSON.stringify(put.body));
    sameShape(t, put.body, documented('PUT', '/{device_id}/config'));
    t.match(put.body.data.details, {
      diff: /^\+ip route 198\.51\.100\.0\/24 blackhole$/m,
      protected: false,
      changed: true,
    });
    const read = await hub.call('GET', `${path}/config?format=text`);
    sameShape(t, read.body, documented('GET', '/{device_id}/config'));
    t.match(read.body.data.config, /access-list INSIDE seq 5 permit 192\.0\.2\.0\/24/);
    t.match(await frr.vtysh('show running-config'), 'description loopback of the tests', 'the router says so, too');
    const section = await hub.call('GET', `${path}/config?section=interface%20lo`);
    t.match(section.body.data.config, /^interface lo$[\s\S]*^ ip address 192/m);
    t.notMatch(section.body.data.config, 'ip route');
    const backup = await hub.call('POST', `${path}/config/backup`, { description: 'good' });
    t.equal(backup.status, 201);
    sameShape(t, backup.body, documented('POST', '/{device_id}/config/backup'));
    t.match(backup.body.data, { description: 'good', version: 1, size: read.body.data.config.length });

    const broken = { config: 'no ip route 198.51.100.0/24 blackhole\nno access-list INSIDE seq 5', commit: true };
    t.equal((await hub.call('PUT', `${path}/config`, broken)).status, 200);
    t.notMatch(await frr.vtysh('show running-config'), /blackhole|INSIDE/);
    const listed = await hub.call('GET', `${path}/config/backups`);
    sameShape(t, listed.body, documented('GET', '/{device_id}/config/backups'));
    const { backup_id } = listed.body.data[0];
    const restored = await hub.call('POST', `${path}/config/restore`, { backup_id, commit: true });
    t.equal(restored.status, 200, JSON.stringify(restored.body));
    sameShape(t, restored.body, documented('POST', '/{device_id}/config/restore'));
    t.equal(restored.body.data.details.hash, put.body.data.details.hash, 'as it was');
    t.match(await frr.vtysh('show running-config'), /blackhole[\s\S]*INSIDE|INSIDE[\s\S]*blackhole/);
    const got = await hub.call('GET', `${path}/config/backups/${backup_id}`);
    t.equal(got.body.data.config, read.body.data.config);
  });

  await t.test('a candidate, committed', async (t) => {
    const first = { config: 'ip route 203.0.113.0/25 blackhole', commit: false };
    const put = await hub.call('PUT', `${path}/config`, first);
    t.match(put.body.data.details, { committed: false, diff: null });
    const second = { config: 'ip route 203.0.113.128/25 blackhole', commit: false };
    t.equal((await hub.call('PUT', `${path}/config`, second)).status, 200);
    t.notMatch(await frr.vtysh('show running-config'), '203.0.113', 'the router knows nothing of it');
    const candidate = await hub.call('GET', `${path}/config/candidate`);
    t.match(candidate.body.data, { config: /\/25[\s\S]*\/25/, parts: 2, base_hash: /^sha256:/ });
    const committed = await hub.call('POST', `${path}/config/commit`);
    t.equal(committed.status, 200, JSON.stringify(committed.body));
    sameShape(t, committed.body, documented('POST', '/{device_id}/config/commit'));
    t.match(committed.body.data.details.diff, /\+ip route 203\.0\.113\.0\/25[\s\S]*\+ip route 203\.0\.113\.128\/25/);
    const again = await hub.call('POST', `${path}/config/commit`);
    t.match(
      [again.status, again.body.error],
      [409, { code: 'NETWORK_CONFIG_ERROR', details: { reason: 'no_candidate' } }],
    );
    await hub.call('PUT', `${path}/config`, first);
    const { revision } = (await hub.call('GET', `${path}/config/candidate`)).body.data;
    const drop = (candidate: number | null) => hub.call('POST', `${path}/config/rollback`, { candidate });
    const changed = { code: 'NETWORK_CONFIG_ERROR', details: { reason: 'candidate_changed', outcome: 'not_run' } };
    for (const other of [null, revision - 1]) t.match(await drop(other), { status: 409, body: { error: changed } });
    const dropped = await drop(revision);
    t.match(dropped.body.data.details, { dropped_candidate: true });
    t.match(await drop(revision), { status: 409, body: { error: changed } }, 'it rolls no change back instead');
    t.match(await frr.vtysh('show running-config'), '203.0.113.128/25');
    await hub.call('PUT', `${path}/config`, first);
    const any = await hub.call('POST', `${path}/config/rollback`);
    t.match(any.body.data.details, { dropped_candidate: true });
  });

  await t.test('a candidate is committed to the configuration that it was made from only', async (t) => {
    await hub.call('PUT', `${path}/config`, { config: 'ip route 203.0.113.9/32 blackhole', commit: false });
    await frr.vtysh('configure terminal', 'ip route 203.0.113.77/32 blackhole');
    const { status, body } = await hub.call('POST', `${path}/config/commit`);
    t.equal(status, 409);
    t.match(body.error, { code: 'NETWORK_CONFIG_ERROR', details: { reason: 'config_changed', outcome: 'not_run' } });
    t.match(body.error.details.diff, /^\+ip route 203\.0\.113\.77\/32 blackhole$/m);
    t.notMatch(await frr.vtysh('show running-config'), '203.0.113.9/32');
    await hub.call('POST', `${path}/config/rollback`);
    await frr.vtysh('configure terminal', 'no ip route 203.0.113.77/32 blackhole');
  });

  await t.test('rollback goes back one change at a time', async (t) => {
    const running = async () => (await hub.call('GET', `${path}/config`)).body.data.hash;
    const before = await running();
    for (const n of [1, 2]) {
      const change = { config: `ip route 203.0.113.20${n}/32 blackhole` };
      t.equal((await hub.call('PUT', `${path}/config`, change)).status, 200);
    }
    const back = await hub.call('POST', `${path}/config/rollback`);
    sameShape(t, back.body, documented('POST', '/{device_id}/config/rollback'));
    t.match(back.body.data.details.diff, /^-ip route 203\.0\.113\.202\/32 blackhole$/m);
    t.equal((await hub.call('POST', `${path}/config/rollback`)).status, 200);
    t.equal(await running(), before);
    const changes = await hub.call('GET', `${path}/config/changes?kind=rollback`);
    const first = { kind: 'rollback', state: 'confirmed', by: /./, diff: /203\.0\.113\.201/ };
    t.match(changes.body.data, { 0: first, length: 2 });
  });

  await t.test('a line that the router refuses changes nothing', async (t) => {
    const before = (await hub.call('GET', `${path}/config`)).body.data.hash;
    const bad = { config: 'ip route 203.0.113.50/32 blackhole\nno such command of a router\n' };
    const { status, body } = await hub.call('PUT', `${path}/config`, bad);
    t.equal(status, 422);
    t.match(body.error, {
      code: 'NETWORK_CONFIG_ERROR',
      details: { reason: 'rejected', errors: [{ line: 'no such command of a router' }], state: 'reverted' },
    });
    t.equal((await hub.call('GET', `${path}/config`)).body.data.hash, before);
    for (const format of ['json', 'xml']) {
      const answer = await hub.call('GET', `${path}/config?format=${format}`);
      t.match(answer.body.error, { code: 'NETWORK_CONFIG_ERROR', details: { formats: ['text'] } });
      const wrong = await hub.call('PUT', `${path}/config`, { config: '{}', format, commit: false });
      t.match(wrong.body.error, { code: 'NETWORK_CONFIG_ERROR', details: { reason: 'format_unsupported' } });
    }
  });

  const removed = await hub.call('DELETE', path);
  t.same([removed.status, removed.body], [200, documented('DELETE', '/{device_id}')]);
  t.match((await hub.call('GET', `${path}/config/backups`)).body.error, { code: 'RESOURCE_NOT_FOUND' });
});
