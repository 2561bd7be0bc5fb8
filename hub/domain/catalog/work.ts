import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { SYSTEM } from '../audit/audit.js';
import { credentialMissing, DomainError, notFound } from '../errors.js';
import { newEvent } from '../events/types.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobKind, JobRun } from '../jobs/kind.js';
import { isOver, type JobRecord } from '../jobs/record.js';
import type { ServerOperations } from '../servers/operations.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Servers } from '../servers/servers.js';
import type { NewEvent } from '../store.js';
import type { Enablements, Prepared } from './enablements.js';
import type { EnablementConfig } from './entry.js';

export const catalogOperations = ['enable', 'disable', 'restart'] as const;
export type CatalogOperation = (typeof catalogOperations)[number];

/** The state of one server of a bulk operation. */
interface BulkDetail {
  /** The id that the portal shows. */
  readonly serverId: string;
  readonly status: 'pending' | 'processing' | 'completed' | 'failed';
  /** For people. */
  readonly message: string;
}

/** The parameters of a job for one server. */
interface SingleParams {
  readonly itemId: string;
  readonly itemName: string;
  readonly start: boolean;
}

/** The parameters of a job for several servers. Audit entries show names next to ids. */
export interface BulkParams {
  readonly operation: CatalogOperation;
  readonly servers: readonly string[];
  readonly config: Pick<EnablementConfig, 'autoStart' | 'restartPolicy'>;
}

const BULK = 'catalog.bulk';
/** A first start may have to pull an image, or install a package. */
const ONE_MS = 300_000;
/** The limit of a bulk operation (`seeds/002`: 300 s), and the number of servers that it handles at once. */
const BULK_MS = 600_000;
const AT_ONCE = 4;

const words = {
  enable: { doing: 'Starting container', done: 'Server enabled successfully' },
  disable: { doing: 'Stopping container', done: 'Server disabled successfully' },
  restart: { doing: 'Restarting container', done: 'Server restarted successfully' },
} as const;

export interface CatalogWorkParts {
  readonly jobs: Jobs;
  readonly enablements: Enablements;
  readonly operations: ServerOperations;
  readonly servers: Servers;
  readonly registry: ServerRegistry;
}

/**
 * Enables, disables and restarts servers as jobs. The wanted state is on the disk before the caller gets an answer; the job brings the server to it.
 */
export class CatalogWork {
  readonly #parts: CatalogWorkParts;

  constructor(parts: CatalogWorkParts) {
    this.#parts = parts;
    for (const operation of catalogOperations) parts.jobs.define(this.#single(operation));
    parts.jobs.define(this.#bulk());
  }

  /** @throws DomainError as {@link Enablements}, `unavailable` if too many jobs wait. */
  async submit(
    origin: RequestOrigin,
    operation: CatalogOperation,
    idOrName: string,
    config: EnablementConfig = {},
  ): Promise<JobRecord> {
    const prepared = await this.#prepare(origin, operation, idOrName, config);
    const { item, server } = prepared;
    const params = { itemId: item.id, itemName: item.name, start: starts(prepared, config) };
    const { jobs, operations } = this.#parts;
    if (operation === 'restart' && server) operations.checkReachable(server);
    const place = server ? { serverId: server.id, site: server.site } : {};
    if (operation === 'disable' && server) jobs.cancelStarts(SYSTEM, server.id);
    return jobs.submit(origin, { kind: `catalog.${operation}`, params, ...place, ...belonging(origin, prepared) });
  }

  /** @throws DomainError `unavailable` if too many jobs wait. The details report the problems of single servers. */
  submitBulk(origin: RequestOrigin, { operation, servers, config }: BulkParams): Promise<JobRecord> {
    const params = { operation, servers: [...new Set(servers)], config };
    return this.#parts.jobs.submit(origin, { kind: BULK, params, ...belonging(origin) });
  }

  #prepare(
    origin: RequestOrigin,
    operation: CatalogOperation,
    idOrName: string,
    config: EnablementConfig,
  ): Promise<Prepared> {
    const { caller } = origin;
    if (!caller) throw credentialMissing();
    authorize(caller, 'catalog.enable');
    const { enablements } = this.#parts;
    if (operation === 'enable') return enablements.enable(origin, caller, idOrName, config);
    return enablements[operation](origin, caller, idOrName);
  }

  async #perform(operation: CatalogOperation, serverId: string, start: boolean, run: JobRun): Promise<unknown> {
    const { servers, operations, enablements } = this.#parts;
    if (operation === 'enable' && !start) return { started: false };
    const wanted = operation !== 'disable';
    if (wanted) enablements.checkAllowed(serverId);
    // The caller's role may have changed since the request.
    if (servers.get(run.origin, serverId).record.ownerId === undefined) authorize(run.origin.caller, 'server.operate');
    const record = await servers.setWanted(run.origin, serverId, wanted, { curated: true });
    const how = operation === 'restart' ? 'restart' : wanted ? 'start' : 'stop';
    try {
      return await operations.perform(how, record, {}, run);
    } catch (error) {
      if (operation !== 'enable' || !(error instanceof DomainError) || error.code !== 'agent_unreachable') throw error;
      const message = `the agent of site '${record.site}' is not connected: the server starts when it is back`;
      throw new DomainError(error.code, message, error.details, { cause: error });
    }
  }

  #single(operation: CatalogOperation): JobKind {
    return {
      name: `catalog.${operation}`,
      permission: 'catalog.enable',
      // Each operation may run twice: the second run finds nothing to do.
      afterRestart: 'continue',
      starts: operation !== 'disable',
      timeoutMs: () => ONE_MS,
      run: async (run) => {
        const { serverId } = run.record;
        const { start } = run.record.params as unknown as SingleParams;
        if (serverId === null) return { changed: false };
        await run.progress(10, words[operation].doing);
        return this.#perform(operation, serverId, start, run);
      },
    };
  }

  #bulk(): JobKind {
    const told = (record: JobRecord): NewEvent[] => {
      const { total, completed, failed } = bulkCounts(record);
      const { caller } = record.origin;
      const over =
        record.status === 'running'
          ? 'in_progress'
          : record.status === 'completed' && failed < total
            ? 'completed'
            : 'failed';
      const data = { operationId: record.id, completed, failed, total, status: over };
      return caller ? [newEvent('bulk.progress', { ownerId: ownerOf(caller), ...data })] : [];
    };
    return {
      name: BULK,
      permission: 'catalog.enable',
      afterRestart: 'continue',
      timeoutMs: () => BULK_MS,
      changed: told,
      ended: told,
      run: (run) => this.#runBulk(run),
    };
  }

  async #runBulk(run: JobRun): Promise<unknown> {
    const { operation, servers, config } = run.record.params as unknown as BulkParams;
    const details = new Map(bulkDetails(run.record).map((detail) => [detail.serverId, detail]));
    const note = (serverId: string, status: BulkDetail['status'], message: string) => {
      details.set(serverId, { serverId, status, message });
      return run.note({ details: [...details.values()] });
    };
    const left = servers.filter((id) => !hasEnded(details.get(id)));
    const worker = async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        await note(id, 'processing', words[operation].doing);
        try {
          const prepared = await this.#prepare(run.origin, operation, id, config);
          const start = starts(prepared, config);
          const result = prepared.server && (await this.#perform(operation, prepared.server.id, start, run));
          await note(id, 'completed', doneWords(operation, result));
        } catch (error) {
          // Cancelled: the remaining servers fail with the job.
          if (run.signal.aborted || !(error instanceof DomainError)) throw error;
          await note(id, 'failed', error.message);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return { details: [...details.values()] };
  }
}

/** The state of each server of a bulk operation, in the order of the request. */
function bulkDetails({ params, result, status, error }: JobRecord): BulkDetail[] {
  const { servers } = params as unknown as BulkParams;
  const known = (result as { readonly details?: readonly BulkDetail[] } | null)?.details ?? [];
  return servers.map((serverId) => {
    const detail = known.find((one) => one.serverId === serverId);
    if (hasEnded(detail)) return detail;
    if (status === 'failed' || status === 'cancelled')
      return { serverId, status: 'failed', message: error?.message ?? status };
    return detail ?? { serverId, status: 'pending', message: 'Waiting' };
  });
}

function bulkCounts(record: JobRecord) {
  const details = bulkDetails(record);
  const count = (wanted: BulkDetail['status']) => details.filter(({ status }) => status === wanted).length;
  return { total: details.length, completed: count('completed'), failed: count('failed') };
}

/** The message about one server's operation. */
function singleMessage({ kind, status, error, result }: JobRecord): string {
  const operation = kind.slice('catalog.'.length) as CatalogOperation;
  const { doing } = words[operation];
  if (status === 'completed') return doneWords(operation, result);
  return status === 'failed' || status === 'cancelled'
    ? (error?.message ?? status)
    : status === 'running'
      ? doing
      : 'Waiting';
}

/** The message about the result. If the agent is away, it names the agent's later action. */
function doneWords(operation: CatalogOperation, result: unknown): string {
  const { when } = (result ?? {}) as { readonly when?: string };
  return when === undefined ? words[operation].done : `Server disabled; what runs of it ends when ${when}`;
}

function hasEnded(detail: BulkDetail | undefined): detail is BulkDetail {
  return detail?.status === 'completed' || detail?.status === 'failed';
}

/** Whether enabling starts the server: a shared server always, another one as its configuration says. */
function starts({ item }: Prepared, { autoStart }: EnablementConfig): boolean {
  return item.entry === null || (autoStart ?? item.config.autoStart);
}

/** Work on a private server, or on several servers at once, belongs to the caller. Work on a shared server has no owner. */
function belonging({ caller }: RequestOrigin, prepared?: Prepared): { readonly ownerId?: string } {
  return caller && prepared?.item.entry !== null ? { ownerId: ownerOf(caller) } : {};
}

/** An operation on servers, as its caller follows it. */
export interface OperationView {
  readonly operationId: string;
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly details: readonly BulkDetail[];
}

/** The id by which the portal's clients know a job. */
export function operationId({ id, kind }: Pick<JobRecord, 'id' | 'kind'>): string {
  return kind === BULK ? `bulk_op_${id}` : `op_${id}`;
}

/** An operation by its id: the caller's own, or for an admin any. @throws DomainError `not_found`. */
export function operationOf(jobs: Jobs, origin: RequestOrigin, wanted: string): OperationView {
  const id = /^(?:bulk_)?op_(.+)$/.exec(wanted)?.[1];
  if (id === undefined) throw notFound('operation', wanted);
  const job = jobs.get(origin, id, 'operation');
  const { caller } = origin;
  const isOwn = caller && job.origin.caller && ownerOf(job.origin.caller) === ownerOf(caller);
  if (!job.kind.startsWith('catalog.') || operationId(job) !== wanted || !(isOwn || caller?.role === 'admin'))
    throw notFound('operation', wanted);
  return job.kind === BULK ? viewOfBulk(job) : viewOfOne(job);
}

function viewOfBulk(job: JobRecord): OperationView {
  const counts = bulkCounts(job);
  const failed = job.status === 'failed' || job.status === 'cancelled' || counts.failed === counts.total;
  const status = !isOver(job) ? 'in_progress' : failed ? 'failed' : 'completed';
  return { operationId: operationId(job), status, ...counts, details: bulkDetails(job) };
}

function viewOfOne(job: JobRecord): OperationView {
  const status = !isOver(job) ? 'in_progress' : job.status === 'completed' ? 'completed' : 'failed';
  const { itemId } = job.params as unknown as SingleParams;
  const detail: BulkDetail = {
    serverId: itemId,
    status: status === 'in_progress' ? (job.status === 'running' ? 'processing' : 'pending') : status,
    message: singleMessage(job),
  };
  const [completed, failed] = [status === 'completed' ? 1 : 0, status === 'failed' ? 1 : 0];
  return { operationId: operationId(job), status, total: 1, completed, failed, details: [detail] };
}
