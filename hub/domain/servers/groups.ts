import { authorize } from '../access/authorize.js';
import { type Caller, payerOf, type RequestOrigin } from '../access/caller.js';
import { checkUnrestricted, mayKnowGroup, maySee } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { newId } from '../ids.js';
import { Mirror } from '../mirror.js';
import { isoNow } from '../moments.js';
import { checkName } from '../names.js';
import { retrying } from '../retrying.js';
import { collection, type NewEvent, put, remove, type Store, type Write } from '../store.js';
import { type ServerRecord, serverRecords } from './record.js';
import type { ServerRegistry } from './registry.js';

interface GroupInput {
  readonly name: string;
  readonly description?: string;
  readonly color?: string;
  readonly icon?: string;
  readonly sortOrder?: number;
}

/** A group, with the number of its servers that the caller may see. */
export interface GroupView {
  readonly record: GroupRecord;
  readonly serverCount: number;
}

const DEFAULT_COLOR = '#6366f1';
const DEFAULT_ICON = 'server';
/** How often the hub tries a change again when other changes came first. */
const ATTEMPTS = 10;
/** The most groups that one payer (`payerOf`) without role admin makes. */
const MOST_OF_PAYER = 100;

/** Groups of servers. Making, changing and deleting them is for callers whose grants narrow nothing. */
export class Groups {
  readonly #store: Store;
  readonly #groups: GroupRegistry;
  readonly #servers: ServerRegistry;

  constructor(store: Store, groups: GroupRegistry, servers: ServerRegistry) {
    this.#store = store;
    this.#groups = groups;
    this.#servers = servers;
  }

  /** The groups that the caller may see, by sort order and then by name. */
  list({ caller }: RequestOrigin): GroupView[] {
    const counts = new Map<string, number>();
    for (const server of this.#servers.all()) {
      if (server.groupId === null || (caller && !maySee(caller, server))) continue;
      counts.set(server.groupId, (counts.get(server.groupId) ?? 0) + 1);
    }
    const views: GroupView[] = [];
    for (const record of this.#groups.all()) {
      const serverCount = counts.get(record.id) ?? 0;
      if (!caller || mayKnowGroup(caller, record.id, () => serverCount > 0)) views.push({ record, serverCount });
    }
    return views.sort((a, b) => a.record.sortOrder - b.record.sortOrder || a.record.name.localeCompare(b.record.name));
  }

  /** A group by id or name. @throws DomainError `not_found`. */
  get({ caller }: RequestOrigin, idOrName: string): GroupView {
    const record = this.#groups.find(idOrName);
    if (!record) throw notFound('group', idOrName);
    const seen = this.#members(record.id).filter((server) => !caller || maySee(caller, server));
    if (caller && !mayKnowGroup(caller, record.id, () => seen.length > 0)) throw notFound('group', idOrName);
    return { record, serverCount: seen.length };
  }

  /** @throws DomainError `invalid_input`, `already_exists` (names are unique without regard to case), `forbidden`, `conflict` (too many). */
  async create(origin: RequestOrigin, input: GroupInput): Promise<GroupView> {
    checkAllowed(origin, 'make groups');
    checkName(input.name);
    this.#checkNumber(origin.caller);
    const now = Date.now();
    const record: GroupRecord = {
      id: newId(),
      name: input.name,
      description: input.description ?? '',
      color: input.color ?? DEFAULT_COLOR,
      icon: input.icon ?? DEFAULT_ICON,
      sortOrder: input.sortOrder ?? 0,
      revision: 1,
      createdAt: now,
      updatedAt: now,
      ...(origin.caller ? { countedAs: payerOf(origin.caller) } : {}),
    };
    const writes = [put(groupRecords, record, 'absent'), audit(origin, 'group.create', record)];
    await this.#store.apply({ by: origin.caller, writes, events: [event('group.created', record)] });
    return { record, serverCount: 0 };
  }

  /** Changes a group; absent fields stay. @throws as {@link Groups.create}, and `not_found`, `conflict`. */
  async update(origin: RequestOrigin, idOrName: string, input: Partial<GroupInput>): Promise<GroupView> {
    checkAllowed(origin, 'change groups');
    const { record: before, serverCount } = this.get(origin, idOrName);
    if (input.name !== undefined) checkName(input.name);
    const record: GroupRecord = {
      ...before,
      name: input.name ?? before.name,
      description: input.description ?? before.description,
      color: input.color ?? before.color,
      icon: input.icon ?? before.icon,
      sortOrder: input.sortOrder ?? before.sortOrder,
      revision: before.revision + 1,
      updatedAt: Date.now(),
    };
    const writes = [
      put(groupRecords, record, before.revision),
      audit(origin, 'group.update', record, { changed: Object.keys(input) }),
    ];
    await this.#store.apply({ by: origin.caller, writes, events: [event('group.updated', record)] });
    return { record, serverCount };
  }

  /** Deletes a group; its servers are ungrouped in the same change. @throws DomainError `not_found`, `forbidden`. */
  async delete(origin: RequestOrigin, idOrName: string): Promise<void> {
    checkAllowed(origin, 'delete groups');
    const groupId = this.get(origin, idOrName).record.id;
    await retrying(this.#store, ATTEMPTS, () => {
      const { record } = this.get(origin, groupId);
      const members = this.#members(groupId);
      const writes = [
        remove(groupRecords, groupId, record.revision),
        ...members.map((server) => moved(server, null)),
        audit(origin, 'group.delete', record, { ungrouped: members.map(({ id }) => id) }),
      ];
      return this.#store.apply({ by: origin.caller, writes, events: [event('group.deleted', record)] });
    });
    // A change that was not on disk yet when the members were listed may have added a server.
    await retrying(this.#store, ATTEMPTS, async () => {
      const late = this.#members(groupId);
      if (late.length > 0) await this.#store.apply({ by: null, writes: late.map((server) => moved(server, null)) });
    });
  }

  /**
   * Puts servers (ids or names) into a group, all of them or none; a server leaves the group that it was in.
   * @throws DomainError `not_found` (the group), `invalid_input` (an unknown server), `forbidden`.
   */
  async addServers(origin: RequestOrigin, idOrName: string, servers: readonly string[]): Promise<GroupView> {
    authorize(origin.caller, 'group.write');
    const groupId = this.get(origin, idOrName).record.id;
    await retrying(this.#store, ATTEMPTS, async () => {
      const { record } = this.get(origin, groupId);
      const joining = new Map(
        servers.map((wanted, i) => {
          const server = this.#visible(origin, wanted, i, groupId);
          return [server.id, server];
        }),
      );
      const changed = [...joining.values()].filter((server) => server.groupId !== groupId);
      const writes = [
        groupGuard(this.#groups, groupId),
        ...changed.map((server) => moved(server, groupId)),
        audit(origin, 'group.update', record, { servers: changed.map(({ id }) => id) }),
      ];
      await this.#store.apply({
        by: origin.caller,
        writes,
        events: changed.length > 0 ? [event('group.updated', record)] : [],
      });
    });
    return this.get(origin, groupId);
  }

  #visible({ caller }: RequestOrigin, idOrName: string, i: number, groupId: string): ServerRecord {
    const server = this.#servers.find(idOrName, caller);
    if (!server || (caller && !maySee(caller, server)))
      throw invalid(`serverIds.${i}`, `no server '${idOrName.slice(0, 100)}'`);
    if (caller && !maySee(caller, { ...server, groupId }))
      throw new DomainError('forbidden', "this key's grants do not cover the server in that group");
    return server;
  }

  /** @throws DomainError `conflict` if a caller without role admin has made its part of the groups. */
  #checkNumber(caller: Caller | null): void {
    if (caller === null || caller.role === 'admin') return;
    const payer = payerOf(caller);
    const made = [...this.#groups.all()].filter(({ countedAs }) => countedAs === payer).length;
    if (made >= MOST_OF_PAYER)
      throw new DomainError('conflict', `you have made ${MOST_OF_PAYER} groups already: delete some of them first`);
  }

  #members(groupId: string): ServerRecord[] {
    return [...this.#servers.all()].filter((server) => server.groupId === groupId);
  }
}

function checkAllowed({ caller }: RequestOrigin, action: string): void {
  authorize(caller, 'group.write');
  if (caller) checkUnrestricted(caller, action);
}

function moved(server: ServerRecord, groupId: string | null): Write {
  const { revision } = server;
  return put(serverRecords, { ...server, groupId, revision: revision + 1, updatedAt: Date.now() }, revision);
}

function event(type: string, { id, name }: GroupRecord): NewEvent {
  return { type, data: { groupId: id, groupName: name, timestamp: isoNow() } };
}

function audit(origin: RequestOrigin, action: string, { id, name }: GroupRecord, details = {}): Write {
  return changeAudit(origin, action, { type: 'group', id }, { name, ...details });
}

/** A named set of servers; a server is in one group or in none (its `groupId`). */
interface GroupRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `#rrggbb`. */
  readonly color: string;
  /** The name of an icon, for user interfaces. */
  readonly icon: string;
  /** Groups are listed by this, then by name. */
  readonly sortOrder: number;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The payer (`payerOf`) of the caller that made it; absent for the hub's own, and for groups of earlier versions. */
  readonly countedAs?: string;
}

export const groupRecords = collection<GroupRecord>('groups', 'group', {
  name: { of: (group) => group.name.toLowerCase(), unique: true },
});

/** All groups, in memory. */
export class GroupRegistry extends Mirror<GroupRecord> {
  constructor(store: Store) {
    super(store, groupRecords);
  }

  find(idOrName: string): GroupRecord | undefined {
    const name = idOrName.toLowerCase();
    return this.byId(idOrName) ?? [...this.all()].find((group) => group.name.toLowerCase() === name);
  }
}

/**
 * The guard of a change that puts a server into a group: the change fails (`conflict`) if the group was changed or deleted meanwhile.
 * @throws DomainError `invalid_input` if there is no such group.
 */
export function groupGuard(groups: GroupRegistry, groupId: string): Write {
  const group = groups.byId(groupId);
  if (!group) throw unknownGroup(groupId);
  return put(groupRecords, group, group.revision);
}

export function unknownGroup(groupId: string) {
  return invalid('groupId', `no group '${groupId}'`);
}
