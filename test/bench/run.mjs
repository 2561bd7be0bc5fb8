// `npm run bench`: the cost of Roundhouse compared with the least that the same work can cost on this machine, in one run.
// `npm run bench -- list command tool` runs some of the scenarios; `-- --short` takes one round of each, in seconds instead of minutes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installParts } from '../../deploy/local/install-parts.mjs';
import { build, checkNode, install, main, root, Stop, say } from '../../deploy/local/prepare.mjs';

const short = process.argv.includes('--short');
const method = { rounds: short ? 1 : 5, connections: 64, seconds: { throughput: 3, latency: 1, warmUp: 2 } };
/** The whole run ends by then, milliseconds. */
const limit = 900_000;

/**
 * One side in one round.
 * @param {import('./scenarios.mjs').Side} side
 */
async function measure({ processes, run }) {
  const { measureCpu } = await import('./cpu.mjs');
  const { result, cpu } = await measureCpu(processes, () => run(method.connections, method.seconds.throughput));
  const latency = await run(1, method.seconds.latency);
  const perThousand = Object.entries(cpu).map(([name, seconds]) => [name, (seconds / result.requests) * 1000]);
  const { p50, p99 } = latency;
  return { perSecond: result.requests / result.seconds, p50, p99, cpu: Object.fromEntries(perThousand) };
}

/** @param {import('./scenarios.mjs').Scenario} scenario @returns {Promise<import('./report.mjs').ScenarioResult>} */
async function compare({ title, product, floor }) {
  const { median } = await import('./load.mjs');
  const sides = [product, floor].map((side) => ({
    side,
    rounds: /** @type {Awaited<ReturnType<typeof measure>>[]} */ ([]),
  }));
  for (const { side } of sides) await side.run(method.connections, method.seconds.warmUp);
  for (let round = 0; round < method.rounds; round += 1) {
    for (const { side, rounds } of sides) rounds.push(await measure(side));
  }
  const [ours, theirs] = sides.map(({ side, rounds }) => ({
    name: side.name,
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
    cpu: Object.fromEntries(
      Object.keys(side.processes).map((name) => [name, median(rounds.map(({ cpu }) => cpu[name]))]),
    ),
  }));
  if (!ours || !theirs) throw new Error('a scenario has two sides');
  return { title, product: ours, floor: theirs };
}

/** @param {(() => Promise<void>)[]} cleanup @param {string[]} wanted */
async function bench(cleanup, wanted) {
  const { scenarios } = await import('./scenarios.mjs');
  const { startProduct } = await import('./product.mjs');
  const { circumstances, markdown } = await import('./report.mjs');
  const { measurements, table } = await import('./measurements.mjs');
  const all = { ...scenarios, ...measurements };
  const unknown = wanted.filter((name) => !(name in all));
  if (unknown.length > 0) throw new Stop(`No such scenario: ${unknown}. There are ${Object.keys(all)}.`);

  const product = await startProduct(cleanup);
  const results = [];
  const measured = [];
  for (const [name, prepare] of Object.entries(scenarios)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    say(`Measuring ${name} …`);
    const ended = cleanup.length;
    results.push(await compare(await prepare(product, cleanup)));
    for (const end of cleanup.splice(ended).reverse()) await end();
  }
  for (const [name, measure] of Object.entries(measurements)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    say(`Measuring ${name} …`);
    const ended = cleanup.length;
    measured.push(await measure(cleanup));
    for (const end of cleanup.splice(ended).reverse()) await end();
  }
  const facts = circumstances(method);
  const folder = join(root, 'test/bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${facts.date.replaceAll(':', '')}.json`),
    `${JSON.stringify({ ...facts, results, measured }, null, 2)}\n`,
  );
  process.stdout.write(`${[markdown(facts, results), ...measured.map(table)].join('\n\n')}\n`);
}

await main(async () => {
  checkNode();
  await install();
  await installParts();
  await build();
  /** @type {(() => Promise<void>)[]} */
  const cleanup = [];
  const stop = new AbortController();
  const stopped = new Promise((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(new Stop(String(stop.signal.reason))), { once: true });
  });
  const timer = setTimeout(() => stop.abort(`The bench took longer than ${limit / 1000} s.`), limit);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort('Interrupted.'));
  try {
    await Promise.race([
      bench(
        cleanup,
        process.argv.slice(2).filter((word) => word !== '--short'),
      ),
      stopped,
    ]);
  } finally {
    clearTimeout(timer);
    for (const end of cleanup.reverse()) await end();
  }
  return 0;
});
