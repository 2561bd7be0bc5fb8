// `npm run conformance`: the official MCP conformance suite against the fixture, directly and through Roundhouse. Ends with 1 where anything
// passes directly and not through Roundhouse, or a required scenario does not pass directly. `npm run conformance -- 2025-11-25` runs one revision.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conformancePath, installParts, parts } from '../../deploy/local/parts.mjs';
import { build, checkNode, install, main, root, Stop, say } from '../../deploy/local/prepare.mjs';

/** What is run where nothing is asked for. */
const revisions = ['2025-11-25'];

/** @param {string[]} wanted @param {(() => Promise<void>)[]} cleanup @param {AbortSignal} signal */
async function conformance(wanted, cleanup, signal) {
  const { startWays } = await import('./ways.mjs');
  const { runSuite } = await import('./suite.mjs');
  const { losses, table } = await import('./table.mjs');
  const ways = await startWays(cleanup);
  const tables = [];
  const lost = [];
  for (const revision of wanted) {
    /** @type {Record<string, import('./suite.mjs').Run>} */
    const runs = {};
    for (const [way, url] of Object.entries(ways)) {
      say(`Running what ${revision} requires, ${way} …`);
      runs[way] = await runSuite(url, revision, signal);
    }
    tables.push(table(revision, runs));
    lost.push(...losses(runs));
    const folder = join(root, 'test/conformance/results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${revision}.json`), `${JSON.stringify(runs, null, 1)}\n`);
    writeFileSync(join(folder, `${revision}.md`), `${tables.at(-1)}\n`);
  }
  process.stdout.write(`${tables.join('\n\n')}\n`);
  for (const { scenario, check, way, message } of lost)
    process.stdout.write(`\nLost by ${way}: ${scenario}, ${check}: ${message}\n`);
  return lost.length === 0 ? 0 : 1;
}

await main(async () => {
  checkNode();
  await install();
  await installParts();
  if (!parts.conformance.present()) throw new Stop(`The suite is not there: ${conformancePath}`);
  await build();
  /** @type {(() => Promise<void>)[]} */
  const cleanup = [];
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(new Stop('Interrupted.')));
  const asked = process.argv.slice(2);
  try {
    return await conformance(asked.length > 0 ? asked : revisions, cleanup, stop.signal);
  } finally {
    for (const end of cleanup.reverse()) await end();
  }
});
