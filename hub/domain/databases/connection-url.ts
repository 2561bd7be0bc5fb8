import type { DatabaseRecord } from './record.js';

export type Connection = Pick<DatabaseRecord, 'type' | 'host' | 'port' | 'databaseName' | 'username'> & {
  readonly password: string;
};

/** The connection URL as the common client libraries of a kind of database read it. */
export function connectionUrl({ type, host, port, databaseName, username, password }: Connection): string {
  const secret = password === '' ? '' : `:${encodeURIComponent(password)}`;
  const who = username === '' && secret === '' ? '' : `${encodeURIComponent(username)}${secret}@`;
  const where = host.includes(':') ? `[${host}]` : host;
  return `${type}://${who}${where}:${port}/${encodeURIComponent(databaseName)}`;
}
