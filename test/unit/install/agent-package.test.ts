import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { list } from 'tar';
import { packAgent } from '../../../hub/install/installer.js';
import { tempFolder } from '../../temp-folder.js';

/** The paths of the agent's own files in a compressed archive. */
async function pathsIn(bytes: Buffer): Promise<string[]> {
  const paths: string[] = [];
  const parser = list({ onReadEntry: ({ path }) => paths.push(path) });
  const ended = new Promise((resolve) => parser.on('end', resolve));
  parser.end(gunzipSync(bytes));
  await ended;
  return paths.filter((path) => path.startsWith('agent/')).sort();
}

t.test('the package of the agent has no code that was compiled for the machine of the hub', async (t) => {
  const agent = {
    'package.json': '{"dependencies":{}}',
    bin: { 'roundhouse-agent.mjs': '' },
    bundle: { 'agent.cjs': '', 'agent.cjs.v20.20.2.cache': 'x', cache: { 'v22.0.0-x64': { a1b2: 'x' } } },
    'agent.ts': '',
  };
  const first = await packAgent(tempFolder(t, agent), '1.0.0');
  const expected = ['agent/bin/roundhouse-agent.mjs', 'agent/bundle/agent.cjs', 'agent/package.json'];
  t.same(await pathsIn(first.bytes), expected);

  const again = tempFolder(t, { agent: { ...agent, bundle: { 'agent.cjs': '' } } });
  t.equal((await packAgent(join(again, 'agent'), '1.0.0')).file, first.file, 'the same files make the same package');
});
