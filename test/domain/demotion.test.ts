import t from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { startDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

t.test('a queued stop of a shared server fails if its caller is no operator any more', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('shared', { read: readOnly() });
  const { users, jobs, portal } = hub.domain;
  const user = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'operator' });
  const ada = await hub.caller('operator', null, { userId: user.id });
  await jobs.close();
  const { id: jobId } = await portal.work.submit(ada, 'disable', id);
  await users.bring(SYSTEM, user.id, { role: 'user' });
  await hub.restart();
  t.match(await hub.over(jobId), { status: 'failed', error: { code: 'forbidden' } });
  t.equal(hub.domain.servers.get(hub.admin, id).record.wanted, true);
});

t.test('a user who is no admin any more loses the server of the catalog that only admins may enable', async (t) => {
  const hub = await startDomain(t);
  const { users, portal, registry } = hub.domain;
  await users.create(SYSTEM, { username: 'other', password: 'a long password', role: 'admin' });
  const user = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'admin' });
  const as = async (role: 'admin' | 'user') => hub.caller(role, null, { userId: user.id });
  const [admin, lower] = [await as('admin'), await as('user')];
  const env = { ALLOWED_DIRECTORY: '/' };
  const config = { autoStart: false, env };
  const refused = { code: 'forbidden', message: /only super admins/ };
  await t.rejects(portal.work.submit(lower, 'enable', 'filesystem', config), refused);
  const { id } = await portal.work.submit(admin, 'enable', 'filesystem', config);
  t.match(await hub.over(id), { status: 'completed' });
  await t.rejects(
    portal.work.submit(lower, 'restart', 'filesystem'),
    refused,
    'the key has a lower role than its user',
  );
  const { id: confined } = await portal.work.submit(lower, 'enable', 'everything', { autoStart: false });
  t.match(await hub.over(confined), { status: 'completed' });
  const own = () => [...registry.all()].filter(({ ownerId }) => ownerId === user.id).map(({ name }) => name);
  t.same(own().length, 2);
  await users.bring(SYSTEM, user.id, { role: 'user' });
  await wait('the server is gone', () => own().length === 1);
  t.match(own(), [/^everything/]);
  await t.rejects(
    portal.work.submit(admin, 'enable', 'filesystem', config),
    refused,
    'an old caller enables it no more',
  );
});
