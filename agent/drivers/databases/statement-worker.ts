// The code of the worker that `DatabaseQueries` starts: runs one statement, and ends with it.
import { parentPort } from 'node:worker_threads';
import { AgentFailure, type FailureKind } from '../../failure.js';
import { type Rows, runStatement, type SiteQuery, unreadable } from './statements.js';

/** How often the worker reports that its event loop runs, milliseconds. */
const ALIVE_MS = 1000;

/** A message of the worker. It sends `begun` before the statement. */
export type Report = 'alive' | 'begun' | { readonly rows: Rows } | { readonly failure: Failure };

interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly details: AgentFailure['details'];
}

function report(message: Report): void {
  parentPort?.postMessage(message);
}

async function answer(query: SiteQuery): Promise<void> {
  try {
    report({ rows: await runStatement(query, () => report('begun')) });
  } catch (error) {
    // Rows that nest deeply cannot be copied.
    const { kind, message, details } = error instanceof AgentFailure ? error : unreadable(query);
    report({ failure: { kind, message, details } });
  }
}

setInterval(() => report('alive'), ALIVE_MS).unref();
parentPort?.once('message', (query: SiteQuery) => answer(query));
