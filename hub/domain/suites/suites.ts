import { type Counts, type TestType, testTypes } from '@roundhouse/proto/suite-result';
import { authorize, isAllowed } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { agentReturned, ask } from '../agents/answer.js';
import type { Fleet, SuiteOperation } from '../agents/fleet.js';
import { type Redactor, redactorOf } from '../audit/redactor.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, type ErrorCode, invalid, notFound } from '../errors.js';
import { newEvent } from '../events/types.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobKind, JobRun, NewJob } from '../jobs/kind.js';
import type { JobRecord, JobStatus } from '../jobs/record.js';
import { isoNow } from '../moments.js';
import type { ServerRecord } from '../servers/record.js';
import { ownerOfWork, type Servers, sharedServers } from '../servers/servers.js';
import { type NewEvent, put, type Store } from '../store.js';
import {
  type AskedType,
  askedTypes,
  type Declaration,
  followRuns,
  resultId,
  resultsOf,
  type ServerResult,
  type SuiteResult,
  serverResults,
  suiteResult,
  totalOf,
} from './declaration.js';
import type { Declarations } from './declarations.js';

const TEST = 'test';

/** The input of a run of tests. */
export interface TestInput {
  readonly testType: AskedType;
  /** Names or ids, or `all`. */
  readonly servers: readonly string[];
  readonly verbose: boolean;
  /** Several servers at once. */
  readonly parallel: boolean;
  /** For each server, seconds. */
  readonly timeoutSeconds: number;
}

/** A run with its results so far. */
export interface TestRun {
  readonly job: JobRecord;
  readonly params: TestParams;
  readonly summary: Counts;
  readonly results: readonly ServerResult[];
}

/** The parameters of a run: a later change of the servers' names does not affect it. */
export interface TestParams extends TestInput {
  readonly targets: readonly { readonly id: string; readonly name: string }[];
}

export interface TestFilter {
  /** Name or id. */
  readonly server?: string;
  readonly testType?: AskedType;
  readonly status?: JobStatus;
}

/** Servers that are tested at once. */
const AT_ONCE = 4;
/** The most servers and failures that an event names. */
const TOLD = { servers: 100, failures: 20 } as const;

export interface SuiteParts {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly servers: Servers;
  readonly declarations: Declarations;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
}

/** The error of a failed test, for callers who may not run tests. */
const WITHHELD = 'only callers with the permission test.run read the error';

/** Runs of tests, as jobs with a step for each server. A run that has begun ends `completed`, whatever its tests found. */
export class Suites {
  readonly #parts: SuiteParts;

  constructor(parts: SuiteParts) {
    this.#parts = parts;
    parts.jobs.define(this.#kind());
    followRuns(parts.store);
  }

  /** @throws DomainError `invalid_input` (unknown server), `unavailable`. */
  async start(origin: RequestOrigin, input: TestInput): Promise<JobRecord> {
    return this.#parts.jobs.submit(origin, this.newRun(origin, input));
  }

  /** A run as a job. The servers that `all` stands for are chosen now. @throws DomainError `invalid_input`. */
  newRun(origin: RequestOrigin, input: TestInput): NewJob {
    authorize(origin.caller, 'test.run');
    const targets = this.#targets(origin, input.servers);
    const params: TestParams = { ...input, servers: [...input.servers], targets };
    // Servers of several owners may have one name.
    const ids = targets.map(({ id }) => id);
    const belonging = ownerOfWork(origin, this.#parts.servers, ids);
    return { kind: TEST, params: { ...params }, steps: targets.map(({ name }) => name), ...belonging };
  }

  /**
   * A run. A failure quotes the server's answers and errors only for callers who may run tests.
   * @throws DomainError `not_found`.
   */
  get(origin: RequestOrigin, id: string): TestRun {
    const job = this.#parts.jobs.get(origin, id, 'test');
    if (job.kind !== TEST) throw notFound('test', id);
    const run = this.#runOf(job);
    if (isAllowed(origin.caller, 'test.run')) return run;
    const results = run.results.map((one) => {
      const failures = one.result.failures.map((failure) => ({ ...failure, error: WITHHELD, trace: '' }));
      return { ...one, result: { ...one.result, failures } };
    });
    return { ...run, results };
  }

  /** Newest first. */
  async history(
    origin: RequestOrigin,
    filter: TestFilter,
    limit: number,
    offset: number,
  ): Promise<{ runs: TestRun[]; total: number }> {
    const { server, testType, status } = filter;
    const all = await this.#parts.jobs.newest(
      origin,
      { kind: TEST, ...(status ? { status } : {}) },
      Number.POSITIVE_INFINITY,
    );
    const wanted = server?.toLowerCase();
    const found = all.filter((job) => {
      const { targets, testType: type } = paramsOf(job);
      if (testType !== undefined && type !== testType) return false;
      return wanted === undefined || targets.some(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
    });
    return { runs: found.slice(offset, offset + limit).map((job) => this.#runOf(job)), total: found.length };
  }

  #runOf(job: JobRecord): TestRun {
    const results = resultsOf(this.#parts.store, job.id);
    return { job, params: paramsOf(job), summary: totalOf(results.map(({ result }) => result.tests)), results };
  }

  #targets(origin: RequestOrigin, names: readonly string[]): TestParams['targets'] {
    const { servers } = this.#parts;
    const chosen = names.flatMap((name, at) => {
      if (name === 'all') return sharedServers(servers, origin).filter(({ enabled }) => enabled);
      const found = this.#serverOf(origin, name);
      if (!found) throw invalid(`servers.${at}`, `there is no server '${name.slice(0, 64)}'`);
      return [found];
    });
    return [...new Map(chosen.map(({ id, name }) => [id, { id, name }])).values()];
  }

  #kind(): JobKind {
    return {
      name: TEST,
      permission: 'test.run',
      // Tests do no harm: if the hub stopped during a server's tests, they run again.
      afterRestart: 'continue',
      timeoutMs: (record) => {
        const { targets, parallel, timeoutSeconds } = paramsOf(record);
        const rounds = Math.max(1, Math.ceil(targets.length / (parallel ? AT_ONCE : 1)));
        return rounds * (timeoutSeconds * 1000 + 2 * SLACK_MS);
      },
      // Two runs at once would distort each other's measurements.
      lane: () => TEST,
      run: (run) => this.#run(run),
      ended: (record) => [this.#completeEvent(record)],
    };
  }

  async #run(run: JobRun): Promise<Counts> {
    const { targets, parallel } = paramsOf(run.record);
    const left = [...targets];
    const worker = async () => {
      for (let target = left.shift(); target && !run.signal.aborted; target = left.shift())
        await this.#runServer(run, target);
    };
    const workers = Array.from({ length: parallel ? AT_ONCE : 1 }, worker);
    await Promise.all(workers).catch(async (error: unknown) => {
      left.length = 0;
      // No worker goes on after the run has ended.
      await Promise.allSettled(workers);
      throw error;
    });
    if (run.signal.aborted) throw run.signal.reason;
    return totalOf(resultsOf(this.#parts.store, run.record.id).map(({ result }) => result.tests));
  }

  async #runServer(run: JobRun, { id: serverId, name: serverName }: TestParams['targets'][number]): Promise<void> {
    const { testType, timeoutSeconds, verbose } = paramsOf(run.record);
    const { fleet, redactor, declarations } = this.#parts;
    const parts = { fleet, redactor, declared: (id: string) => declarations.of(id) };
    const jobId = run.record.id;
    let result: SuiteResult | undefined;
    const work = async (): Promise<Counts> => {
      // The caller may have lost the permission, or may not see the server any more, since the run began.
      authorize(run.origin.caller, 'test.run');
      result = await runServer(parts, {
        server: this.#serverOf(run.origin, serverId),
        types: testType === 'all' ? testTypes : [testType],
        timeoutMs: timeoutSeconds * 1000,
        verbose,
        signal: run.signal,
        resumed: run.resumed,
      });
      return result.tests;
    };
    const kept = () => {
      // The step of the job, which goes into the same change, has the revision.
      const writes = result
        ? [put(serverResults, { id: resultId(jobId, serverId), jobId, serverId, serverName, result }, 'any')]
        : [];
      return { writes };
    };
    await run.step(serverName, work, { with: kept });
  }

  /** `undefined`: it was deleted, or the caller may not see it. */
  #serverOf(origin: RequestOrigin, idOrName: string): ServerRecord | undefined {
    try {
      return this.#parts.servers.get(origin, idOrName).record;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  #completeEvent({ id, status }: JobRecord): NewEvent {
    const results = resultsOf(this.#parts.store, id).slice(0, TOLD.servers);
    return newEvent('test.complete', {
      testId: id,
      status,
      results: results.map(({ serverName, result: { tests, failures } }) => ({
        server: serverName,
        tests,
        // Without the errors: they quote the server, and readers of jobs hear this event.
        failures: failures.slice(0, TOLD.failures).map(({ test, type }) => ({ test, type })),
      })),
      timestamp: isoNow(),
    });
  }
}

/** Runs tests as a part of another job, and gives their results. @throws DomainError `upstream_failed` if the run did not complete */
export async function testStep(
  suites: Suites,
  args: Readonly<Record<string, unknown>>,
  run: JobRun,
  origin: RequestOrigin,
) {
  const { test_type = 'all', servers = [], timeout = 300, parallel = true } = args;
  const known = askedTypes.find((type) => type === test_type);
  if (known === undefined) throw invalid('test_type', `must be one of: ${askedTypes.join(', ')}`);
  if (!Array.isArray(servers)) throw invalid('servers', 'must be a list of names or ids');
  const timeoutSeconds = Number(timeout);
  if (!(timeoutSeconds >= 1 && timeoutSeconds <= 3600))
    throw invalid('timeout', 'must be a number of seconds, 1 to 3600');
  const names = servers.length > 0 ? servers.map(String) : ['all'];
  const input = { testType: known, servers: names, verbose: false, parallel: parallel !== false, timeoutSeconds };
  const { id, status, error, result } = await run.child(suites.newRun(origin, input));
  if (status !== 'completed') throw new DomainError('upstream_failed', error?.message ?? `the tests ${status}`);
  return { testId: id, ...(result as Counts) };
}

function paramsOf({ params }: JobRecord): TestParams {
  return params as unknown as TestParams;
}

/** Extra time of the agent besides its tests, to begin and to end its processes, milliseconds. */
const SLACK_MS = 30_000;

export interface ServerRunParts {
  readonly fleet: () => Fleet;
  readonly redactor: Redactor;
  readonly declared: (serverId: string) => Declaration;
}

/** The tests of one server. */
export interface ServerRun {
  /** Absent: it was deleted, or the caller may not see it any more. */
  readonly server: ServerRecord | undefined;
  readonly types: readonly TestType[];
  readonly timeoutMs: number;
  readonly verbose: boolean;
  readonly signal: Cancellation;
  /** An earlier attempt was interrupted: the agent may need a moment to come back. */
  readonly resumed: boolean;
}

/** Failures that say nothing about the server: its tests are left out, not failed. */
const notItsFault: ReadonlySet<ErrorCode> = new Set(['refused', 'unimplemented']);

/** Has a server's agent test it. If the agent cannot, the result has the reason. @throws DomainError if the run is cancelled */
async function runServer(parts: ServerRunParts, run: ServerRun): Promise<SuiteResult> {
  const begin = Date.now();
  const [first = 'unit'] = run.types;
  const { server } = run;
  const outcome = (part: Pick<SuiteResult, 'tests'> & Partial<SuiteResult>): SuiteResult => {
    const empty = { version: '', subject: 'none', blanked: [], failures: [], skipped: [] } as const;
    return { ...empty, durationMs: Date.now() - begin, ...part };
  };
  const skipped = (reason: string) => {
    const all = run.types.map((type) => ({ test: `test_${type}`, type, reason }));
    return outcome({ tests: { total: all.length, passed: 0, failed: 0, skipped: all.length }, skipped: all });
  };
  if (!server) return skipped('before its tests began, the server was deleted or the caller lost the right to see it');
  const fleet = parts.fleet();
  try {
    if (run.resumed) await agentReturned(fleet, server.agentId, run.signal);
    const operation = operationOf(server.id, run, parts.declared(server.id));
    const options = { kind: 'once', timeoutMs: run.timeoutMs + SLACK_MS, signal: run.signal } as const;
    const result = await ask<SuiteResult>(fleet, server.agentId, operation, suiteResult, options);
    return redactorOf(parts.redactor, server).value(result) as SuiteResult;
  } catch (error) {
    if (run.signal.aborted || !(error instanceof DomainError)) throw error;
    if (notItsFault.has(error.code)) return skipped(error.message);
    const failure = { test: 'test_reachable', type: first, error: error.message, trace: '' };
    return outcome({ tests: { total: 1, passed: 0, failed: 1, skipped: 0 }, failures: [failure] });
  }
}

function operationOf(serverId: string, run: ServerRun, { safeTools, cases, approval }: Declaration): SuiteOperation {
  const { types, timeoutMs, verbose } = run;
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const approved = Object.entries(approval?.tools ?? {}).map(([name, text]) => [name, Buffer.from(text)] as const);
  return {
    case: 'runSuite',
    value: {
      serverId,
      types,
      timeoutMs,
      verbose,
      safeTools,
      cases: cases.map(({ arguments: args, structuredSchema, timeoutMs: limitMs, ...declared }) => ({
        ...declared,
        arguments: json(args),
        structuredSchema: structuredSchema ? json(structuredSchema) : new Uint8Array(),
        timeoutMs: limitMs ?? 0,
      })),
      approvedTools: Object.fromEntries(approved),
    },
  };
}
