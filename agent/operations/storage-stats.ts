import type { Storage } from '../drivers/storage/storage.js';
import type { Operation } from './operation.js';

/** Measures the agent's own folders, and the file system they are on. */
export function storageStats(storage: Storage): Operation<'storageStats'> {
  return {
    name: 'storageStats',
    async run() {
      return { case: 'json', value: Buffer.from(JSON.stringify(await storage.stats())) };
    },
  };
}
