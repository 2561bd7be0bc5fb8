import type { RequestOrigin, Role } from '../access/caller.js';
import { isNarrowed, seesSite } from '../access/grants.js';
import { allows } from '../access/permissions.js';
import { DomainError } from '../errors.js';
import { collection } from '../store.js';

/** Kinds of databases whose connection URLs this hub can write. */
export const databaseTypes = ['postgresql', 'mysql', 'mariadb', 'mssql', 'oracle', 'mongodb', 'redis'] as const;
export type DatabaseType = (typeof databaseTypes)[number];

/** How an external database is reached (`seeds/004`, "External Database Configuration"). Servers and workflows name it where they need it. */
export interface DatabaseRecord {
  readonly id: string;
  readonly name: string;
  readonly type: DatabaseType;
  readonly host: string;
  readonly port: number;
  /** The database's own name at its server. */
  readonly databaseName: string;
  readonly username: string;
  /** JSON of `{password}`, sealed. */
  readonly sealedPassword: string;
  /** The site of the database; `null` for none. */
  readonly site: string | null;
  /** The site that a database without a site has got its statements from: its password goes to no other site. Absent before the first statement. */
  readonly usedSite?: string;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const databaseRecords = collection<DatabaseRecord>(
  'databases',
  'external database',
  {
    name: { of: (database) => database.name.toLowerCase(), unique: true },
  },
  { sealed: ({ id, sealedPassword }) => ({ text: sealedPassword, scope: id }) },
);

/** Whether a caller's grants cover a database: narrowed grants cover only databases of a site that they name. */
export function covers(origin: RequestOrigin, { site }: Pick<DatabaseRecord, 'site'>): boolean {
  if (site !== null) return seesSite(origin, { site });
  return origin.caller === null || !isNarrowed(origin.caller.grants);
}

const NAMING = 'server.execute';

/** Whether a role may name external databases in the environment of a program. */
export function mayName(role: Role | undefined): boolean {
  return role !== undefined && allows(role, NAMING);
}

/**
 * A caller who sets a program's environment can make the program reveal it. So only callers who may run any command at a site may name a
 * database there: their servers could sign in to it anyway. @throws DomainError `forbidden`.
 */
export function checkMayName({ caller }: RequestOrigin, field: string): void {
  if (!caller || mayName(caller.role)) return;
  const permission = NAMING;
  const message = `${field}: external databases are named by those who may register commands, not by role ${caller.role}`;
  throw new DomainError('forbidden', message, { permission, field });
}
