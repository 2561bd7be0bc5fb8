import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Engine } from '../../../agent/drivers/docker/engine/engine.js';
import { Images } from '../../../agent/drivers/docker/engine/images.js';
import { parseReference } from '../../../agent/drivers/docker/reference.js';
import { never } from '../agent/harness.js';

t.test('the engine gets no image name whose registry is at a link-local or metadata address', async (t) => {
  const asked: string[] = [];
  // The path of a socket is short.
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const socket = join(folder, 'engine.sock');
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    request.resume().on('end', () => response.end('{"status":"Status: Image is up to date"}\n'));
  }).listen(socket);
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const images = new Images(new Engine(`unix://${socket}`));
  const pull = async (name: string) => {
    const reference = parseReference(name);
    if (!reference) throw new Error(`${name} is no image`);
    await images.pull(reference, { platform: undefined, note: () => {}, signal: never });
  };
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const name of ['169.254.169.254/latest/x:1.0.0', `169.254.169.254/x@${digest}`, '[::ffff:a9fe:a9fe]:80/z/z:1'])
    await t.rejects(pull(name), { name: 'AgentFailure', kind: 'upstream', message: /never dialled/ }, name);
  t.same(asked, []);
  for (const name of ['127.0.0.1:5000/team/server:1', 'registry.invalid/team/server:1', 'team/server:1'])
    await pull(name);
  t.equal(asked.length, 3, 'private registries, and names that only the engine knows, are left to the engine');
});
