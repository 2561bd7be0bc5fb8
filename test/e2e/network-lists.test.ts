import t from 'tap';
import { deviceList } from '../../hub/api/infrastructure/devices.js';
import { infrastructureDocument } from '../infrastructure.js';
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
  for (const field of Object.keys(deviceList.fields)) {
    const values: (string | null)[] = body.data.map((device: Record<string, unknown>) => {
      const value = Array.isArray(device[field]) ? device[field].join(',') || null : device[field];
      return value === null ? null : String(value);
    });
    const value = values[1] ?? '';
    if (field === 'tags') continue;
    for (const operator of infrastructureDocument.operators) {
      const list = operator === 'in' || operator === 'nin';
      const text = operator === 'regex' ? value.slice(0, 4) : value;
      const { status } = await hub.call('GET', `${devicesPath}?${field}[${operator}]=${encodeURIComponent(text)}`);
      t.equal(status, 200, `${field}[${operator}]`);
      if (!list && operator !== 'eq') continue;
      const found = await names(`${field}[${operator}]=${encodeURIComponent(text)}`);
      const same = all.filter((_, at) => values[at] === (value === '' ? null : value));
      t.same(found, operator === 'nin' ? all.filter((name) => !same.includes(name)) : same, `${field}[${operator}]`);
    }
  }
  t.same(await names('type[in]=frr,cisco_ios'), ['edge-1', 'lab-1']);
  t.same(await names('tags[regex]=\\bold\\b'), ['edge-1']);
  t.same(await names('port[gt]=22'), ['edge-2']);
  t.same(await names('last_connected='), all, 'none was ever connected');
  t.same(await names('site=local&name[regex]=^edge'), ['edge-1', 'edge-2']);
});

t.test('pages and sorting; what is unknown is named', async (t) => {
  const { body } = await hub.call('GET', `${devicesPath}?limit=3&sort=name&order=desc`);
  t.match(body, { data: [{ name: 'lab-1' }, {}, {}], metadata: { page: 1, limit: 3, total: 4, pages: 2 } });
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

t.test('thirty requests a minute, exactly', async (t) => {
  const limited = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } });
  const key = await limited.key('viewer');
  const statuses: number[] = [];
  for (let i = 0; i < 31; i += 1) statuses.push((await limited.call('GET', devicesPath, undefined, key)).status);
  t.same(statuses, [...Array(30).fill(200), 429]);
});
