// Real parts that are started once for all test files of a run: a few Docker Engines and one Kubernetes cluster. The first test that needs one
// starts the lender (lender.ts), which starts the part. A part ends once no file is left that borrows it: an idle cluster costs a sixth of a core.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets the tests of a run share parts, if they get the variables of `env`. Without them each test starts its own.
 * @returns {Promise<{ env: Record<string, string>, endIdle: (pool: string) => void, stop: () => Promise<void> }>} `endIdle` ends the parts of a
 *   pool as soon as no test has them; `stop` resolves once all shared parts are gone
 */
export async function shareParts() {
  const folder = mkdtempSync(join(tmpdir(), 'rh-shared-'));
  /** @type {Set<import('node:net').Socket>} */
  const lenders = new Set();
  // The lender holds a connection. It sees its end also if this process is killed.
  const server = createServer((lender) => {
    lenders.add(lender);
    lender.on('error', () => {}).on('close', () => lenders.delete(lender));
    lender.resume();
  });
  server.listen(join(folder, 'run.sock'));
  await once(server, 'listening');
  return {
    env: { ROUNDHOUSE_TEST_SHARED: folder },
    endIdle(pool) {
      for (const lender of lenders) lender.write(`${pool}\n`);
    },
    async stop() {
      await Promise.all(
        [...lenders].map((lender) => {
          lender.end();
          return once(lender, 'close');
        }),
      );
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
