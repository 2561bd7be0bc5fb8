import type { Role } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { type Agents, type AgentView, certificateEnd } from '../agents/agents.js';
import type { Fleet } from '../agents/fleet.js';
import type { Breakers } from '../breakers/breakers.js';
import type { ApiKeys } from '../people/keys/keys.js';
import type { ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Committed, JournalEvent } from '../store.js';
import type { UpdateOutcomes } from '../updates/job.js';
import type { AlertRule } from './rule.js';
import type { UsageWatch, Use } from './usage.js';

/** A rule's measurement of one thing. */
export interface Measurement {
  /** Id of the server, agent or key. */
  readonly subject: string;
  readonly name: string;
  readonly serverId: string | null;
  readonly site: string | null;
  /** The owner of a key: only the owner and admins see the alert. */
  readonly ownerId?: string;
  /** The role of a key: a weaker key of the same owner does not see the alert. */
  readonly leastRole?: Role;
  readonly value: number;
  /** `false`: too little is known to raise an alert. */
  readonly mayRaise: boolean;
  /** `false`: too little is known to resolve an alert. */
  readonly mayClear: boolean;
}

export interface MeasurementParts {
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly breakers: Breakers;
  readonly agents: Agents;
  readonly fleet: () => Fleet;
  readonly keys: ApiKeys;
  readonly usage: UsageWatch;
  readonly updates: Pick<UpdateOutcomes, 'failed' | 'keep'>;
  /** The hub's own certificates. */
  readonly certificates: () => readonly OwnCertificate[];
}

/** A certificate of the hub. */
export interface OwnCertificate {
  readonly id: string;
  /** Its purpose, for people. */
  readonly name: string;
  /** When it expires, milliseconds since 1970. */
  readonly notAfter: number;
}

const DAY_MS = 86_400_000;
/** Lost connections that are kept for each server. */
const KEPT_LOSSES = 1000;

/** Measures the subjects of rules, from the domain's memory. */
export class Measurements {
  readonly #parts: MeasurementParts;
  readonly #startedAt = Date.now();
  readonly #calls = new RecentCalls();
  /** When servers lost their connection. */
  readonly #losses = new Map<string, number[]>();
  /** Since when a server or agent that should be connected is not. */
  readonly #awaySince = new Map<string, number>();

  constructor(parts: MeasurementParts) {
    this.#parts = parts;
    parts.observed.onChange((serverId, now, before) => {
      if (now.state === 'connected') this.#awaySince.delete(serverId);
      else if (before.state === 'connected') this.#lost(serverId);
    });
  }

  /** Counts the calls of a commit. */
  take({ events }: Committed): void {
    for (const event of events) this.#calls.take(event);
  }

  /** Forgets deleted servers and agents. */
  tidy(): void {
    const { registry, agents, updates } = this.#parts;
    const there = new Set(Array.from(registry.all(), ({ id }) => id));
    updates.keep(there);
    this.#calls.keep(there);
    for (const id of this.#losses.keys()) if (!there.has(id)) this.#losses.delete(id);
    for (const { record } of agents.list()) there.add(record.id);
    for (const id of this.#awaySince.keys()) if (!there.has(id)) this.#awaySince.delete(id);
  }

  of(rule: AlertRule, now: number): Measurement[] {
    const { registry, agents, keys, certificates } = this.#parts;
    switch (rule.id) {
      case 'agent_offline':
        return agents.list().map((agent) => this.#offline(agent, now));
      case 'certificate_expiring':
        return [
          ...agents.list().flatMap((agent) => certificate(agent, now)),
          ...certificates().map((own) => measurement({ ...own, site: null }, null, (own.notAfter - now) / DAY_MS)),
        ];
      case 'site_memory':
        return this.#ofMachines('memory');
      case 'site_disk':
        return this.#ofMachines('disk');
      case 'key_expiring':
        return keys.list(null).flatMap((key) => {
          const { id, name, createdAt, expiresAt } = key;
          if (expiresAt === null || expiresAt <= now) return [];
          // A key that was made for less time than the threshold would raise its alert when it is made.
          if (expiresAt - createdAt <= rule.threshold * DAY_MS) return [];
          const days = (expiresAt - now) / DAY_MS;
          const seenBy = { ownerId: ownerOf(key), leastRole: keys.roleOf(id) ?? 'admin' } as const;
          return [{ ...measurement({ id, name, site: null }, null, days), ...seenBy }];
        });
      default:
        return [...registry.all()].flatMap((server) => this.#ofServer(rule, server, now) ?? []);
    }
  }

  #ofServer(rule: AlertRule, server: ServerRecord, now: number): Measurement | null {
    const { breakers, updates } = this.#parts;
    const windowMs = (rule.windowSeconds ?? 0) * 1000;
    const of = (value: number) => measurement(server, server.id, value);
    // Events before the hub's start are unknown.
    const young = now - this.#startedAt < windowMs;
    switch (rule.id) {
      case 'server_down':
        return this.#down(server, now);
      case 'server_flapping': {
        const losses = this.#losses.get(server.id)?.filter((time) => time > now - windowMs) ?? [];
        return { ...of(losses.length), mayClear: !young };
      }
      case 'server_memory':
        return used(server, server.id, this.#parts.usage.server(server.id, server.agentId)?.memory);
      case 'server_disk':
        return used(server, server.id, this.#parts.usage.server(server.id, server.agentId)?.disk);
      case 'update_failed': {
        const failed = updates.failed(server.id);
        return { ...of(failed === true ? 1 : 0), mayClear: failed === false };
      }
      case 'breaker_open':
        return of(breakers.view(server).state === 'closed' ? 0 : 1);
      default: {
        const { count, errorRate, p95Ms } = this.#calls.figures(server.id, now - windowMs);
        const enough = count >= (rule.minimumCalls ?? 0);
        const value = rule.id === 'error_rate' ? errorRate : p95Ms;
        return { ...of(value), mayRaise: enough, mayClear: enough || !young };
      }
    }
  }

  /** The hub's machine, and those of the agents. */
  #ofMachines(what: 'memory' | 'disk'): Measurement[] {
    const { agents, usage } = this.#parts;
    const hub = used(hubMachine, null, usage.hub?.[what]);
    return [hub, ...agents.list().map(({ record }) => used(record, null, usage.agent(record.id)?.[what]))];
  }

  /** `null` for a server that is not meant to run. */
  #down(server: ServerRecord, now: number): Measurement | null {
    const { observed, fleet } = this.#parts;
    if (!server.enabled || !server.wanted) {
      this.#awaySince.delete(server.id);
      return null;
    }
    const up = observed.get(server.id).state === 'connected';
    const value = up ? 0 : this.#away(server.id, now);
    // An agent that is away has its own alert. The state of its servers is unknown.
    const known = up || fleet().agent(server.agentId) !== undefined;
    return { ...measurement(server, server.id, value), mayRaise: known, mayClear: known };
  }

  #offline({ record, connection }: AgentView, now: number): Measurement {
    if (connection) this.#awaySince.delete(record.id);
    return measurement(record, null, connection ? 0 : this.#away(record.id, now));
  }

  /** For how long it has been away, seconds; never 0, which means connected. */
  #away(id: string, now: number): number {
    const since = this.#awaySince.get(id) ?? now;
    this.#awaySince.set(id, since);
    return Math.max(0.001, (now - since) / 1000);
  }

  #lost(serverId: string): void {
    // The server stops because a caller asked for it: this is no lost connection.
    const server = this.#parts.registry.byId(serverId);
    if (!server?.enabled || !server.wanted) return;
    const losses = this.#losses.get(serverId) ?? [];
    losses.push(Date.now());
    if (losses.length > KEPT_LOSSES) losses.shift();
    this.#losses.set(serverId, losses);
  }
}

function certificate({ record }: AgentView, now: number): Measurement[] {
  const notAfter = certificateEnd(record);
  if (notAfter === undefined) return [];
  return [measurement({ ...record, name: `agent '${record.name}'` }, null, (notAfter - now) / DAY_MS)];
}

const hubMachine = { id: 'hub', name: 'the hub', site: null };

/** An unknown value neither raises nor resolves an alert. */
function used(subject: Parameters<typeof measurement>[0], serverId: string | null, use: Use | undefined): Measurement {
  const known = use !== undefined && use.totalBytes > 0;
  return {
    ...measurement(subject, serverId, known ? use.usedBytes / use.totalBytes : 0),
    mayRaise: known,
    mayClear: known,
  };
}

function measurement(
  { id, name, site }: { readonly id: string; readonly name: string; readonly site: string | null },
  serverId: string | null,
  value: number,
): Measurement {
  return { subject: id, name, site, serverId, value, mayRaise: true, mayClear: true };
}

/** How many calls of each server are kept. */
const KEPT = 512;

interface Call {
  readonly time: number;
  readonly durationMs: number;
  readonly success: boolean;
}

/** The figures of a server's last calls. */
export interface CallFigures {
  readonly count: number;
  /** Share of calls that failed, 0 to 1; 0 without calls. */
  readonly errorRate: number;
  /** The 95th percentile of their durations, milliseconds; 0 without calls. */
  readonly p95Ms: number;
}

const NONE: CallFigures = { count: 0, errorRate: 0, p95Ms: 0 };

/** The last calls of each server, from the journal's events: counting a call only fills a place in a ring. */
export class RecentCalls {
  readonly #byServer = new Map<string, { readonly ring: Call[]; next: number }>();

  take({ type, serverId, time, data }: JournalEvent): void {
    if (serverId === undefined || (type !== 'tool.invoked' && type !== 'tool.error')) return;
    let calls = this.#byServer.get(serverId);
    if (!calls) {
      calls = { ring: [], next: 0 };
      this.#byServer.set(serverId, calls);
    }
    calls.ring[calls.next] = { time, durationMs: Number(data.durationMs), success: type === 'tool.invoked' };
    calls.next = (calls.next + 1) % KEPT;
  }

  /** The figures of calls since a time, milliseconds since 1970. */
  figures(serverId: string, since: number): CallFigures {
    const calls = this.#byServer.get(serverId)?.ring.filter(({ time }) => time >= since) ?? [];
    if (calls.length === 0) return NONE;
    const durations = calls.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    return {
      count: calls.length,
      errorRate: calls.filter(({ success }) => !success).length / calls.length,
      p95Ms: durations[Math.ceil(durations.length * 0.95) - 1] ?? 0,
    };
  }

  /** Forgets all servers but these. */
  keep(serverIds: ReadonlySet<string>): void {
    for (const id of this.#byServer.keys()) if (!serverIds.has(id)) this.#byServer.delete(id);
  }
}
