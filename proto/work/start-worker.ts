import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker.
 * @param beside the URL of the caller's file (`import.meta.url`): the worker's compiled code lies next to it, or next to the bundle that the file is part of
 */
export function startWorker(name: string, beside: string, options: WorkerOptions): Worker {
  const extension = extname(fileURLToPath(beside));
  return new Worker(new URL(`./${name}${extension}`, beside), {
    ...options,
    // Not the arguments of this process: a worker must not get its loader or inspector. Only a source needs the loader.
    ...(extension === '.ts' ? {} : { execArgv: [] }),
  });
}
