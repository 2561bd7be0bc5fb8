import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { checkUnrestricted, type Grantable, maySee, seesSite } from '../access/grants.js';
import type { Permission } from '../access/permissions.js';
import type { Agents } from '../agents/agents.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { type EventType, newEvent } from '../events/types.js';
import { newId } from '../ids.js';
import { checkMayRename, checkName } from '../names.js';
import { checkDestination, type Destination, movedPart } from '../net/destination.js';
import { findNamed, put, remove, type Store, type Write } from '../store.js';
import { covers, type DatabaseRecord, type DatabaseType, databaseRecords } from './record.js';

/** A client's input to register a database. */
export interface DatabaseInput {
  readonly name: string;
  readonly type: DatabaseType;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly username: string;
  readonly password: string;
  readonly site?: string | null;
}

/** The servers whose environments name databases. */
export interface DatabaseClients {
  /** The servers that name a database. */
  of(databaseId: string): readonly (Grantable & { readonly name: string })[];
  /** The change that makes these servers reconnect: its writes, and how their agents learn of it once it is on disk. */
  reconnecting(databaseId: string): { readonly writes: readonly Write[]; tell(): Promise<void> };
}

export interface DatabaseParts {
  readonly store: Store;
  readonly agents: Agents;
  readonly clients: DatabaseClients;
}

/**
 * External databases: where they are, and how to sign in there. Environments of servers name them (`{{database:NAME}}`), and so do arguments of
 * workflows' steps; the hub fills in their values when it hands a server to its agent, and when a step runs.
 */
export class Databases {
  readonly #parts: DatabaseParts;

  constructor(parts: DatabaseParts) {
    this.#parts = parts;
  }

  /** The databases that the caller's grants cover, in the order of their making. */
  list(origin: RequestOrigin): DatabaseRecord[] {
    return [...this.#parts.store.list(databaseRecords)].filter((record) => covers(origin, record));
  }

  /** A database by id or name. @param permission the permission that the caller needs @throws DomainError `forbidden`, `not_found`. */
  get(origin: RequestOrigin, idOrName: string, permission: Permission = 'database.read'): DatabaseRecord {
    authorize(origin.caller, permission);
    const record = findNamed(this.#parts.store, databaseRecords, idOrName);
    if (!record || !covers(origin, record)) throw notFound('external database', idOrName);
    return record;
  }

  /** The servers whose environments name it. */
  servers({ id }: Pick<DatabaseRecord, 'id'>): ReturnType<DatabaseClients['of']> {
    return this.#parts.clients.of(id);
  }

  /** @throws DomainError `invalid_input`, `already_exists`, `forbidden`. */
  async create(origin: RequestOrigin, input: DatabaseInput): Promise<DatabaseRecord> {
    authorize(origin.caller, 'database.write');
    const { store } = this.#parts;
    checkName(input.name);
    this.#checkSite(origin, input.site);
    const { password, site = null, ...rest } = input;
    const now = Date.now();
    const id = newId();
    const sealedPassword = await store.seal(JSON.stringify({ password }), id);
    const record = { ...rest, site, id, sealedPassword, revision: 1, createdAt: now, updatedAt: now };
    checkAllowed(origin, record);
    await store.apply({
      by: origin.caller,
      writes: [put(databaseRecords, record, 'absent'), audit(origin, 'database.create', record, shown(record))],
      events: [event('database.created', record)],
    });
    return record;
  }

  /**
   * Changes a database. Absent fields stay; the password stays only if type, address, db_name and username stay. The same change makes the
   * servers that name it reconnect with its new values. Another name needs
   * the permission to change databases, because the password goes with the name.
   * @throws as {@link Databases.create}, and `not_found`, `conflict` (a name that servers use stays).
   */
  async update(origin: RequestOrigin, idOrName: string, input: Partial<DatabaseInput>): Promise<DatabaseRecord> {
    const { store } = this.#parts;
    const before = this.get(origin, idOrName, 'database.write');
    checkMayRename(origin, before.name, input.name, 'database.change');
    if (input.name !== undefined && input.name !== before.name) {
      checkName(input.name);
      this.#checkUnused(origin, before, 'be renamed');
    }
    this.#checkSite(origin, input.site);
    const { password, ...rest } = input;
    const sealed =
      password === undefined ? {} : { sealedPassword: await store.seal(JSON.stringify({ password }), before.id) };
    const { usedSite, ...kept } = before;
    const changed: DatabaseRecord = {
      ...kept,
      ...rest,
      ...sealed,
      revision: before.revision + 1,
      updatedAt: Date.now(),
    };
    const destinations = [destinationOf(before), destinationOf(changed)] as const;
    if (password === undefined) checkDestination(['password'], ...destinations);
    const stays = usedSite !== undefined && movedPart(...destinations) === undefined;
    const record: DatabaseRecord = stays ? { ...changed, usedSite } : changed;
    checkAllowed(origin, before);
    checkAllowed(origin, record);
    const { writes, tell } = this.#parts.clients.reconnecting(record.id);
    await store.apply({
      by: origin.caller,
      writes: [
        put(databaseRecords, record, before.revision),
        ...writes,
        audit(origin, 'database.update', record, { changed: Object.keys(input).sort() }),
      ],
      events: [event('database.updated', record)],
    });
    await tell();
    return record;
  }

  /** @throws DomainError `not_found`, `forbidden`, `conflict` (servers use it). */
  async delete(origin: RequestOrigin, idOrName: string): Promise<void> {
    const record = this.get(origin, idOrName, 'database.write');
    checkAllowed(origin, record);
    this.#checkUnused(origin, record, 'be deleted');
    await this.#parts.store.apply({
      by: origin.caller,
      writes: [remove(databaseRecords, record.id, record.revision), audit(origin, 'database.delete', record)],
      events: [event('database.deleted', record)],
    });
  }

  /** A site outside the grants passes here: the grants refuse it later, whether it exists or not. */
  #checkSite(origin: RequestOrigin, site: string | null | undefined): void {
    if (site === undefined || site === null || !seesSite(origin, { site })) return;
    const sites = this.#parts.agents.sites(origin).map(({ name }) => name);
    if (!sites.includes(site)) throw invalid('site', `unknown site '${site}'; known: ${sites.join(', ')}`);
  }

  /** The error gives only the number of the servers that the caller may not see. */
  #checkUnused({ caller }: RequestOrigin, record: DatabaseRecord, what: string): void {
    const users = this.servers(record);
    if (users.length === 0) return;
    const servers = users.filter((server) => !caller || maySee(caller, server)).map(({ name }) => name);
    const others = users.length - servers.length;
    const names = [...servers, ...(others > 0 ? [`${others} that this caller cannot see`] : [])].join(', ');
    throw new DomainError('conflict', `servers use '${record.name}', so it cannot ${what}: ${names}`, { servers });
  }
}

function checkAllowed(origin: RequestOrigin, record: DatabaseRecord): void {
  if (origin.caller && !covers(origin, record)) checkUnrestricted(origin.caller, 'change this database');
}

/**
 * The destination of the password. It includes the type, because each type of database has its own way to sign in. Servers may write all
 * fields into one text, such as a DSN, where the name of a database or user can name another host. At another site, the same address may be
 * another machine.
 */
function destinationOf({ type, host, port, databaseName, username, site }: DatabaseRecord): Destination {
  return { type, host: host.toLowerCase(), port: String(port), db_name: databaseName, username, site: site ?? '' };
}

/** The fields that an audit entry may hold. */
function shown({ type, host, port, databaseName, username, site }: DatabaseRecord): Record<string, unknown> {
  return { type, host, port, databaseName, username, site };
}

function audit(origin: RequestOrigin, action: string, record: DatabaseRecord, details: Record<string, unknown> = {}) {
  return changeAudit(origin, action, { type: 'database', id: record.id }, { name: record.name, ...details });
}

function event(type: EventType, { id, name, type: kind, site }: DatabaseRecord) {
  return newEvent(type, { databaseId: id, name, type: kind, ...(site === null ? {} : { site }) });
}
