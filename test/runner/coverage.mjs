// `npm run coverage`: what the tests run of hub and agent, in their own processes and in the programs that they start.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../deploy/local/prepare.mjs';

const folder = join(root, '.tap', 'coverage');

/** @returns {Record<string, string>} with these variables every Node program writes down what it ran; what was written before is deleted */
export function coverageEnvironment() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return { NODE_V8_COVERAGE: folder };
}

/** Prints a table of the sources of hub and agent; what no process loaded is not in it. */
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
