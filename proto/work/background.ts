import type { Worker } from 'node:worker_threads';
import { startWorker } from './start-worker.js';
import type { TaskName, tasks } from './tasks.js';

/** A task that takes longer is ended, milliseconds. */
const limitMs = 5000;
/** When so many tasks wait, another one is refused. */
const mostWaiting = 32;
const mostHeapMb = 128;

type Input<Name extends TaskName> = Parameters<(typeof tasks)[Name]>[0];
type Output<Name extends TaskName> = ReturnType<(typeof tasks)[Name]>;
type Answer = 'ready' | { readonly value: unknown } | { readonly problem: string };

interface Task {
  readonly name: TaskName;
  readonly input: unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** A task that was refused or ended: the message says why. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
}

const waiting: Task[] = [];
let running: Task | undefined;
let worker: Worker | undefined;
let isReady = false;
let timer: NodeJS.Timeout | undefined;

/** Parses YAML without aliases outside the event loop. @throws TaskError */
export function parseYaml(text: string): Promise<unknown> {
  return runTask('yaml', text);
}

/** A unified diff of two texts, made outside the event loop; empty where they are the same. @throws TaskError */
export async function unifiedDiff(before: string, after: string): Promise<string> {
  return before === after ? '' : runTask('diff', { before, after });
}

/**
 * Does work whose time grows faster than its input in a worker thread, one task after another. So a hostile input holds up other tasks for
 * at most the time limit, and never the event loop.
 */
function runTask<Name extends TaskName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
  if (waiting.length >= mostWaiting)
    return Promise.reject(new TaskError('too many texts wait to be read: try again later'));
  return new Promise((resolve, reject) => {
    waiting.push({ name, input, resolve, reject });
    if (running === undefined) next();
  });
}

function next(): void {
  running = waiting.shift();
  if (running === undefined) {
    // An idle worker keeps no process alive.
    worker?.unref();
    return;
  }
  worker ??= started();
  worker.ref();
  if (isReady) send();
}

function send(): void {
  if (running === undefined) return;
  const { name, input } = running;
  timer = setTimeout(() => fail(`it takes longer than ${limitMs / 1000} s to read`), limitMs);
  worker?.postMessage({ name, input });
}

function started(): Worker {
  isReady = false;
  const made = startWorker('worker', { resourceLimits: { maxOldGenerationSizeMb: mostHeapMb } });
  made.on('message', (answer: Answer) => {
    if (made !== worker) return;
    if (answer === 'ready') {
      isReady = true;
      send();
    } else if ('problem' in answer) settle((task) => task.reject(new TaskError(answer.problem)));
    else settle((task) => task.resolve(answer.value as never));
  });
  made.on('error', (error: NodeJS.ErrnoException) => {
    if (made !== worker) return;
    fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it takes too much memory to read' : error.message);
  });
  return made;
}

/** Ends the worker with its task; the next task gets a new one. */
function fail(problem: string): void {
  const ended = worker;
  worker = undefined;
  void ended?.terminate();
  settle((task) => task.reject(new TaskError(problem)));
}

function settle(end: (task: Task) => void): void {
  clearTimeout(timer);
  const task = running;
  running = undefined;
  if (task !== undefined) end(task);
  next();
}
