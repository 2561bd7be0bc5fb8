import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { DomainError, notFound } from '../errors.js';
import { newEvent } from '../events/types.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobKind, JobRun, NewJob } from '../jobs/kind.js';
import type { JobRecord } from '../jobs/record.js';
import { isoNow } from '../moments.js';
import type { NewEvent } from '../store.js';
import { type Amount, type Cleaned, type CleanupTarget, cleanupTargets, type Place, type Places } from './storage.js';

const CLEANUP = 'cleanup';

/** The input of a cleanup. */
export interface CleanupInput {
  readonly dryRun: boolean;
  readonly targets: readonly CleanupTarget[];
  /** Files and records that changed within this number of days stay. */
  readonly retentionDays: number;
  readonly force: boolean;
}

/** The result of a cleanup, or, for a dry run, the result that it would have. */
export interface CleanupSummary {
  readonly filesDeleted: number;
  readonly bytesFreed: number;
  /** Things that could not be deleted, and places that could not be reached. */
  readonly errors: number;
}

export interface CleanupResult {
  readonly summary: CleanupSummary;
  readonly details: readonly (CleanupSummary & { readonly target: CleanupTarget })[];
  /** Why a place was left out, for people. */
  readonly problems: readonly { readonly place: string; readonly error: string }[];
}

const DAY_MS = 86_400_000;
const TIMEOUT_MS = 1_800_000;

/** The result of one place, which is the result of its step. */
interface PlaceResult {
  readonly cleaned: Cleaned;
  readonly error?: string;
}

/** Deletes old files and records on the hub and on all agents, as a job with a step for each place. */
export class Cleanup {
  readonly #jobs: Jobs;
  readonly #places: Places;

  constructor(jobs: Jobs, places: Places) {
    this.#jobs = jobs;
    this.#places = places;
    jobs.define(this.#kind());
  }

  /** @throws DomainError `forbidden` (narrowed grants), `conflict` (another cleanup runs), `unavailable`. */
  async start(origin: RequestOrigin, input: CleanupInput): Promise<JobRecord> {
    authorize(origin.caller, 'cleanup.run');
    if (this.#jobs.isPending(CLEANUP)) throw new DomainError('conflict', 'a cleanup runs already');
    return this.#jobs.submit(origin, newCleanup(input));
  }

  /** @throws DomainError `not_found`. */
  get(origin: RequestOrigin, id: string): JobRecord {
    const job = this.#jobs.get(origin, id, 'cleanup');
    if (job.kind !== CLEANUP) throw notFound('cleanup', id);
    return job;
  }

  /** How much room there is, and its use. Places on one file system count its space once. @throws DomainError `forbidden`. */
  async stats({ caller }: RequestOrigin) {
    authorize(caller, 'storage.read');
    const unavailable: string[] = [];
    const fileSystems = new Map<string, { readonly total: number; readonly free: number }>();
    const breakdown = new Map(cleanupTargets.map((target) => [target, { files: 0, bytes: 0 } as Amount]));
    await Promise.all(
      this.#places.all().map(async (place) => {
        try {
          const { fileSystem, totalBytes, freeBytes, targets } = await place.measure();
          fileSystems.set(fileSystem, { total: totalBytes, free: freeBytes });
          for (const { target, ...amount } of targets) breakdown.set(target, sum(breakdown.get(target), amount));
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          unavailable.push(place.name);
        }
      }),
    );
    const spaces = [...fileSystems.values()];
    return {
      totalBytes: spaces.reduce((all, { total }) => all + total, 0),
      freeBytes: spaces.reduce((all, { free }) => all + free, 0),
      breakdown,
      unavailable: unavailable.sort(),
    };
  }

  #kind(): JobKind {
    return {
      name: CLEANUP,
      permission: 'cleanup.run',
      // A second run does no harm: it finds only files that are still there.
      afterRestart: 'continue',
      timeoutMs: () => TIMEOUT_MS,
      lane: () => CLEANUP,
      run: (run) => this.#run(run),
      ended: (record) => [completeEvent(record)],
    };
  }

  async #run(run: JobRun): Promise<CleanupResult> {
    const { beforeMs, dryRun, force, targets } = run.record.params as unknown as Params;
    if (run.resumed) await this.#places.returned(run.signal);
    const results: (PlaceResult & { readonly place: Place })[] = [];
    for (const place of this.#places.all(run.signal)) {
      const result = await run.step(place.id, async (): Promise<PlaceResult> => {
        authorize(run.origin.caller, 'cleanup.run');
        try {
          return { cleaned: await place.clean({ targets, beforeMs, dryRun, force }) };
        } catch (error) {
          if (!(error instanceof DomainError) || run.signal.aborted) throw error;
          // A place that is out of reach does not stop the cleanup of the others.
          return { cleaned: [], error: error.message };
        }
      });
      results.push({ ...result, place });
    }
    const details = targets.map((target) => {
      const of = results.flatMap(({ cleaned }) => cleaned.filter((report) => report.target === target));
      return { target, ...summed(of) };
    });
    const problems = results.flatMap(({ place, error }) => (error === undefined ? [] : [{ place: place.name, error }]));
    const all = summed(results.flatMap(({ cleaned }) => cleaned));
    return { summary: { ...all, errors: all.errors + problems.length }, details, problems };
  }
}

interface Params {
  readonly beforeMs: number;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly targets: readonly CleanupTarget[];
}

/** A cleanup as a job. The age limit is fixed now, so that a cleanup that goes on after a restart deletes no newer files. */
export function newCleanup({ dryRun, targets, retentionDays, force }: CleanupInput): NewJob {
  const beforeMs = Math.max(0, Date.now() - retentionDays * DAY_MS);
  return { kind: CLEANUP, params: { dryRun, targets: [...new Set(targets)], retentionDays, beforeMs, force } };
}

function completeEvent({ id, status, result }: JobRecord): NewEvent {
  const { summary = { filesDeleted: 0, bytesFreed: 0, errors: 0 } } = (result ?? {}) as Partial<CleanupResult>;
  const { filesDeleted, bytesFreed, errors } = summary;
  return newEvent('cleanup.complete', {
    cleanupId: id,
    status,
    summary: { filesDeleted, bytesFreed, errors },
    timestamp: isoNow(),
  });
}

function summed(reports: readonly (Amount & { readonly errors: number })[]): CleanupSummary {
  return {
    filesDeleted: reports.reduce((all, { files }) => all + files, 0),
    bytesFreed: reports.reduce((all, { bytes }) => all + bytes, 0),
    errors: reports.reduce((all, { errors }) => all + errors, 0),
  };
}

function sum(a: Amount | undefined, b: Amount): Amount {
  return { files: (a?.files ?? 0) + b.files, bytes: (a?.bytes ?? 0) + b.bytes };
}
