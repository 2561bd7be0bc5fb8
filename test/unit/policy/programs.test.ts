import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { npmProgram } from '../../../agent/drivers/sources/npm/npm-install.js';
import { pypiProgram } from '../../../agent/drivers/sources/pypi/pypi-program.js';
import { tempFolder } from '../../temp-folder.js';

const outside = { name: 'AgentFailure', kind: 'refused', message: /outside of the installation/ };

function program(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

/** An installation of npm with the package `sample`, and a program outside of it. */
function npmInstallation(t: Test, bin: object) {
  const folder = tempFolder(t);
  const modules = join(folder, 'installed', 'node_modules');
  program(join(folder, 'other.js'), '#!/usr/bin/env node\n');
  program(join(modules, 'sample', 'cli.js'), '#!/usr/bin/env node\n');
  writeFileSync(join(modules, 'sample', 'package.json'), JSON.stringify({ bin }));
  mkdirSync(join(modules, '.bin'));
  symlinkSync('../sample/cli.js', join(modules, '.bin', 'helper'));
  symlinkSync('../../../other.js', join(modules, '.bin', 'out'));
  return (name: string) =>
    npmProgram(join(folder, 'installed'), { name: 'sample', program: name, args: [] }, '1.0.0').then(
      ({ args }) => args,
    );
}

t.test('npm: a program is a file of the installation, wherever a name or link leads', async (t) => {
  const run = npmInstallation(t, { sample: 'cli.js', far: '../../../other.js' });
  t.match(await run('sample'), [/cli\.js$/]);
  t.match(await run('helper'), [/helper$/], 'a program of another package');
  for (const name of ['out', 'far', '../../../other.js']) await t.rejects(run(name), outside, name);
  await t.rejects(run('missing'), { name: 'AgentFailure', message: /has no program 'missing'/ });
});

t.test('PyPI: a program is a file of the environment', async (t) => {
  const folder = tempFolder(t);
  const home = join(folder, 'installed');
  program(join(folder, 'other'), '#!/bin/sh\n');
  program(join(home, 'bin', 'sample'), '#!/usr/bin/env python3\n');
  symlinkSync('../../other', join(home, 'bin', 'python'));
  const run = (name: string) => pypiProgram(home, { name: 'sample', program: name, args: [] }, '1.0.0');
  t.match((await run('sample')).args, [/sample$/]);
  for (const name of ['python', '../../other']) await t.rejects(run(name), outside, name);
});
