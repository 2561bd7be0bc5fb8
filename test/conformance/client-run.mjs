// `npm run conformance:client`: the official suite's scenarios for clients, with the agent as the client, in both eras; the table goes to
// test/conformance/results/client.md. Ends with 1 where any comes out otherwise than expected.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from '../../deploy/local/prepare.mjs';
import { conformanceCommand } from './start.mjs';

/** @param {(() => Promise<void>)[]} cleanup @param {AbortSignal} signal */
async function conformance(cleanup, signal) {
  const { startProduct } = await import('../bench/product.mjs');
  const { runClientSuite } = await import('./client-suite.mjs');
  const { clientRevisions, clientTable, surprises } = await import('./client-table.mjs');
  const hub = await startProduct(cleanup);
  /** @type {Record<string, import('./client-suite.mjs').ClientRun>} */
  const runs = {};
  for (const revision of clientRevisions) {
    say(`Running what ${revision} requires of clients …`);
    runs[revision] = await runClientSuite(hub, revision, { signal });
  }
  const folder = join(root, 'test/conformance/results');
  mkdirSync(folder, { recursive: true });
  const text = clientTable(runs);
  writeFileSync(join(folder, 'client.md'), `${text}\n`);
  const told = Object.entries(runs).flatMap(([revision, run]) => surprises(run).map((line) => `${revision}: ${line}`));
  process.stdout.write(`${[text, '', ...told].join('\n')}\n`);
  return told.length === 0 ? 0 : 1;
}

await conformanceCommand(conformance);
