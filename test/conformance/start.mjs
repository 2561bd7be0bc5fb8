// The steps of the conformance commands before and after their runs.
import { installParts } from '../../deploy/local/install-parts.mjs';
import { conformancePath, parts } from '../../deploy/local/parts.mjs';
import { build, checkNode, install, main, Stop } from '../../deploy/local/prepare.mjs';
import { compileSources } from '../runner/compile.mjs';

/**
 * Installs and builds missing parts, runs, and ends everything that was started.
 * @param {(cleanup: (() => Promise<void>)[], signal: AbortSignal) => Promise<number>} run gives the exit code
 */
export function conformanceCommand(run) {
  return main(async () => {
    checkNode();
    await install();
    await installParts();
    if (!parts.conformance.present()) throw new Stop(`The suite is not there: ${conformancePath}`);
    await Promise.all([build(), compileSources()]);
    /** @type {(() => Promise<void>)[]} */
    const cleanup = [];
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(new Stop('Interrupted.')));
    try {
      return await run(cleanup, stop.signal);
    } finally {
      for (const end of cleanup.reverse()) await end();
    }
  });
}
