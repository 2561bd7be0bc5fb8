import type { TestType } from '@roundhouse/proto/suite-result';
import type { Test } from 'tap';
import { faulty, nodeServer, suite } from './bench.js';

/** One row of `test/fixtures/faulty-servers/README.md`: file with arguments, safe tools, environment. */
export type Planted = readonly [server: string, safeTools: readonly string[], env?: Readonly<Record<string, string>>];

/** Tests that each server's defect is found by tests of a type, and that no result shows a blanked value. */
export function findsPlanted(t: Test, type: TestType, planted: readonly Planted[]): void {
  for (const [server, safeTools, env = {}] of planted) {
    t.test(`${type} tests find the defect of ${server}`, async (t) => {
      const [name = '', ...args] = server.split(' ');
      const { failures } = await suite(t, nodeServer([faulty(name), ...args], env), { safeTools, types: [type] });
      t.not(failures.length, 0, 'it is found');
      const told = failures.map((failure) => `${failure.test}: ${failure.error}`).join('\n');
      t.comment(told);
      const shown = JSON.stringify(failures);
      t.notOk(Object.values(env).some((secret) => shown.includes(secret)));
    });
  }
}
