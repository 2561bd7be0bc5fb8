import t from 'tap';
import { everything, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

// The rules of groups are proved in test/domain/groups.test.ts; here that a client meets them.

t.test('a client makes a group, puts a server into it, and deletes it', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const [example] = documented('GET /api/groups').data;
  const wanted = {
    name: 'Development',
    description: 'Development and testing servers',
    color: '#6366f1',
    icon: 'code',
  };
  const made = await hub.call('POST', '/api/groups', wanted);
  t.equal(made.status, 201);
  sameShape(t, made.body.data, example);
  t.match(made.body.data, { ...wanted, sortOrder: 0, serverCount: 0 });
  const { id } = made.body.data;
  const same = await hub.call('POST', '/api/groups', { name: 'DEVELOPMENT' });
  t.equal(same.status, 409);
  t.match(same.body, { code: 'CONFLICT', details: { field: 'name' } });
  const changed = await hub.call('PUT', `/api/groups/${id}`, { sortOrder: -1, color: '#22C55E' });
  sameShape(t, changed.body.data, example);
  t.match(changed.body.data, { name: 'Development', sortOrder: -1, color: '#22C55E' });

  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  const server = await hub.connectServer({ name: 'shared', transport });
  const narrow = await hub.key('operator', { grants: { groups: [id] } });
  const echo = () => hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'x' } }, narrow);
  t.equal((await echo()).status, 404, 'not in the group yet');
  const added = await hub.call('POST', `/api/groups/${id}/servers`, { serverIds: [server] });
  t.equal(added.status, 200);
  sameShape(t, added.body.data, example);
  t.match(added.body.data, { id, serverCount: 1 });
  t.equal((await echo()).status, 200, 'now it is');
  for (const group of [id, 'development'])
    t.match(
      (await hub.call('GET', `/api/servers?groupId=${group}`)).body.data,
      [{ name: 'shared', groupId: id }],
      group,
    );
  const listed = await hub.call('GET', '/api/groups');
  sameShape(t, listed.body, documented('GET /api/groups'));
  t.match(listed.body.data, [{ name: 'Development', serverCount: 1 }]);

  const deleted = await hub.call('DELETE', `/api/groups/${id}`);
  t.match(deleted.body, { success: true, message: 'Group deleted successfully' });
  t.equal((await hub.call('DELETE', `/api/groups/${id}`)).status, 404);
  t.equal((await hub.call('GET', `/api/servers/${server}`)).body.data.groupId, null);

  for (const wrong of [
    { name: '' },
    { name: 'x'.repeat(65) },
    { name: 'c', color: 'red' },
    { name: 'c', color: '#fff' },
  ]) {
    const { status, body } = await hub.call('POST', '/api/groups', wrong);
    t.equal(status, 400, JSON.stringify(wrong));
    t.match(body, { code: 'VALIDATION_ERROR', details: { field: 'color' in wrong ? 'color' : 'name' } });
  }
});
