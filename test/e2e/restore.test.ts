import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { restoreStore } from '../../hub/store/copies/restore.js';
import { runAgent, startAgent } from '../kit/agent.js';
import { ADMIN_KEY, startHub } from '../kit/hub.js';
import { tempFolder } from '../temp-folder.js';

t.test('a hub that is restored from a backup with its keys is the same hub for its agents', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, 'berlin');
  const response = await fetch(`${hub.url}/api/backups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: '{"withSealingKey":true}',
  });
  const folder = tempFolder(t);
  const from = join(folder, 'backup');
  await writeFile(from, Buffer.from(await response.arrayBuffer()));
  await agent.stop();
  await hub.stop();

  const data = join(folder, 'data');
  await restoreStore({ from, dir: data });
  const restored = await startHub(t, { data });
  runAgent(t, ['--hub', restored.agentAddress, '--data', agent.data]);
  const connected = await restored.logged(({ body }) => body === 'agent connected');
  t.match(connected, { agent: agent.id, site: 'berlin' });
});
