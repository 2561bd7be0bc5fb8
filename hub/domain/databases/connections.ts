import { DomainError, invalid } from '../errors.js';
import { findNamed, type Store } from '../store.js';
import { type DatabaseRecord, databaseRecords } from './record.js';

/** The parts of a database that a reference may name; the default is its connection URL. */
const referenceFields = ['url', 'host', 'port', 'name', 'username', 'password'] as const;
export type ReferenceField = (typeof referenceFields)[number];

/** `{{database:NAME}}` or `{{database:NAME|FIELD}}`; NAME is a name or an id. */
interface Reference {
  readonly database: string;
  readonly field: ReferenceField;
}

// The code trims blanks afterwards: a pattern with optional blanks would take cubic time.
const reference = /\{\{database:([^{}|]*)(?:\|([^{}|]*))?\}\}/g;
/** The same with a workflow's parameter in place of the name: `{{database:${db}}}`. */
const byParameter = /\{\{database:[ \t]*\$\{([A-Za-z0-9_]+)\}[ \t]*(?:\|[^{}|]*)?\}\}/g;

/** Whether a text may hold references: a quick look. */
export function mayRefer(text: string): boolean {
  return text.includes('{{database:');
}

/** The references in a text. The caller of this function checks the fields. */
export function referencesIn(text: string): { readonly database: string; readonly field: string }[] {
  if (!mayRefer(text)) return [];
  const all = Array.from(text.matchAll(reference), ([, name = '', field]) => partsOf(name, field));
  return all.filter(({ database }) => database !== '');
}

/** The text with each reference replaced. @param resolve gives a reference's value */
export function withoutReferences(text: string, resolve: (reference: Reference) => string): string {
  if (!mayRefer(text)) return text;
  return text.replaceAll(reference, (whole, name: string, field?: string) => {
    const { database, field: wanted } = partsOf(name, field);
    return database === '' ? whole : resolve({ database, field: wanted as ReferenceField });
  });
}

/** The forms of references, for people. */
export const databasePlaceholders = [
  "'{{database:NAME}}'",
  ...referenceFields.filter((field) => field !== 'url').map((field) => `'{{database:NAME|${field}}}'`),
];

/** The text without references to fields that databases have; parameters may stand for names. */
export function withoutKnownReferences(text: string): string {
  return withoutReferences(
    withParameters(text, (name) => name),
    ({ database, field }) => (referenceFields.includes(field) ? '' : `{{database:${database}|${field}}}`),
  );
}

function partsOf(name: string, field = 'url') {
  return { database: name.trim(), field: field.trim() };
}

/** The parameters that a text uses as names of databases. */
export function databaseParameters(text: string): string[] {
  if (!mayRefer(text)) return [];
  return Array.from(text.matchAll(byParameter), ([, name = '']) => name);
}

/** The text with the parameters' values in the places of names. */
export function withParameters(text: string, value: (name: string) => string): string {
  if (!mayRefer(text)) return text;
  return text.replaceAll(byParameter, (whole, name: string) => whole.replace(`\${${name}}`, () => value(name)));
}

/** Every text in a JSON value. */
export function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* textsIn(item);
}

/**
 * The databases that a text refers to. @param field the text's field, for the error; @param isSeen whether the caller sees a database
 * @throws DomainError `invalid_input` if the database or the field of a reference does not exist.
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
    const found = findNamed(store, databaseRecords, reference.database);
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
  const record = findNamed(store, databaseRecords, name);
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

/** The connection URL in the form that the common client libraries of the database read. */
export function connectionUrl({ type, host, port, databaseName, username, password }: Connection): string {
  const secret = password === '' ? '' : `:${encodeURIComponent(password)}`;
  const who = username === '' && secret === '' ? '' : `${encodeURIComponent(username)}${secret}@`;
  const where = host.includes(':') ? `[${host}]` : host;
  return `${type}://${who}${where}:${port}/${encodeURIComponent(databaseName)}`;
}
