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
  /** The site that it belongs to; `null` for none. */
  readonly site: string | null;
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
