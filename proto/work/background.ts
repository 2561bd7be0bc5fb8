import type { Worker } from 'node:worker_threads';
import type { LargeMessage } from './large-message.js';
import type { CheckedSchema } from './schema-check.js';
import { startWorker } from './start-worker.js';
import type { TaskName, tasks } from './tasks.js';

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

interface Bounds {
  /** A task that takes longer is ended, milliseconds. */
  readonly limitMs: number;
  /** When so many tasks wait, another one is refused. */
  readonly mostWaiting: number;
}

export type { LargeMessage };

/** A task that was refused or ended: the message says why. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
}

/**
 * Does work in a worker thread, one task after another. So a hostile input holds up other tasks for at most the time limit, and never the event
 * loop.
 */
class Background {
  readonly #waiting: Task[] = [];
  #running: Task | undefined;
  #worker: Worker | undefined;
  #isReady = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly bounds: Bounds) {}

  /** @throws TaskError */
  run<Name extends TaskName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
    if (this.#waiting.length >= this.bounds.mostWaiting)
      return Promise.reject(new TaskError('too many texts wait to be read: try again later'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, input, resolve, reject });
      if (this.#running === undefined) this.#next();
    });
  }

  #next(): void {
    this.#running = this.#waiting.shift();
    if (this.#running === undefined) {
      // An idle worker keeps no process alive.
      this.#worker?.unref();
      return;
    }
    this.#worker ??= this.#started();
    this.#worker.ref();
    if (this.#isReady) this.#send();
  }

  #send(): void {
    if (this.#running === undefined) return;
    const { name, input } = this.#running;
    const { limitMs } = this.bounds;
    this.#timer = setTimeout(() => this.#fail(`it takes longer than ${limitMs / 1000} s to read`), limitMs);
    this.#worker?.postMessage({ name, input });
  }

  #started(): Worker {
    this.#isReady = false;
    const made = startWorker('worker', { resourceLimits: { maxOldGenerationSizeMb: mostHeapMb } });
    made.on('message', (answer: Answer) => {
      if (made !== this.#worker) return;
      if (answer === 'ready') {
        this.#isReady = true;
        this.#send();
      } else if ('problem' in answer) this.#settle((task) => task.reject(new TaskError(answer.problem)));
      else this.#settle((task) => task.resolve(answer.value as never));
    });
    made.on('error', (error: NodeJS.ErrnoException) => {
      if (made !== this.#worker) return;
      this.#fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it takes too much memory to read' : error.message);
    });
    return made;
  }

  /** Ends the worker with its task; the next task gets a new one. */
  #fail(problem: string): void {
    const ended = this.#worker;
    this.#worker = undefined;
    void ended?.terminate();
    this.#settle((task) => task.reject(new TaskError(problem)));
  }

  #settle(end: (task: Task) => void): void {
    clearTimeout(this.#timer);
    const task = this.#running;
    this.#running = undefined;
    if (task !== undefined) end(task);
    this.#next();
  }
}

/** The time of this work grows faster than its input. */
const texts = new Background({ limitMs: 5000, mostWaiting: 32 });
/** The time of this work grows in proportion to its input. An agent has one input of each connection to a server, a hub few of each agent. */
const messages = new Background({ limitMs: 30_000, mostWaiting: Number.POSITIVE_INFINITY });

/** The schemas, patterns and answers of MCP servers under test: their cost is the server's choice. */
const checks = new Background({ limitMs: 5000, mostWaiting: 256 });

/** Parses YAML without aliases outside the event loop. @throws TaskError */
export function parseYaml(text: string): Promise<unknown> {
  return texts.run('yaml', text);
}

/** A unified diff of two texts, made outside the event loop; empty where they are the same. @throws TaskError */
export async function unifiedDiff(before: string, after: string): Promise<string> {
  return before === after ? '' : texts.run('diff', { before, after });
}

/** Reads a large message of an MCP server outside the event loop. @throws TaskError */
export function readLargeMessage(text: string): Promise<LargeMessage> {
  return messages.run('message', text);
}

/** The cost of a large JSON text of an agent, counted outside the event loop; see `jsonLineCost`. @throws TaskError */
export function largeJsonLineCost(bytes: Uint8Array): Promise<number | undefined> {
  return messages.run('jsonLine', bytes);
}

/** Checks a schema of an MCP server, and values by it, outside the event loop. A schema that takes too long is not checked. */
export async function checkSchema(schema: unknown, ...values: readonly unknown[]): Promise<CheckedSchema> {
  try {
    return await checks.run('schema', { schema, values });
  } catch (error) {
    if (error instanceof TaskError) return { unchecked: error.message };
    throw error;
  }
}

/** Whether a text of an MCP server matches a pattern, told outside the event loop. @throws TaskError */
export function matchesPattern(pattern: string, text: string): Promise<boolean> {
  return checks.run('pattern', { pattern, text });
}
