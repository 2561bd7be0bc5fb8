import { rm } from 'node:fs/promises';
import type { OpeningContext } from '../connection/opening.js';
import { serverFolder } from '../spec.js';

/** Deletes the log, the folder, the tokens and the resolved version of a removed server. Failures are logged. */
export async function forgetFiles(
  id: string,
  {
    logs,
    sources,
    authorizations,
    dataDir,
    log,
  }: Pick<OpeningContext, 'logs' | 'sources' | 'authorizations' | 'dataDir' | 'log'>,
): Promise<void> {
  try {
    await logs.delete(id);
    await sources.forget(id);
    await authorizations.forget(id);
    await rm(serverFolder(dataDir, id), { recursive: true, force: true });
  } catch (error) {
    log.warn({ err: error, server: id }, 'files of a removed server could not be deleted');
  }
}
