import { jobRecords } from '../jobs/record.js';
import { collection, remove, type Store } from '../store.js';
import type { SuiteResult } from './types.js';

/** The results of one server's tests in one run. They stay when the server is deleted, and go with the run. */
export interface ServerResult {
  /** Made of the ids of the run and the server. */
  readonly id: string;
  readonly jobId: string;
  readonly serverId: string;
  /** As it was then. */
  readonly serverName: string;
  readonly result: SuiteResult;
}

export const serverResults = collection<ServerResult>('test_results', 'result of tests', {
  job: { of: ({ jobId, serverName }) => [jobId, serverName] },
});

export function resultId(jobId: string, serverId: string): string {
  return `${jobId}.${serverId}`;
}

/** The results of a run, by the servers' names. */
export function resultsOf(store: Pick<Store, 'list'>, jobId: string): ServerResult[] {
  return [...store.list(serverResults, { index: 'job', equals: [jobId] })];
}

/** Removes the results of runs that are removed. */
export function followRuns(store: Store): void {
  store.subscribe(({ writes }) => {
    const gone = writes.filter(({ collection, value }) => collection === jobRecords.name && value === undefined);
    const results = gone.flatMap(({ id }) => resultsOf(store, id));
    if (results.length > 0) store.record({ writes: results.map(({ id }) => remove(serverResults, id)) });
  });
}
