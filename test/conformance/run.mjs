// `npm run conformance`: the official MCP conformance suite against the fixtures, directly and through Roundhouse, in both eras. Ends with 1
// where anything passes directly and not through Roundhouse, or the suite's own fixture passes a check that ours does not.
// `npm run conformance -- 2025-11-25` runs one revision.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, Stop, say } from '../../deploy/local/prepare.mjs';
import { conformanceCommand } from './start.mjs';

/** @param {string[]} asked @param {(() => Promise<void>)[]} cleanup @param {AbortSignal} signal */
async function conformance(asked, cleanup, signal) {
  const { startWays } = await import('./ways.mjs');
  const { reference, revisions, runSuite } = await import('./suite.mjs');
  const { expected } = await import('./expected.mjs');
  const { losses, missed, table, unseen } = await import('./table.mjs');
  const wanted = asked.length > 0 ? asked : revisions;
  const unknown = wanted.find((revision) => !revisions.includes(revision));
  if (unknown) throw new Stop(`There is no revision ${unknown}, but ${revisions.join(' and ')}.`);
  const ways = await startWays(wanted, cleanup);
  const folder = join(root, 'test/conformance/results');
  mkdirSync(folder, { recursive: true });
  let faults = 0;
  for (const revision of wanted) {
    /** @type {Record<string, import('./suite.mjs').Run>} */
    const runs = {};
    for (const [way, url] of Object.entries(ways[revision] ?? {})) {
      say(`Running what ${revision} requires, ${way} …`);
      runs[way] = await runSuite(url, revision, signal);
    }
    const known = expected[revision] ?? { lost: [], unseen: [] };
    const lost = losses(runs);
    const missing = missed(runs.direct ?? {}, reference.passes[revision] ?? {});
    const fresh = lost.filter(({ what }) => !known.lost.includes(what));
    faults += fresh.length + missing.length;
    const notes = [
      ...missing.map((what) => `**The fixture lacks** ${what}`),
      ...fresh.map(({ what, message }) => `**Lost** by ${what}: ${message}`),
      ...lost.filter((loss) => !fresh.includes(loss)).map(({ what }) => `Known to be otherwise by ${what}`),
      ...unseen(runs).map((what) => `Not looked at by ${what}`),
    ];
    const text = [table(revision, runs), '', ...notes.map((note) => `- ${note}`)].join('\n');
    writeFileSync(join(folder, `${revision}.json`), `${JSON.stringify(runs, null, 1)}\n`);
    writeFileSync(join(folder, `${revision}.md`), `${text}\n`);
    process.stdout.write(`${text}\n\n`);
  }
  return faults === 0 ? 0 : 1;
}

await conformanceCommand((cleanup, signal) => conformance(process.argv.slice(2), cleanup, signal));
