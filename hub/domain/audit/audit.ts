import type { Caller, Door, RequestOrigin } from '../access/caller.js';
import { DomainError } from '../errors.js';
import { newId, timeOfId } from '../ids.js';
import { collection, put, type Write } from '../store.js';

/** One entry of the one audit log; ids are UUID v7, so the log is in order of time. */
export interface AuditEntry {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly action: string;
  /** `null` if the caller was not signed in. */
  readonly actor: {
    readonly type: 'user' | 'api_key' | 'agent' | 'system';
    readonly id: string;
    readonly name: string;
  } | null;
  readonly resource: { readonly type: string; readonly id: string; readonly serverId?: string } | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly success: boolean;
  readonly durationMs: number;
  readonly ip: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly api: Door | null;
}

/** Tool calls are nearly the whole log. Two indexes leave them out to save work in each call, and a query for them scans by time. */
export const TOOL_INVOKE = 'tool.invoke';

/** An agent refused a command, or reports another refusal, because the site's policy forbids it. */
export const POLICY_REFUSED = 'policy.refused';

/** The origins of entries that stand for no person or key. They have their own bounds, so that they do not displace the entries of callers. */
export const outsiders = ['agent', 'anonymous'] as const;

function outsiderOf({ action, actor, ip }: AuditEntry): (typeof outsiders)[number] | undefined {
  if (action === POLICY_REFUSED) return 'agent';
  // The hub's own entries have no address.
  return actor === null && ip !== '' ? 'anonymous' : undefined;
}

export const auditLog = collection<AuditEntry>('audit', 'audit entry', {
  action: { of: (entry) => (entry.action === TOOL_INVOKE ? undefined : [entry.action, entry.time]) },
  actor: { of: (entry) => (entry.actor ? [entry.actor.id, entry.time] : undefined) },
  resource: { of: (entry) => (entry.resource ? [entry.resource.type, entry.resource.id, entry.time] : undefined) },
  outsider: {
    of: (entry) => {
      const outsider = outsiderOf(entry);
      return outsider && [outsider, entry.time];
    },
  },
  resource_type: {
    of: (entry) => (entry.resource && entry.action !== TOOL_INVOKE ? [entry.resource.type, entry.time] : undefined),
  },
});

/** The action of an entry. */
export interface Audited {
  readonly action: string;
  readonly resource: AuditEntry['resource'];
  readonly details: Readonly<Record<string, unknown>>;
  readonly success: boolean;
  readonly durationMs: number;
}

/** Only the caller's identity: a user who is signing in is no full caller yet. */
export type AuditedOrigin = Omit<RequestOrigin, 'caller'> & {
  readonly caller: Pick<Caller, 'kind' | 'id' | 'name'> | null;
};

/** The limit of one member of an entry's details, characters of its texts and names: callers and agents give some of these texts. */
const MOST_OF_MEMBER = 16 * 1024;
/** A longer id of a resource is cut, characters. */
export const LONGEST_ID = 1024;

/** The write of an audit entry, to be part of the change that it is about. */
export function auditWrite(origin: AuditedOrigin, given: Audited): Write {
  // The arguments of a tool call are bounded already, and each call passes here.
  const audited = given.action === TOOL_INVOKE ? given : bounded(given);
  const { caller, ip, userAgent, requestId, api } = origin;
  const actor = caller ? { type: caller.kind, id: caller.id, name: caller.name } : null;
  const id = newId();
  // The id's own time: a range of ids and one of times then hold the same entries.
  const time = timeOfId(id);
  const { action, resource, details, success, durationMs } = audited;
  const entry = { id, time, actor, ip, userAgent, requestId, api, action, resource, details, success, durationMs };
  return put(auditLog, entry);
}

function bounded(audited: Audited): Audited {
  const { resource, details } = audited;
  const id = resource && resource.id.length > LONGEST_ID ? `${resource.id.slice(0, LONGEST_ID)} …` : resource?.id;
  return {
    ...audited,
    resource: resource && { ...resource, id: id ?? '' },
    details: Object.fromEntries(
      Object.entries(details).map(([name, value]) => [name, new Cut(MOST_OF_MEMBER).of(value)]),
    ),
  };
}

/** Copies a value as far as its texts and names fit, and notes what it leaves out. */
class Cut {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  of(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null) return value;
    const left = (count: number) => `… [cut: ${count} values]`;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) {
        if (this.#left <= 0) return [...items, left(value.length)];
        this.#left -= 1;
        items.push(this.of(item));
      }
      return items;
    }
    const members: Record<string, unknown> = {};
    const entries = Object.entries(value);
    for (const [name, item] of entries) {
      if (this.#left <= 0) return { ...members, '…': left(entries.length) };
      members[this.#text(name)] = this.of(item);
    }
    return members;
  }

  #text(text: string): string {
    const kept = Math.max(0, this.#left);
    this.#left -= text.length;
    return text.length <= kept ? text : `${text.slice(0, kept)} … [cut: ${text.length} characters]`;
  }
}

/** The write of the audit entry of a change, or of an action that has happened. The duration is that of the request up to now. */
export function changeAudit(
  origin: AuditedOrigin,
  action: string,
  resource: NonNullable<AuditEntry['resource']>,
  details: Readonly<Record<string, unknown>> = {},
): Write {
  return auditWrite(origin, { action, resource, details, success: true, durationMs: durationOf(origin) });
}

/** Whether this is a full caller; a user who is signing in is not. */
export function isCaller(caller: AuditedOrigin['caller']): caller is Caller {
  return caller !== null && 'role' in caller;
}

/** Milliseconds since the request came, to the microsecond; 0 for actions without a request. */
export function durationOf({ startedAt }: Pick<RequestOrigin, 'startedAt'>): number {
  return startedAt === undefined ? 0 : Math.round((performance.now() - startedAt) * 1000) / 1000;
}

/** The origin of the hub's own actions: first start, configuration. */
export const SYSTEM: RequestOrigin = { caller: null, ip: '', userAgent: '', requestId: '', api: null };

/**
 * Waits for the entry of a change that has taken effect outside of the hub. If the entry cannot be written, the failure says that the
 * outcome is open, so that no caller repeats the change.
 */
export async function writtenAfter(entry: Promise<unknown>): Promise<void> {
  await entry.catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(error.code, error.message, { ...error.details, outcome: 'unknown' });
  });
}
