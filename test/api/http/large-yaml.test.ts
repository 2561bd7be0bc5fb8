import t from 'tap';
import { startHub } from '../../roundhouse.js';

t.test('the hub answers other requests while it reads a hostile YAML body', async (t) => {
  const hub = await startHub(t);
  const key = await hub.key('user');
  const answered: string[] = [];
  const note = (name: string) => () => answered.push(name);
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/yaml' };
  const imported = hub.call('POST', '/portal/api/v1/config/import', '"'.repeat(262_000), key, { headers });
  const both = [imported.then(note('import'))];
  // The first request may overtake the body; the second is sent once the first has been answered, the third likewise.
  for (let i = 0; i < 3; i += 1) await hub.call('GET', '/health').then(note('health'));
  await Promise.all(both);
  t.same(answered, ['health', 'health', 'health', 'import']);
  t.match(await imported, { status: 400, body: { error: { code: 'INVALID_REQUEST' } } });
});
