import type { Agents } from '../agents/agents.js';
import { agentReturned, ask } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import { oneOf, type Shape } from '../agents/shape.js';
import { type Cancellation, CancelSource } from '../cancellation.js';

export const cleanupTargets = ['logs', 'cache', 'temp', 'backups'] as const;
export type CleanupTarget = (typeof cleanupTargets)[number];

/** How many files, and how many bytes. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

export interface CleanRequest {
  readonly targets: readonly CleanupTarget[];
  /** Milliseconds since 1970: only files and records that last changed before. */
  readonly beforeMs: number;
  /** Delete nothing, count only. */
  readonly dryRun: boolean;
  /** Also delete the backups for rollbacks. */
  readonly force: boolean;
}

export type Cleaned = readonly (Amount & { readonly target: CleanupTarget; readonly errors: number })[];

export interface Measured {
  /** An id of the file system: the same for folders on one file system of one machine. */
  readonly fileSystem: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly targets: readonly (Amount & { readonly target: CleanupTarget })[];
}

const amount = { target: oneOf(...cleanupTargets), files: 'number', bytes: 'number' } as const;

/** How the hub reads agents' answers. */
const cleaned: Shape<{ readonly targets: Cleaned }> = { targets: [{ ...amount, errors: 'number' }] };
const measured: Shape<Measured> = {
  fileSystem: 'text',
  totalBytes: 'number',
  freeBytes: 'number',
  targets: [amount],
};

/** The folders of the hub or of an agent. No operation touches files outside them. Implemented for the hub by `hub/host`. */
export interface Folders {
  clean(request: CleanRequest): Promise<Cleaned>;
  measure(): Promise<Measured>;
}

/** The hub, or an agent. */
export interface Place extends Folders {
  /** `hub`, or the agent's id. */
  readonly id: string;
  readonly name: string;
  readonly site: string | null;
}

const CLEAN_TIMEOUT_MS = 600_000;
const MEASURE_TIMEOUT_MS = 60_000;

/** Where Roundhouse keeps files: the folders of the hub and of all enrolled agents. */
export class Places {
  readonly #hub: Folders;
  readonly #agents: Pick<Agents, 'list'>;
  readonly #fleet: () => Fleet;

  constructor(hub: Folders, agents: Pick<Agents, 'list'>, fleet: () => Fleet) {
    this.#hub = hub;
    this.#agents = agents;
    this.#fleet = fleet;
  }

  /** All places, the hub first. Requests to an agent out of reach fail with `agent_unreachable`. */
  all(signal: Cancellation = new CancelSource()): Place[] {
    const hub: Place = {
      id: 'hub',
      name: 'hub',
      site: null,
      clean: (request) => this.#hub.clean(request),
      measure: () => this.#hub.measure(),
    };
    return [hub, ...this.#agents.list().map(({ record: { id, name, site } }) => this.#agent(id, name, site, signal))];
  }

  /** Waits for agents that have not yet come back after a restart of the hub. */
  async returned(signal: Cancellation): Promise<void> {
    await Promise.all(this.#agents.list().map(({ record }) => agentReturned(this.#fleet(), record.id, signal)));
  }

  #agent(id: string, name: string, site: string, signal: Cancellation): Place {
    return {
      id,
      name,
      site,
      clean: async (request) => {
        const options = { kind: 'idempotent', timeoutMs: CLEAN_TIMEOUT_MS, signal } as const;
        return (
          await ask<{ targets: Cleaned }>(this.#fleet(), id, { case: 'cleanup', value: request }, cleaned, options)
        ).targets;
      },
      measure: () => {
        const options = { kind: 'idempotent', timeoutMs: MEASURE_TIMEOUT_MS, signal } as const;
        return ask<Measured>(this.#fleet(), id, { case: 'storageStats', value: {} }, measured, options);
      },
    };
  }
}
