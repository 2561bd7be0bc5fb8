import { agentReturned, ask, askedOf, readAnswer, unreadable } from '../agents/answer.js';
import type { Fleet, Operation, Reply } from '../agents/fleet.js';
import { optional, type Shape } from '../agents/shape.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import type { ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import { specOf } from '../servers/spec.js';
import type { Store } from '../store.js';
import {
  type InstalledVersions,
  readCheck,
  type SourceCheck,
  type ToldCheck,
  toldCheck,
  toldInstalled,
  type Verified,
  verified,
} from './source.js';

/** How long an agent may take, milliseconds. */
const CHECK_MS = 60_000;
const LIST_MS = 30_000;
const KEEP_MS = 15_000;
const DOWNLOAD_MS = 600_000;
const INSTALL_MS = 600_000;
const VERIFY_MS = 180_000;
const REMOVE_MS = 60_000;
/** A start, with which a switch begins. */
const START_MS = 180_000;
const PUT_MS = 15_000;
/** How long running calls may take to finish on the old version, milliseconds. */
export const DRAIN_MS = 120_000;
/** The pause between two attempts to reach an agent that seems to be connected, milliseconds. */
const PAUSE_MS = 250;

/** A version that an agent is to download or install. */
export interface Wanted {
  readonly version: string;
  /** It may be a commit that no branch or tag of the repository is at. */
  readonly anyCommit: boolean;
}

/** A version that an agent has downloaded or installed. */
interface Fetched {
  readonly version: string;
  /** Whether the agent had the version before. */
  readonly already: boolean;
  readonly bytes?: number;
}

const toldFetched: Shape<Fetched> = { version: 'text', already: 'flag', bytes: optional('number') };

/** A version of a package, an image's tag or digest, or a commit. */
const versionForm = /^[!-~]{1,200}$/;

type Told = Omit<InstalledVersions, 'current'> & { readonly current: string };

interface Limits {
  readonly timeoutMs: number;
  readonly signal: Cancellation;
  readonly kind?: 'read' | 'idempotent';
}

export interface CommandParts {
  readonly store: Store;
  readonly observed: ObservedServers;
  readonly fleet: () => Fleet;
  /** How long to wait for an agent that went away, milliseconds. */
  readonly awayMs: number;
}

/**
 * An update's commands to a server's agent. Each may run twice: if the link is lost, or the agent restarts, the hub sends it again once the
 * agent is back. @throws DomainError `agent_unreachable` if the agent does not come back in time, and the agent's own failures.
 */
export class SourceCommands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /** Asks once, without waiting for an agent that is away. */
  async check({ agentId, id }: ServerRecord, signal?: Cancellation): Promise<SourceCheck> {
    const operation = { case: 'checkSource', value: { serverId: id } } as const;
    const options = { kind: 'read', timeoutMs: CHECK_MS, signal } as const;
    return readCheck(await ask<ToldCheck>(this.#parts.fleet(), agentId, operation, toldCheck, options));
  }

  async installed(record: ServerRecord, signal: Cancellation): Promise<InstalledVersions> {
    const operation = { case: 'listInstalled', value: { serverId: record.id } } as const;
    const told = await this.#read<Told>(record, operation, toldInstalled, { timeoutMs: LIST_MS, signal, kind: 'read' });
    return { ...told, current: told.current || null };
  }

  download(record: ServerRecord, wanted: Wanted, signal: Cancellation): Promise<Fetched> {
    return this.#fetch(record, 'downloadSource', wanted, { timeoutMs: DOWNLOAD_MS, signal });
  }

  install(record: ServerRecord, wanted: Wanted, signal: Cancellation): Promise<Fetched> {
    return this.#fetch(record, 'installSource', wanted, { timeoutMs: INSTALL_MS, signal });
  }

  verify(record: ServerRecord, version: string, signal: Cancellation): Promise<Verified> {
    const operation = { case: 'verifySource', value: { serverId: record.id, version } } as const;
    return this.#read<Verified>(record, operation, verified, { timeoutMs: VERIFY_MS, signal });
  }

  /** Tells the agent which versions it must keep. */
  async keep(record: ServerRecord, versions: readonly string[], signal: Cancellation): Promise<void> {
    const value = { serverId: record.id, versions };
    await this.#ask(record, () => ({ case: 'keepInstalled', value }), { timeoutMs: KEEP_MS, signal });
  }

  async remove(record: ServerRecord, version: string, signal: Cancellation): Promise<void> {
    const value = { serverId: record.id, version };
    await this.#ask(record, () => ({ case: 'removeInstalled', value }), { timeoutMs: REMOVE_MS, signal });
  }

  /**
   * Makes the server run as its registration says now, without a gap. A server that should not run only gets the registration.
   * @param now gives the registration as it is at each attempt
   */
  async switchTo(now: () => ServerRecord, signal: Cancellation): Promise<void> {
    const { store, observed } = this.#parts;
    const record = now();
    const operation = async (): Promise<Operation> => {
      const server = await specOf(store, now());
      return server.connected
        ? { case: 'switchServer', value: { server, drainMs: DRAIN_MS } }
        : { case: 'putServer', value: { server } };
    };
    const reply = await this.#ask(record, operation, { timeoutMs: START_MS + DRAIN_MS + PUT_MS, signal });
    if (reply.case === 'server') await observed.report(record.agentId, reply.value);
  }

  /** The exact version that was fetched. */
  async #fetch(
    record: ServerRecord,
    name: 'downloadSource' | 'installSource',
    wanted: Wanted,
    limits: Limits,
  ): Promise<Fetched> {
    const operation = { case: name, value: { serverId: record.id, ...wanted } } as const;
    const { version, ...rest } = await this.#read<Fetched>(record, operation, toldFetched, limits);
    // The version goes into the registration.
    if (version !== '' && !versionForm.test(version))
      throw unreadable(
        askedOf(this.#parts.fleet(), record.agentId, name, 'idempotent'),
        'names a version of another form',
      );
    return { version: version || wanted.version, ...rest };
  }

  async #read<T extends object>(
    record: ServerRecord,
    operation: Operation,
    shape: Shape<T>,
    limits: Limits,
  ): Promise<T> {
    const reply = await this.#ask(record, () => operation, limits);
    const { kind = 'idempotent' } = limits;
    return readAnswer(reply, shape, askedOf(this.#parts.fleet(), record.agentId, operation.case, kind));
  }

  async #ask(
    { agentId }: ServerRecord,
    operation: () => Operation | Promise<Operation>,
    { timeoutMs, signal, kind = 'idempotent' }: Limits,
  ): Promise<Reply> {
    const { awayMs } = this.#parts;
    const fleet = this.#parts.fleet();
    for (const end = performance.now() + awayMs; ; ) {
      try {
        return await fleet.execute(agentId, await operation(), { kind, timeoutMs, signal });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!isLost(error) || !(await agentReturned(fleet, agentId, signal, end - performance.now()))) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        if (performance.now() > end) throw error;
      }
    }
  }
}

/** Whether the agent was lost during its work, or is stopping: then it cancels its work. */
function isLost(error: unknown): boolean {
  return error instanceof DomainError && (error.code === 'agent_unreachable' || error.code === 'cancelled');
}
