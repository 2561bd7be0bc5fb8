import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a worker whose compiled code lies next to this file, or next to the bundle that this file is part of. */
export function startWorker(name: string, options: WorkerOptions): Worker {
  return new Worker(new URL(`./${name}${extname(fileURLToPath(import.meta.url))}`, import.meta.url), {
    ...options,
    // Not the arguments of this process: a worker must not get its loader or inspector.
    execArgv: [],
  });
}
