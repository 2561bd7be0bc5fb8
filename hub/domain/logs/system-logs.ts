import { authorize } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import { isNarrowed, maySee } from '../access/grants.js';
import type { AgentRecord, Agents } from '../agents/agents.js';
import { ask, unreadable } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import { optional, type Shape } from '../agents/shape.js';
import { type Redactor, redactorOf } from '../audit/redactor.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, notFound } from '../errors.js';
import { mapInTurns } from '../event-loop.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import { holdsText, type LogQuery, type LogRecord, levelOf, type OwnLog, wireLevels } from './entry.js';

/** How long a search may take at each place, and how long the hub waits for an agent's answer, milliseconds. */
const BUDGET_MS = 3000;
const ANSWER_MS = 8000;
/** The most matches that a search for a text counts at each place. */
const MOST_COUNTED = 1000;

/** `HUB` stands for the hub's own log in place of a server's name, and `AGENT` begins an agent's log: no server's name holds a slash. */
const HUB = 'hub';
const AGENT = 'agent/';

/** An entry with its source. */
export interface SystemLogRecord extends LogRecord {
  /** A server's name, `hub`, or `agent/` and an agent's name. */
  readonly server: string;
}

/** An agent that did not answer. */
export interface Unanswered {
  readonly site: string;
  readonly agent: string;
  readonly reason: string;
}

export interface SystemLogPage {
  /** Newest first. */
  readonly entries: readonly SystemLogRecord[];
  readonly total: number;
  /** Whether `total` counts all; it does not if a search hit its bound. `unanswered` lists agents that did not answer. */
  readonly complete: boolean;
  readonly unanswered: readonly Unanswered[];
}

/** The question to one agent. */
interface Question {
  readonly agent: AgentRecord;
  readonly serverIds: readonly string[];
  readonly own: boolean;
}

interface Part {
  readonly entries: readonly SystemLogRecord[];
  readonly total: number;
  readonly complete: boolean;
}

export interface SystemLogParts {
  readonly agents: Agents;
  readonly registry: ServerRegistry;
  readonly fleet: () => Fleet;
  readonly redactor: Redactor;
  readonly own: OwnLog | undefined;
}

/** All logs as one. The logs of servers and agents are searched where they lie, and never copied to the hub. */
export class SystemLogs {
  readonly #parts: SystemLogParts;

  constructor(parts: SystemLogParts) {
    this.#parts = parts;
  }

  /**
   * Grants narrow it to the servers that they cover; the logs of the hub and the agents are for callers without narrowed grants.
   * @param server a server's id or name, `hub`, or `agent/` and a name; absent: all
   * @throws DomainError `not_found`, `forbidden`, `cancelled`.
   */
  async search(
    caller: Caller,
    server: string | undefined,
    query: LogQuery,
    signal: Cancellation,
  ): Promise<SystemLogPage> {
    authorize(caller, 'server.logs');
    const { hub, questions } = this.#whom(caller, server);
    const unanswered: Unanswered[] = [];
    const asked = questions.map(async (question): Promise<Part> => {
      try {
        return await this.#ask(question, query, signal);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code === 'cancelled') throw error;
        unanswered.push({ site: question.agent.site, agent: question.agent.name, reason: error.message });
        return { entries: [], total: 0, complete: true };
      }
    });
    const parts = await Promise.all([...(hub ? [this.#searchOwn(query, signal)] : []), ...asked]);
    // An entry from the future would stand above the newest entries of all sites.
    const now = Date.now();
    const entries = parts
      .flatMap((part) => part.entries)
      .map((entry) => (entry.timeMs > now ? { ...entry, timeMs: now } : entry))
      .sort((a, b) => b.timeMs - a.timeMs);
    return {
      entries: entries.slice(0, query.limit),
      total: parts.reduce((sum, { total }) => sum + total, 0),
      complete: parts.every(({ complete }) => complete),
      unanswered: unanswered.sort((a, b) => a.site.localeCompare(b.site) || a.agent.localeCompare(b.agent)),
    };
  }

  #whom(caller: Caller, wanted: string | undefined): { hub: boolean; questions: Question[] } {
    const { agents, registry } = this.#parts;
    const all = agents.list().map(({ record }) => record);
    const server = wanted === undefined ? undefined : registry.find(wanted, caller);
    // A server may have this name: it comes first.
    if (wanted !== undefined && !server) return this.#ownOf(caller, wanted, all);
    if (server && !maySee(caller, server)) throw notFound('server', wanted ?? '');
    const unrestricted = seesOwnLogs(caller);
    const own = server === undefined && unrestricted;
    const questions = all.map((agent): Question => {
      const servers = server ? [server].filter(({ agentId }) => agentId === agent.id) : registry.ofAgent(agent.id);
      return { agent, own, serverIds: servers.filter((each) => maySee(caller, each)).map(({ id }) => id) };
    });
    return { hub: own, questions: questions.filter((question) => question.own || question.serverIds.length > 0) };
  }

  #ownOf(caller: Caller, wanted: string, all: readonly AgentRecord[]): { hub: boolean; questions: Question[] } {
    const name = wanted.toLowerCase();
    const isHub = name === HUB;
    const named = all.filter((agent) => `${AGENT}${agent.name.toLowerCase()}` === name);
    // Asked first, so that the answer does not tell whether there is such an agent.
    if ((isHub || name.startsWith(AGENT)) && !seesOwnLogs(caller))
      throw new DomainError('forbidden', "this key's grants do not cover that log");
    if (!isHub && named.length === 0) throw notFound('server', wanted);
    return { hub: isHub, questions: named.map((agent) => ({ agent, own: true, serverIds: [] })) };
  }

  /**
   * The agent searches the text that its servers wrote, and the hub looks again in the text that the caller may see. So a search reveals
   * nothing of a secret: entries that hold the text only in a secret are not counted, and the hub asks for older entries in their place.
   */
  async #ask(question: Question, query: LogQuery, signal: Cancellation): Promise<Part> {
    if (query.text === '') return this.#askOnce(question, query, BUDGET_MS, signal);
    const end = performance.now() + BUDGET_MS;
    const found: SystemLogRecord[] = [];
    let { untilMs } = query;
    for (;;) {
      const wanted = { ...query, untilMs, limit: MOST_COUNTED };
      const { entries, total, complete } = await this.#askOnce(question, wanted, end - performance.now(), signal);
      const isWhole = total <= entries.length;
      const oldest = Math.min(...entries.map(({ timeMs }) => timeMs));
      // Further entries of the oldest moment may not have fitted: the next answer has all of them.
      const newer = isWhole ? entries : entries.filter(({ timeMs }) => timeMs > oldest);
      found.push(...(newer.length > 0 ? newer : entries).filter((entry) => holdsText(entry, query.text)));
      // The answer must not depend on older matches: they may be in secrets.
      if (found.length >= MOST_COUNTED)
        return { entries: found.slice(0, MOST_COUNTED), total: MOST_COUNTED, complete: false };
      if (isWhole || !complete || performance.now() >= end || entries.length === 0)
        return { entries: found, total: found.length, complete: complete && isWhole };
      untilMs = newer.length > 0 ? oldest + 1 : oldest;
    }
  }

  async #askOnce(
    { agent, serverIds, own }: Question,
    { level, sinceMs, untilMs, text, limit }: LogQuery,
    budgetMs: number,
    signal: Cancellation,
  ): Promise<Part> {
    const { registry, fleet } = this.#parts;
    const levels = level ? wireLevels[level] : [];
    const budget = Math.max(1, Math.ceil(budgetMs));
    const value = { serverIds, own, sinceMs, untilMs, levels, query: text, limit, budgetMs: budget };
    const options = { kind: 'read', timeoutMs: ANSWER_MS, signal } as const;
    const answer = await ask<AgentAnswer>(fleet(), agent.id, { case: 'searchLog', value }, searchAnswer, options);
    const isCount = Number.isSafeInteger(answer.total) && answer.total >= 0;
    if (!isCount || answer.entries.some(({ entry }) => Number.isNaN(Date.parse(entry.timestamp))))
      throw unreadable({ agent: agent.name, operation: 'searchLog', kind: 'read' });
    // The hub ignores an agent's entries about servers that it did not ask for.
    const asked = answer.entries.filter(({ server }) => (server === '' ? own : serverIds.includes(server)));
    const redacted = ({ server, entry }: (typeof asked)[number]): SystemLogRecord => {
      const { timestamp, level, source, message, metadata } = entry;
      const record = server === '' ? undefined : registry.byId(server);
      return this.#redacted(
        {
          timeMs: Date.parse(timestamp),
          level,
          server: server === '' ? `${AGENT}${agent.name}` : (record?.name ?? server),
          message,
          metadata: { source, ...metadata, site: agent.site },
        },
        record,
      );
    };
    const entries = await mapInTurns(asked, redacted, { signal });
    return { entries, total: answer.total, complete: answer.complete };
  }

  async #searchOwn(query: LogQuery, signal: Cancellation): Promise<Part> {
    const { own } = this.#parts;
    if (!own) return { entries: [], total: 0, complete: true };
    const shown = (entry: LogRecord) =>
      this.#redacted({ ...entry, server: HUB, metadata: { source: HUB, ...entry.metadata } });
    const { entries, total, complete } = await own.search(query, BUDGET_MS, shown, signal);
    return { entries: entries.map((entry) => ({ ...entry, server: HUB })), total, complete };
  }

  #redacted(entry: SystemLogRecord, server?: ServerRecord): SystemLogRecord {
    const redactor = server ? redactorOf(this.#parts.redactor, server) : this.#parts.redactor;
    const level = levelOf(entry.level);
    const metadata = redactor.details(entry.metadata);
    return { ...entry, level, message: redactor.text(entry.message), metadata };
  }
}

/** Whether a caller may read the logs of the hub and of the agents. */
function seesOwnLogs({ grants, ofTools }: Caller): boolean {
  return !ofTools && !isNarrowed(grants);
}

/** The contract's answer to `SearchLog`. */
interface AgentAnswer {
  readonly entries: readonly {
    readonly server: string;
    readonly entry: {
      readonly timestamp: string;
      readonly level: string;
      readonly source: string;
      readonly message: string;
      readonly metadata?: Readonly<Record<string, unknown>>;
    };
  }[];
  readonly total: number;
  readonly complete: boolean;
}

const searchAnswer: Shape<AgentAnswer> = {
  entries: [
    {
      server: 'text',
      entry: {
        timestamp: 'text',
        level: 'text',
        source: 'text',
        message: 'document',
        metadata: optional({ '*': 'any' }),
      },
    },
  ],
  total: 'number',
  complete: 'flag',
};
