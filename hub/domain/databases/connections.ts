import { DomainError, invalid } from '../errors.js';
import type { Store } from '../store.js';
import { type DatabaseRecord, databaseRecords } from './record.js';
import { mayRefer, type Reference, referenceFields, referencesIn, textsIn, withoutReferences } from './references.js';

/** A database by id or name. */
export function findDatabase(store: Pick<Store, 'get' | 'find'>, idOrName: string): DatabaseRecord | undefined {
  return (
    store.get(databaseRecords, idOrName) ?? store.find<DatabaseRecord>(databaseRecords, 'name', idOrName.toLowerCase())
  );
}

/**
 * The databases that a text refers to. @param field the text's field, for the error; @param isSeen whether the caller sees a database
 * @throws DomainError `invalid_input` where there is no such database, or a reference has no such field.
 */
export function databasesNamed(
  store: Pick<Store, 'get' | 'find'>,
  text: string,
  field: string,
  isSeen: (database: DatabaseRecord) => boolean = () => true,
): DatabaseRecord[] {
  return referencesIn(text).map((reference) => {
    if (!referenceFields.some((known) => known === reference.field))
      throw invalid(field, `a database has no '${reference.field}'; known: ${referenceFields.join(', ')}`);
    const found = findDatabase(store, reference.database);
    if (!found || !isSeen(found)) throw invalid(field, `there is no external database '${reference.database}'`);
    return found;
  });
}

/**
 * A copy of a JSON value with its references filled in. The copy holds secrets.
 * @throws DomainError `conflict` for a reference to a missing database.
 */
export async function withConnections<T>(store: Store, value: T): Promise<T> {
  const names = new Set<string>();
  for (const text of textsIn(value)) for (const { database } of referencesIn(text)) names.add(database);
  if (names.size === 0) return value;
  const fields = new Map(
    await Promise.all([...names].map(async (name) => [name, await fieldsOf(store, name)] as const)),
  );
  const resolve = ({ database, field }: Reference) => fields.get(database)?.[field] ?? '';
  return filledIn(value, (text) => withoutReferences(text, resolve)) as T;
}

async function fieldsOf(store: Store, name: string): Promise<Readonly<Record<Reference['field'], string>>> {
  const record = findDatabase(store, name);
  if (!record)
    throw new DomainError('conflict', `there is no external database '${name}' any more`, { database: name });
  const { id, host, port, databaseName, username, sealedPassword } = record;
  const { password } = JSON.parse(await store.unseal(sealedPassword, id)) as { readonly password: string };
  const url = connectionUrl({ ...record, password });
  return { url, host, port: String(port), name: databaseName, username, password };
}

function filledIn(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === 'string') return mayRefer(value) ? text(value) : value;
  if (Array.isArray(value)) return value.map((item) => filledIn(item, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, text)]));
}

type Connection = Pick<DatabaseRecord, 'type' | 'host' | 'port' | 'databaseName' | 'username'> & {
  readonly password: string;
};

/** The connection URL as the common client libraries of a kind of database read it. */
export function connectionUrl({ type, host, port, databaseName, username, password }: Connection): string {
  const secret = password === '' ? '' : `:${encodeURIComponent(password)}`;
  const who = username === '' && secret === '' ? '' : `${encodeURIComponent(username)}${secret}@`;
  const where = host.includes(':') ? `[${host}]` : host;
  return `${type}://${who}${where}:${port}/${encodeURIComponent(databaseName)}`;
}
