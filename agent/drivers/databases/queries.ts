import type { Worker } from 'node:worker_threads';
import { startWorker } from '@roundhouse/proto/start-worker';
import { onlyReads } from '@roundhouse/proto/statements';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import { type AddressPolicy, checkAddress } from './probes.js';
import type { Report } from './statement-worker.js';
import { type BoundValue, type DatabaseQuery, type Rows, type SiteQuery, unreadable } from './statements.js';

export type { DatabaseQuery, Rows };

/** The rights that a site gives its hub over databases. */
export interface QueryPolicy extends AddressPolicy {
  readonly readOnly: boolean;
}

/** The bounds of the workers. */
interface WorkerBounds {
  /** A worker whose event loop stands still for so long is ended, milliseconds. */
  readonly silentMs: number;
  /** A worker is ended if it takes so much longer than its statement may take, milliseconds: the sign-in and the end of the transaction come to that. */
  readonly graceMs: number;
  /** So many statements run at once; a further one is refused. */
  readonly most: number;
}

const workerBounds: WorkerBounds = { silentMs: 20_000, graceMs: 20_000, most: 32 };
/** A row has 16 MiB at most (`statements.ts`), which its text and its JSON need several times. */
const mostHeapMb = 128;

/**
 * Runs statements at databases, each over a separate connection. The libraries that read the answers trust the database: it can bring them into
 * an endless loop, or have them throw where nothing catches. So each statement has a worker thread of its own, which is ended with it.
 */
export class DatabaseQueries {
  readonly #policy: () => QueryPolicy;
  readonly #bounds: WorkerBounds;
  #running = 0;

  constructor(policy: () => QueryPolicy, bounds: Partial<WorkerBounds> = {}) {
    this.#policy = policy;
    this.#bounds = { ...workerBounds, ...bounds };
  }

  /**
   * @throws AgentFailure `upstream` (details.reason, details.sqlstate; details.outcome `unknown` if it is not known whether a change took effect),
   * `refused` by the site's policy, `invalid_argument`, `overloaded`, and the signal's reason.
   */
  async run(query: DatabaseQuery, signal: Cancellation): Promise<Rows> {
    const policy = this.#policy();
    checkAddress(query, policy);
    if (!query.readOnly && policy.readOnly)
      throw new AgentFailure('refused', 'this site is read-only: databases are not changed here');
    if (query.readOnly && !onlyReads(query.statement))
      throw new AgentFailure('invalid_argument', 'the statement does not only read', { field: 'statement' });
    // The library would replace an empty name by the name in the agent's environment.
    if (query.username === '') throw new AgentFailure('invalid_argument', 'the database has no user name');
    if (signal.aborted) throw signal.reason;
    if (this.#running >= this.#bounds.most) {
      const details = { retryAfterMs: 5000, outcome: 'not_run' };
      throw new AgentFailure('overloaded', `${this.#running} statements run at this agent`, details);
    }
    const worker = startWorker('statement-worker', import.meta.url, {
      resourceLimits: { maxOldGenerationSizeMb: mostHeapMb },
      // The libraries print what they find strange.
      stdout: true,
      stderr: true,
    });
    this.#running += 1;
    worker.once('exit', () => {
      this.#running -= 1;
    });
    try {
      return await answerOf(worker, siteQuery(query, policy), signal, this.#bounds);
    } finally {
      void worker.terminate();
    }
  }
}

/** The members of a query that the worker reads; a command has others, too. */
function siteQuery(query: DatabaseQuery, policy: QueryPolicy): SiteQuery {
  const { type, host, port, database, username, password, statement, values } = query;
  const { readOnly, maxRows, maxBytes, timeoutMs } = query;
  const signIn = { type, host, port, database, username, password };
  return { ...signIn, statement, values, readOnly, maxRows, maxBytes, timeoutMs, onlyReader: policy.readOnly };
}

/** The answer of a worker to one statement. */
function answerOf(worker: Worker, query: SiteQuery, signal: Cancellation, bounds: WorkerBounds): Promise<Rows> {
  return new Promise((resolve, reject) => {
    let begun = false;
    let failure = unreadable(query);
    const end = (settle: () => void) => {
      clearTimeout(late);
      clearTimeout(silent);
      signal.removeEventListener('abort', abort);
      settle();
    };
    const abort = () => end(() => reject(signal.reason));
    const stop = () => {
      failure = new AgentFailure('upstream', `${query.host}:${query.port} does not answer`, { reason: 'timeout' });
      void worker.terminate();
    };
    const late = setTimeout(stop, query.timeoutMs + bounds.graceMs);
    const silent = setTimeout(stop, bounds.silentMs);
    worker.on('message', (report: Report) => {
      silent.refresh();
      if (report === 'begun') begun = true;
      else if (report !== 'alive')
        end(() => {
          if ('rows' in report) resolve(report.rows);
          else reject(new AgentFailure(report.failure.kind, report.failure.message, report.failure.details));
        });
    });
    worker.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'ERR_WORKER_OUT_OF_MEMORY') return;
      const message = `${query.host}:${query.port} sends an answer that takes too much memory to read`;
      failure = new AgentFailure('upstream', message, { reason: 'closed' });
    });
    worker.on('messageerror', () => void worker.terminate());
    // All messages of the worker have come by now.
    worker.once('exit', () => {
      const { kind, message, details } = failure;
      const isUnknown = begun && !query.readOnly;
      end(() => reject(new AgentFailure(kind, message, { ...details, ...(isUnknown ? { outcome: 'unknown' } : {}) })));
    });
    signal.addEventListener('abort', abort);
    worker.postMessage(query);
  });
}

/** The values of a statement, as a command carries them. @throws AgentFailure `invalid_argument`. */
export function readValues(bytes: Uint8Array): readonly BoundValue[] {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    values = undefined;
  }
  const isBound = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value);
  if (Array.isArray(values) && values.every(isBound)) return values as BoundValue[];
  throw new AgentFailure('invalid_argument', 'the values are no list of texts, numbers, true, false and null', {
    field: 'values',
  });
}
