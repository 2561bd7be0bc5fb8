import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { npmProgram } from '../../../agent/drivers/sources/npm/npm-install.js';
import { tempFolder } from '../../temp-folder.js';

t.test('a program that is named as a member of every object is a program that the package does not have', async (t) => {
  const folder = tempFolder(t);
  const home = join(folder, 'node_modules', 'pkg');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ bin: { pkg: 'main.js', other: 'other.js' } }));
  writeFileSync(join(home, 'main.js'), '#!/usr/bin/env node\n');
  const of = (program: string) => npmProgram(folder, { name: 'pkg', program, args: [] }, '1.0.0');
  for (const program of ['toString', '__proto__', 'constructor'])
    await t.rejects(of(program), { name: 'AgentFailure', kind: 'upstream', message: /has no program/ }, program);
  t.match(await of('pkg'), { args: [join(home, 'main.js')] });
});
