import type { Worker } from 'node:worker_threads';
import { jsonCost, mostReadValues } from '../text/json-cost.js';
import type { LargeMessage } from './large-message.js';
import type { CheckedSchema } from './schema-check.js';
import { startWorker } from './start-worker.js';
import type { TaskName, tasks } from './tasks.js';

const mostHeapMb = 128;
/** Enough for the deepest input (`depth.ts`): of a large schema Ajv makes a function with a frame of 200 KB, and calls it for each level of a value. */
const stackMb = 64;

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
  #ended = false;

  constructor(private readonly bounds: Bounds) {}

  /** Ends the worker. The tasks that wait, and later tasks, are refused. */
  end(): void {
    this.#ended = true;
    const left = [this.#running, ...this.#waiting.splice(0)];
    this.#running = undefined;
    clearTimeout(this.#timer);
    this.#endWorker();
    for (const task of left) task?.reject(new TaskError('it was not done in time'));
  }

  /** @throws TaskError */
  run<Name extends TaskName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
    if (this.#ended) return Promise.reject(new TaskError('it was not done in time'));
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
    try {
      this.#worker?.postMessage({ name, input });
    } catch {
      // Values that nest deeply cannot be copied.
      this.#settle((task) => task.reject(new TaskError('it is nested too deeply')));
    }
  }

  #started(): Worker {
    this.#isReady = false;
    const made = startWorker('worker', import.meta.url, {
      resourceLimits: { maxOldGenerationSizeMb: mostHeapMb, stackSizeMb: stackMb },
    });
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
    this.#endWorker();
    this.#settle((task) => task.reject(new TaskError(problem)));
  }

  #endWorker(): void {
    const ended = this.#worker;
    this.#worker = undefined;
    void ended?.terminate();
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

/** Longer texts are counted in the worker, characters: the event loop takes about a millisecond for so many. */
const longestHere = 256 * 1024;

/**
 * Says why foreign JSON must not be read in the event loop: it has more values than its reader may take, as `jsonCost` counts. `undefined`
 * if it may be read. Text that is too short for so many values is not looked at.
 * @throws TaskError
 */
export async function tooManyValues(text: string, most = mostReadValues): Promise<string | undefined> {
  if (text.length <= most / 2) return undefined;
  const cost = text.length > longestHere ? await messages.run('json', { text, most }) : jsonCost(text, most);
  // The place of a fault is the parser's to name, where that takes no long time.
  if (cost === undefined)
    return text.length > longestHere ? 'is no JSON, or nests deeper than 1,000 levels' : undefined;
  return cost > most ? `has more than ${most} values, and is not read` : undefined;
}

/** The cost of a large JSON text of an agent, counted outside the event loop; see `jsonLineCost`. @throws TaskError */
export function largeJsonLineCost(bytes: Uint8Array): Promise<number | undefined> {
  return messages.run('jsonLine', bytes);
}

/**
 * The work on the schemas and answers of one MCP server under test. Its cost is the server's choice, so a worker of its own does it. The
 * worker ends after a time limit, or if it takes too much memory.
 */
export class SchemaWork {
  readonly #background = new Background({ limitMs: 5000, mostWaiting: 256 });

  /** Checks a schema, and values by it. @throws TaskError for a schema that is too costly */
  check(schema: unknown, ...values: readonly unknown[]): Promise<CheckedSchema> {
    return this.#about(this.#background.run('schema', { schema, values }));
  }

  /** The value that a schema asks for at a tool's arguments; see `sampleArguments`. @throws TaskError for a schema that is too costly */
  sample(schema: unknown, { optional = false } = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#about(this.#background.run('sample', { schema, optional }));
  }

  /** Whether a text matches a pattern. @throws TaskError */
  matches(pattern: string, text: string): Promise<boolean> {
    return this.#background.run('pattern', { pattern, text });
  }

  /** Ends the worker. Work that is not done fails. */
  end(): void {
    this.#background.end();
  }

  #about<Value>(work: Promise<Value>): Promise<Value> {
    return work.catch((error: unknown) => {
      throw error instanceof TaskError ? new TaskError(`the schema is too costly: ${error.message}`) : error;
    });
  }
}
