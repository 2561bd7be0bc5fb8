// How fast this machine is at the moment, for the few tests that measure time.
import { spawnSync } from 'node:child_process';
import { root } from '../deploy/local/prepare.mjs';

/** The best of three measurements, because other programs slow the machine. @param {() => Promise<number> | number} measure */
export async function best(measure) {
  return Math.min(await measure(), await measure(), await measure());
}

/** Milliseconds that Node takes here to load the TypeScript compiler, 10 MB in one file. On a quiet machine: less than half a second. */
export function compilerLoad() {
  return best(() => {
    const begun = performance.now();
    spawnSync(process.execPath, ['-e', "require('typescript')"], { cwd: root });
    return performance.now() - begun;
  });
}
