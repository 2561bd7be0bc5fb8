import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import pino from 'pino';
import t, { type Test } from 'tap';
import { PolicyFile } from '../../../agent/policy/policy-file.js';
import { tempFolder } from '../../temp-folder.js';

/** A log, and the way to wait for the next line at a level of error or above. */
function errors(): { log: pino.Logger; next: () => Promise<string> } {
  let told: (line: string) => void = () => {};
  const log = pino({ level: 'error' }, { write: (line: string) => told(line) });
  return {
    log,
    next: () =>
      new Promise((resolve) => {
        told = resolve;
      }),
  };
}

/** Keeps the test's process alive while a file is watched: the watch itself does not. */
function stayAwake(t: Test): void {
  const timer = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(timer));
}

for (const required of [false, true]) {
  t.test(`a policy whose file is deleted stays in force, and that is told (required: ${required})`, async (t) => {
    stayAwake(t);
    const path = join(tempFolder(t), 'policy.yaml');
    writeFileSync(path, 'read_only: true\n');
    const { log, next } = errors();
    const file = new PolicyFile(path, required, log);
    const unwatch = file.watch(() => t.fail('there is no new policy'));
    t.teardown(unwatch);
    const told = next();
    rmSync(path);
    t.match(await told, required ? /will not start without it/ : /after a restart everything is allowed/);
    t.equal(file.policy.readOnly, true);
    if (required) t.throws(() => new PolicyFile(path, required, log), { message: /policy\.yaml/ });
    else t.equal(new PolicyFile(path, required, log).policy.readOnly, false);
  });
}

t.test('a change before the watch began is seen, and no half-written file is', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  // The watch looks four times a second, and takes a text that two looks find alike.
  const look = (times: number) => mock.timers.tick(times * 250);
  const path = join(tempFolder(t), 'policy.yaml');
  writeFileSync(path, 'read_only: true\n');
  const file = new PolicyFile(path, true, errors().log);
  writeFileSync(path, 'read_only: false\n');
  const seen: boolean[] = [];
  t.teardown(file.watch(({ readOnly }) => void seen.push(readOnly)));
  look(2);
  t.same(seen, [false]);
  writeFileSync(path, '');
  look(1);
  writeFileSync(path, 'read_only: true\n');
  look(2);
  t.same(seen, [false, true]);
});
