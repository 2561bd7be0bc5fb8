// The code of the worker that {@link runTask} starts: does one task at a time.
import { parentPort } from 'node:worker_threads';
import { type TaskName, tasks } from './tasks.js';

parentPort?.on('message', ({ name, input }: { readonly name: TaskName; readonly input: never }) => {
  try {
    parentPort?.postMessage({ value: tasks[name](input) });
  } catch (error) {
    parentPort?.postMessage({ problem: error instanceof Error ? error.message : String(error) });
  }
});
parentPort?.postMessage('ready');
