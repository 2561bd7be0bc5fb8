import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { agentReturned, RETURN_MS } from '../agents/answer.js';
import type { Fleet, StopOptions } from '../agents/fleet.js';
import { SYSTEM } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobKind, JobRun } from '../jobs/kind.js';
import type { JobRecord } from '../jobs/record.js';
import type { ServerLifecycle } from './lifecycle.js';
import type { ServerRecord } from './record.js';
import type { ServerRegistry } from './registry.js';
import type { Servers } from './servers.js';

export type ServerOperation = 'start' | 'stop' | 'restart';

/** Extra time of a stop or a start besides the two time-outs, milliseconds. */
const STOP_MS = 45_000;
const START_MS = 200_000;

/** How a server is to be stopped or restarted. */
export interface OperationOptions {
  /** Kill its process group at once. */
  readonly force?: boolean;
  /** Let running calls finish first. */
  readonly graceful?: boolean;
  /** Seconds: how long running calls, and after them the process, may take. */
  readonly timeout?: number;
}

export interface OperationParts {
  readonly jobs: Jobs;
  readonly servers: Servers;
  readonly registry: ServerRegistry;
  readonly lifecycle: ServerLifecycle;
  readonly fleet: () => Fleet;
}

/**
 * Starting, stopping and restarting servers as jobs. The wanted state is on disk before the caller gets an answer, and survives every
 * restart; the job carries it out. Jobs of one server run one after the other, in the order of their requests.
 */
export class ServerOperations {
  readonly #parts: OperationParts;

  constructor(parts: OperationParts) {
    this.#parts = parts;
    for (const operation of ['start', 'stop', 'restart'] as const) parts.jobs.define(this.#kind(operation));
  }

  /**
   * @throws DomainError `forbidden`, `not_found`, `conflict` (disabled server), `agent_unreachable` (start and restart: nothing was changed; a stop is
   * done when the agent is back), `unavailable`.
   */
  async submit(
    origin: RequestOrigin,
    operation: ServerOperation,
    idOrName: string,
    options: OperationOptions = {},
  ): Promise<{ record: ServerRecord; job: JobRecord }> {
    authorize(origin.caller, 'server.operate');
    const { servers, jobs } = this.#parts;
    if (operation !== 'stop') this.checkReachable(servers.get(origin, idOrName).record);
    const record = await servers.setWanted(origin, idOrName, operation !== 'stop');
    if (operation === 'stop') jobs.cancelStarts(SYSTEM, record.id);
    const job = await jobs.submit(origin, {
      kind: `server.${operation}`,
      params: { ...options },
      steps: operation === 'restart' ? ['stop', 'start'] : [operation],
      site: record.site,
      serverId: record.id,
    });
    return { record, job };
  }

  /** As {@link submit}, at once and as a part of other work. */
  async perform(operation: ServerOperation, record: ServerRecord, options: OperationOptions, run: JobRun) {
    const { fleet, lifecycle } = this.#parts;
    const wanted = operation !== 'stop';
    if (run.resumed)
      await agentReturned(
        fleet(),
        record.agentId,
        run.signal,
        Math.min(RETURN_MS, run.begunAt + RETURN_MS - Date.now()),
      );
    if (operation === 'stop' && !fleet().agent(record.agentId)) return { stopped: false, when: 'its agent is back' };
    if (operation !== 'start') {
      await lifecycle.halt(record, stopOptions(options), run.signal);
      if (!wanted) await lifecycle.hand(record);
    }
    if (!wanted) return { stopped: true };
    const report = await lifecycle.launch(record, run.signal);
    return { connected: true, tools: report.tools?.length ?? 0, connectTimeMs: report.connectTimeMs };
  }

  #kind(operation: ServerOperation): JobKind {
    return {
      name: `server.${operation}`,
      permission: 'server.operate',
      // Each operation may run twice: the second time it has nothing left to do.
      afterRestart: 'continue',
      starts: operation !== 'stop',
      timeoutMs: ({ params }) => {
        const { timeout = 0 } = params as OperationOptions;
        return 2000 * timeout + (operation === 'start' ? 0 : STOP_MS) + (operation === 'stop' ? 0 : START_MS);
      },
      run: async (run) => {
        const record = this.#parts.registry.byId(run.record.serverId ?? '');
        if (!record) throw new DomainError('not_found', 'the server was deleted meanwhile');
        const options = run.record.params as OperationOptions;
        if (operation !== 'restart') return run.step(operation, () => this.perform(operation, record, options, run));
        if (run.resumed) await agentReturned(this.#parts.fleet(), record.agentId, run.signal);
        await run.step('stop', () => this.#parts.lifecycle.halt(record, stopOptions(options), run.signal));
        return run.step('start', () => this.perform('start', record, options, run));
      },
    };
  }

  /** @throws DomainError `agent_unreachable`: nothing was changed. */
  checkReachable({ agentId, site, name }: ServerRecord): void {
    if (this.#parts.fleet().agent(agentId)) return;
    const message = `the agent of server '${name}' at site '${site}' is not connected`;
    throw new DomainError('agent_unreachable', message, { site, outcome: 'not_run' });
  }
}

function stopOptions({ force = false, graceful = false, timeout = 0 }: OperationOptions): StopOptions {
  const limitMs = timeout * 1000;
  return force ? { force } : { drainMs: graceful ? limitMs : 0, timeoutMs: limitMs };
}
