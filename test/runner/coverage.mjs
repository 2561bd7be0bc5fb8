// `npm run coverage`: the lines of hub and agent that the tests run, in their own processes and in the programs that they start.
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run, toolPath } from '../../deploy/local/prepare.mjs';

const folder = join(root, '.tap', 'coverage');
const unbundled = join(dirname(fileURLToPath(import.meta.url)), 'unbundled.mjs');

/**
 * Compiles hub and agent without bundling, and deletes earlier measurements.
 * @returns {Promise<Record<string, string>>} with these variables every Node program writes down which lines it ran
 */
export async function prepareCoverage() {
  await run(process.execPath, ['node_modules/typescript-native/bin/tsc', '-b', 'hub', 'agent'], toolPath());
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return { NODE_V8_COVERAGE: folder, NODE_OPTIONS: `--import=${unbundled}` };
}

/** Prints a table of the sources of hub and agent, without the sources that no process loaded. */
export async function showCoverage() {
  const { Report } = await import('c8');
  const report = new Report({
    tempDirectory: folder,
    reportsDirectory: join(root, '.tap', 'report'),
    reporter: ['text'],
    include: ['agent/**/*.ts', 'hub/**/*.ts'],
    excludeAfterRemap: true,
    excludeNodeModules: true,
    skipFull: true,
  });
  await report.run();
}
