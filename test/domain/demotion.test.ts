import t from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { startDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';

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
