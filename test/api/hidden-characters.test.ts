import t from 'tap';
import { startHub } from '../roundhouse.js';

t.test('no API accepts a name with hidden characters', async (t) => {
  const hub = await startHub(t);
  const name = 'safe\u202egnp';
  const transport = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
  for (const [path, body] of [
    ['/connect/api/servers', { name, transport, site: 'local' }],
    ['/connect/api/keys', { name, role: 'viewer', tier: 'free' }],
    ['/connect/api/groups', { name }],
    ['/backend/api/v1/api-keys', { name }],
  ] as const) {
    const { status, body: answer } = await hub.call('POST', path, body);
    t.equal(status, 400, `${path}: ${JSON.stringify(answer)}`);
    t.match(JSON.stringify(answer), /invisible characters/, path);
  }
});
