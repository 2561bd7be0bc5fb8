import type { Fleet } from '../agents/fleet.js';
import { DomainError } from '../errors.js';
import { type ServerRecord, serverRecords } from '../servers/record.js';
import type { Store } from '../store.js';
import type { SourceCommands } from './commands.js';
import type { SourceCheck } from './source.js';

/** The answer of a server's source. */
export interface CheckedServer {
  readonly record: ServerRecord;
  /** The last answer of the source; `null` if it never answered. */
  readonly check: SourceCheck | null;
  /** The time of that answer, milliseconds since 1970; `null` if there is none. */
  readonly checkedAt: number | null;
  /** Why there is no newer answer, for people. */
  readonly error: string | null;
  /** The server has no versions: a plain program, a URL. */
  readonly unversioned: boolean;
}

interface Kept {
  readonly check: SourceCheck;
  readonly checkedAt: number;
}

export interface CheckParts {
  readonly store: Store;
  readonly commands: Pick<SourceCommands, 'check'>;
  readonly fleet: () => Fleet;
  /** How long a caller waits for a check, milliseconds. */
  readonly checkMs: number;
}

/** How long the hub uses a source's answer, milliseconds. */
const FRESH_MS = 300_000;
/** The most sources that the hub asks at once: in all, and at one agent. */
const AT_ONCE = { all: 16, perAgent: 4 };

/** The answers of servers' sources, kept for a time. In memory: after a restart the hub asks again. */
export class UpdateChecks {
  readonly #parts: CheckParts;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<SourceCheck>>();
  readonly #pool = new AgentPool(AT_ONCE);

  constructor(parts: CheckParts) {
    this.#parts = parts;
    parts.store.observe(({ writes }) => {
      // The version, command or source may have changed: the hub asks the source again.
      for (const { collection, id } of writes) if (collection === serverRecords.name) this.#kept.delete(id);
    }, serverRecords);
  }

  /** The answers of the servers' sources. The hub waits for them up to the limit; the next check has the late answers. */
  async of(records: readonly ServerRecord[], { refresh = false } = {}): Promise<CheckedServer[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `its source did not answer within ${this.#parts.checkMs / 1000} s`;
      timer = setTimeout(() => reject(new DomainError('timeout', message)), this.#parts.checkMs);
    });
    late.catch(() => {});
    try {
      return await Promise.all(records.map((record) => this.#known(record, refresh, late)));
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Asks a server's source now. @throws DomainError `conflict` for a source without versions, `agent_unreachable`, `timeout`,
   * `upstream_failed`.
   */
  async now(record: ServerRecord): Promise<SourceCheck> {
    if (record.transport.type !== 'stdio') throw unversioned(record);
    try {
      return await this.#ask(record);
    } catch (error) {
      throw isUnversioned(error) ? unversioned(record) : error;
    }
  }

  async #known(record: ServerRecord, refresh: boolean, late: Promise<never>): Promise<CheckedServer> {
    const known = (error: string | null, unversioned = false): CheckedServer => {
      const { check = null, checkedAt = null } = this.#kept.get(record.id) ?? {};
      return { record, check, checkedAt, error, unversioned };
    };
    if (record.transport.type !== 'stdio') return known(null, true);
    const kept = this.#kept.get(record.id);
    const ageMs = kept ? Date.now() - kept.checkedAt : -1;
    if (!refresh && ageMs >= 0 && ageMs < FRESH_MS) return known(null);
    try {
      await Promise.race([this.#ask(record), late]);
      return known(null);
    } catch (error) {
      if (isUnversioned(error)) return known(null, true);
      if (!(error instanceof DomainError)) throw error;
      return known(error.message);
    }
  }

  /** Calls that come while the hub asks the source share the answer. */
  #ask(record: ServerRecord): Promise<SourceCheck> {
    const known = this.#asking.get(record.id);
    if (known) return known;
    const asking = this.#askNow(record).finally(() => this.#asking.delete(record.id));
    this.#asking.set(record.id, asking);
    return asking;
  }

  async #askNow(record: ServerRecord): Promise<SourceCheck> {
    const { fleet, commands, store } = this.#parts;
    const { id, agentId, site, name } = record;
    if (!fleet().agent(agentId)) {
      const message = `the agent of server '${name}' at site '${site}' is not connected`;
      throw new DomainError('agent_unreachable', message, { site, outcome: 'not_run' });
    }
    const check = await this.#pool.run(agentId, () => commands.check(record));
    if (store.get(serverRecords, id)?.revision === record.revision)
      this.#kept.set(id, { check, checkedAt: Date.now() });
    return check;
  }
}

/** Whether an error is the agent's answer for a server without a source. */
function isUnversioned(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'invalid_input';
}

function unversioned({ name, transport }: ServerRecord): DomainError {
  const why = transport.type === 'stdio' ? 'is a program without a source' : 'is reached by its URL';
  return new DomainError('conflict', `server '${name}' ${why}: there are no versions of it to choose from`);
}

/** Bounds the work that runs at once, in all and for each agent: a slow site does not hold up the others. */
export class AgentPool {
  readonly #limits: { readonly all: number; readonly perAgent: number };
  readonly #waiting: { readonly agentId: string; readonly begin: () => void }[] = [];
  readonly #running = new Map<string, number>();
  #count = 0;

  constructor(limits: { readonly all: number; readonly perAgent: number }) {
    this.#limits = limits;
  }

  /** Does work once there is room for it. */
  async run<T>(agentId: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ agentId, begin });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#count -= 1;
      this.#of(agentId, -1);
      this.#next();
    }
  }

  #next(): void {
    while (this.#count < this.#limits.all) {
      const at = this.#waiting.findIndex(({ agentId }) => (this.#running.get(agentId) ?? 0) < this.#limits.perAgent);
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (!next) return;
      this.#count += 1;
      this.#of(next.agentId, 1);
      next.begin();
    }
  }

  #of(agentId: string, by: 1 | -1): void {
    const now = (this.#running.get(agentId) ?? 0) + by;
    if (now > 0) this.#running.set(agentId, now);
    else this.#running.delete(agentId);
  }
}
