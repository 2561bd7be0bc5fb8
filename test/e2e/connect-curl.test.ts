import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { part } from '../parts.js';
import { filesystem, startAgent, startHub } from '../roundhouse.js';
import { connectDocument, documented, sameShape } from '../shape.js';
import { tempFolder } from '../temp-folder.js';

/** The commands of the document's cURL section, by their comments. */
function commands(): Readonly<Record<string, string>> {
  const parts = connectDocument.curl.text.split(/^# (.+)\n/m).slice(1);
  return Object.fromEntries(parts.flatMap((name, i) => (i % 2 === 0 ? [[name, parts[i + 1] ?? '']] : [])));
}

t.test('the document’s cURL examples run as printed, host, key and file apart', async (t) => {
  if (!part(t, 'curl')) return;
  const folder = tempFolder(t, { hub: {}, files: {} });
  const path = join(folder, 'files', 'file.txt');
  writeFileSync(path, 'File contents here...');
  const hub = await startHub(t, { data: join(folder, 'hub') });
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [filesystem, join(folder, 'files')] };
  const metadata = { category: 'storage', tags: ['files'], version: '1.0.0' };
  const serverId = await hub.connectServer({ name: 'filesystem-server', transport, metadata });
  const key = await hub.key('user', { tier: 'free' });

  /** Runs a command by the shell that its reader would paste it into. */
  const run = async (command = '') => {
    const own = command
      .replaceAll('https://your-deployment.railway.app', hub.url)
      .replaceAll('your-api-key', key)
      .replaceAll('/home/user/file.txt', path);
    const { stdout } = await promisify(execFile)('sh', ['-c', own]);
    return JSON.parse(stdout);
  };
  const printed = commands();
  t.same(Object.keys(printed), ['List servers', 'Invoke a tool']);

  const servers = await run(printed['List servers']);
  sameShape(t, servers, documented('GET /api/servers'));
  t.match(servers.data, [{ id: serverId, name: 'filesystem-server', status: 'connected' }]);

  const invoked = await run(printed['Invoke a tool']);
  sameShape(t, invoked, documented('POST /api/tools/{name}/invoke'));
  t.match(invoked, {
    success: true,
    data: { content: [{ type: 'text', text: 'File contents here...' }], isError: false },
    metadata: { serverId, serverName: 'filesystem-server', cached: false },
  });
});
