import { rm } from 'node:fs/promises';
import type { OpeningContext } from './opening.js';
import { serverFolder } from './transports.js';

/** Deletes what a removed server leaves: its log, its folder, and which version its source was resolved to. What cannot be is logged. */
export async function forgetFiles(
  id: string,
  { logs, sources, dataDir, log }: Pick<OpeningContext, 'logs' | 'sources' | 'dataDir' | 'log'>,
): Promise<void> {
  try {
    await logs.delete(id);
    await sources.forget(id);
    await rm(serverFolder(dataDir, id), { recursive: true, force: true });
  } catch (error) {
    log.warn({ err: error, server: id }, 'files of a removed server could not be deleted');
  }
}
