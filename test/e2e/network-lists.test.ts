import t from 'tap';
import { backupList, changeList } from '../../hub/api/infrastructure/device-config.js';
import { deviceList } from '../../hub/api/infrastructure/devices.js';
import { everyOperator } from '../every-operator.js';
import { startDevice } from '../fixtures/devices/start.js';
import { base, infrastructureDocument, newUser } from '../infrastructure.js';
import { addDevice, devicesPath } from '../network.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

const nowhere = { host: '192.0.2.1', port: 22, username: 'admin', password: 'never used anywhere' };
const quiet = { connection_options: { auto_connect: false } };
const all = ['core-1', 'edge-1', 'edge-2', 'lab-1'];

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub, 'local');
  await startAgent(t, hub, 'lab');
  await addDevice(hub, 'core-1', 'juniper_junos', nowhere, { ...quiet, tags: ['core'] });
  await addDevice(hub, 'edge-1', 'cisco_ios', { ...nowhere, host: '192.0.2.2' }, { ...quiet, tags: ['edge', 'old'] });
  await addDevice(hub, 'edge-2', 'cisco_nxos', { ...nowhere, host: 'edge-2.example', port: 2222 }, quiet);
  await addDevice(hub, 'lab-1', 'frr', nowhere, { ...quiet, site: 'lab' });
});

const names = async (query: string): Promise<string[]> =>
  (await hub.call('GET', `${devicesPath}?${query}`)).body.data?.map(({ name }: { name: string }) => name);

t.test('every operator on every field', async (t) => {
  const { body } = await hub.call('GET', devicesPath);
  t.same(
    body.data.map(({ name }: { name: string }) => name),
    all,
  );
  t.same(Object.keys(deviceList.fields).sort(), Object.keys(body.data[0]).sort(), 'every field of the answer is one');
  await everyOperator(
    t,
    deviceList.fields,
    async (query) => (await hub.call('GET', `${devicesPath}?${query}`)).body.data,
  );
  t.same(await names('type[in]=frr,cisco_ios'), ['edge-1', 'lab-1']);
  t.same(await names('tags[regex]=\\bold\\b'), ['edge-1']);
  t.same(await names('port[gt]=22'), ['edge-2']);
  t.same(await names('last_connected='), all, 'none was ever connected');
  t.same(await names('site=local&name[regex]=^edge'), ['edge-1', 'edge-2']);
});

t.test('pages and sorting; an unknown parameter is named', async (t) => {
  const { body } = await hub.call('GET', `${devicesPath}?limit=3&sort=name&order=desc`);
  t.match(body, { data: { 0: { name: 'lab-1' }, length: 3 }, metadata: { page: 1, limit: 3, total: 4, pages: 2 } });
  t.same(await names('limit=3&sort=name&order=desc&page=2'), ['core-1']);
  const unknown = await hub.call('GET', `${devicesPath}?colour=red`);
  t.match([unknown.status, unknown.body.error], [400, { code: 'VALIDATION_ERROR', details: { field: 'colour' } }]);
  const operator = await hub.call('GET', `${devicesPath}?name[like]=x`);
  t.match(operator.body.error.details, { field: 'name[like]', known: infrastructureDocument.operators });
});

t.test('grants and placement', async (t) => {
  const key = await hub.key('operator', { grants: { sites: ['lab'] } });
  const listed = await hub.call('GET', devicesPath, undefined, key);
  t.match(listed.body, { data: [{ name: 'lab-1' }], metadata: { total: 1 } });
  t.equal((await hub.call('GET', `${devicesPath}/core-1`, undefined, key)).status, 404);
  t.equal((await hub.call('GET', `${devicesPath}/LAB-1`, undefined, key)).status, 200);
  const body = { name: 'x', type: 'frr', hostname: 'x', credentials: { username: 'a', password: 'bcdefgh' }, ...quiet };
  t.equal((await hub.call('POST', devicesPath, { ...body, site: 'local' }, key)).status, 403);
  const elsewhere = await hub.call('POST', devicesPath, { ...body, site: 'mars' });
  t.match([elsewhere.status, elsewhere.body.error.details.field], [400, 'site']);
  for (const [more, field] of [
    [{ hostname: 'no host' }, 'hostname'],
    [{ type: 'toaster' }, 'type'],
    [{ port: 0 }, 'port'],
    [{ credentials: { username: 'a' } }, 'credentials.password'],
    [{ credentials: { username: 'a', ssh_key: 'bm8ga2V5' } }, 'credentials.ssh_key'],
    [{ known_host_key: 'SHA256:short' }, 'known_host_key'],
    [{ connection_options: { jump_host: { hostname: 'a/b', credentials: body.credentials } } }, /jump_host\.hostname/],
  ] as const) {
    const { status, body: answer } = await hub.call('POST', devicesPath, { ...body, ...more });
    t.match([status, answer.error.details.field], [400, field]);
  }
  t.equal((await hub.call('POST', devicesPath, { ...body, name: 'CORE-1' })).status, 409);
});

t.test('a device out of reach is an error of its own', async (t) => {
  const { host, username, password } = { ...nowhere, host: '127.0.0.1' };
  const { path } = await addDevice(hub, 'closed', 'cisco_ios', { host, port: 9, username, password }, quiet);
  const off = await hub.call('POST', `${path}/command`, { command: 'show version' });
  t.match(
    [off.status, off.body.error],
    [502, { code: 'NETWORK_CONNECTION_ERROR', details: { reason: 'not_connected' } }],
  );
  const refused = await hub.call('POST', `${path}/connect`);
  t.match(
    [refused.status, refused.body.error],
    [502, { code: 'NETWORK_CONNECTION_ERROR', details: { reason: 'unreachable' } }],
  );
  t.match((await hub.call('GET', path)).body.data, { status: 'error', error: /./, error_reason: 'unreachable' });
  t.equal((await hub.call('POST', `${path}/disconnect`)).status, 200);
  t.equal((await hub.call('DELETE', path)).status, 200);
});

t.test('every operator on every field of backups and changes', async (t) => {
  const device = await startDevice(t, { platform: 'cisco_nxos' });
  const { path } = await addDevice(hub, 'sim-1', 'cisco_nxos', device);
  for (const n of [1, 2]) {
    const put = await hub.call('PUT', `${path}/config`, { config: `snmp-server location room-${'x'.repeat(n)}\n` });
    t.equal(put.status, 200, JSON.stringify(put.body));
    t.equal((await hub.call('POST', `${path}/config/backup`, { description: `backup ${n}` })).status, 201);
  }
  t.equal((await hub.call('POST', `${path}/config/backup`)).status, 201);
  t.equal((await hub.call('POST', `${path}/config/rollback`)).status, 200);
  for (const [at, { fields }] of [
    ['backups', backupList],
    ['changes', changeList],
  ] as const) {
    const { data, metadata } = (await hub.call('GET', `${path}/config/${at}`)).body;
    t.match(metadata, { total: 3 });
    for (const field of Object.keys(fields)) t.ok(field in data[0], `${at}: ${field}`);
    await everyOperator(t, fields, async (query) => (await hub.call('GET', `${path}/config/${at}?${query}`)).body.data);
    const sorted = (await hub.call('GET', `${path}/config/${at}?sort=created_at&order=asc&limit=2&page=2`)).body;
    t.match(sorted, { data: [data[0]], metadata: { page: 2, pages: 2 } });
  }
  for (const field of ['backup_id', 'description', 'created_at', 'size']) t.ok(field in backupList.fields, field);
  const unknown = await hub.call('GET', `${path}/config/backups?colour=red`);
  t.match([unknown.status, unknown.body.error.details], [400, { known: Object.keys(backupList.fields) }]);
});

t.test(
  'thirty requests a minute, exactly, whatever is asked of the module; other requests have their hundred',
  async (t) => {
    const limited = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } });
    const { token } = await newUser(limited, 'alice', 'viewer');
    const asked = [
      ['GET', ''],
      ['GET', '/nowhere'],
      ['POST', '/nowhere/command'],
      ['PUT', '/nowhere/config'],
      ['GET', '/nowhere/config/backups'],
    ] as const;
    const statuses: number[] = [];
    for (let i = 0; i < 31; i += 1) {
      const [method, at] = asked[i % asked.length] ?? asked[0];
      const answer = await limited.call(method, devicesPath + at, method === 'GET' ? undefined : {}, token);
      statuses.push(answer.status);
      if (i === 0)
        t.match([answer.headers.get('x-ratelimit-limit'), answer.headers.get('x-ratelimit-remaining')], ['30', '29']);
    }
    t.ok(statuses.slice(0, 30).every((status) => status !== 429));
    t.equal(statuses[30], 429);
    t.equal((await limited.call('GET', `${base}/users/me`, undefined, token)).status, 200);
  },
);
