// The code of the worker that {@link runTask} starts: does one task at a time.
import { parentPort } from 'node:worker_threads';
import { type TaskName, tasks } from './tasks.js';

parentPort?.on('message', ({ name, input }: { readonly name: TaskName; readonly input: never }) => {
  try {
    const value = tasks[name](input);
    // Handed over, not copied.
    const body = typeof value === 'object' && value !== null && 'body' in value ? value.body : undefined;
    parentPort?.postMessage({ value }, body instanceof Uint8Array ? [body.buffer as ArrayBuffer] : []);
  } catch (error) {
    parentPort?.postMessage({ problem: error instanceof Error ? error.message : String(error) });
  }
});
parentPort?.postMessage('ready');
