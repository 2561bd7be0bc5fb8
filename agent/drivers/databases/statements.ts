import { Socket } from 'node:net';
import { jsonCost } from '@roundhouse/proto/json-cost';
import type { FieldPacket, ResultSetHeader } from 'mysql2';
import type { FieldDef } from 'pg';
import type Cursor from 'pg-cursor';
import { AgentFailure } from '../../failure.js';
import { FORBIDDEN_ADDRESS, siteLookup } from '../net/site-lookup.js';
import { type DatabaseAddress, forbidden, reachFailure } from './probes.js';

/** A value of a statement's parameter. */
export type BoundValue = string | number | boolean | null;

/** One statement at a database. */
export interface DatabaseQuery extends DatabaseAddress {
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** With `$1` (PostgreSQL) or `?` (MySQL, MariaDB) in the places of the values. */
  readonly statement: string;
  readonly values: readonly BoundValue[];
  /** The transaction is read-only, and is rolled back; otherwise it is committed. */
  readonly readOnly: boolean;
  readonly maxRows: number;
  /** The limit of the rows' JSON, bytes. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** The first rows that a statement gives. */
export interface Rows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** How many rows a statement that changes something changed. */
  readonly affected: number;
  /** The bound at which the agent stopped reading: `rows` or `bytes`; empty if these are all rows. */
  readonly cut: '' | 'rows' | 'bytes';
}

/** How long a database may take to let the agent in, milliseconds. */
const CONNECT_MS = 10_000;
/** How much a database may send before the agent has read a row, bytes: no row is larger. */
const MOST_UNREAD = 16 * 1024 * 1024;
/** Rows that PostgreSQL sends at once. */
const BATCH = 100;

/** A query under the policy of the site. */
export interface SiteQuery extends DatabaseQuery {
  /** The site is read-only: the user may have no right with which a statement that reads acts outside of its transaction. */
  readonly onlyReader: boolean;
}

/**
 * Runs one statement over a connection of its own. A worker calls it: see `statement-worker.ts`.
 * @param begun is called before the statement is sent
 * @throws AgentFailure as {@link DatabaseQueries.run}
 */
export async function runStatement(query: SiteQuery, begun: () => void): Promise<Rows> {
  const socket = new SiteSocket();
  const rows = new BoundedRows(query);
  try {
    if (query.type === 'postgresql') return await postgresql(query, socket, rows, begun);
    if (query.type === 'mysql' || query.type === 'mariadb') return await mariadb(query, socket, rows, begun);
    throw new AgentFailure('invalid_argument', `statements do not go to databases of kind '${query.type}'`);
  } catch (error) {
    throw error instanceof AgentFailure ? error : failureOf(query, error);
  } finally {
    socket.destroy();
  }
}

/** Dials within the site's rules, and bounds the unread bytes. */
class SiteSocket extends Socket {
  #unread = 0;

  override connect(...given: never[]): this {
    const [port, host] = given as unknown as [number, string];
    return super.connect({ port, host, lookup: siteLookup });
  }

  override push(chunk: Buffer | null): boolean {
    this.#unread += chunk?.length ?? 0;
    if (this.#unread <= MOST_UNREAD) return super.push(chunk);
    this.destroy(new Error(`the database sends more than ${MOST_UNREAD} bytes at once`));
    return false;
  }

  /** All received bytes have been read. */
  taken(): void {
    this.#unread = 0;
  }
}

/** Keeps rows up to the bounds of a query. */
class BoundedRows {
  readonly #rows: Readonly<Record<string, unknown>>[] = [];
  readonly #bounds: Pick<DatabaseQuery, 'maxRows' | 'maxBytes'>;
  #bytes = 0;
  cut: Rows['cut'] = '';

  constructor(bounds: Pick<DatabaseQuery, 'maxRows' | 'maxBytes'>) {
    this.#bounds = bounds;
  }

  /** @returns whether there is room for more */
  add(row: Readonly<Record<string, unknown>>): boolean {
    if (this.cut !== '') return false;
    this.#bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (this.#rows.length >= this.#bounds.maxRows) this.cut = 'rows';
    else if (this.#bytes > this.#bounds.maxBytes) this.cut = 'bytes';
    else this.#rows.push(row);
    return this.cut === '';
  }

  of(affected: number): Rows {
    return { rows: this.#rows, affected, cut: this.cut };
  }
}

/** Types of PostgreSQL by their numbers, which never change. */
const BOOL = 16;
const numbers: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701]);
const json: ReadonlySet<number> = new Set([114, 3802]);

/** Exact numbers, booleans and JSON become JSON values; all other values stay as PostgreSQL writes them. So does text that is no JSON, or nests deeply. */
function fromPostgresql(type: number, text: string): unknown {
  if (type === BOOL) return text === 't';
  if (json.has(type)) return jsonCost(text) === undefined ? text : JSON.parse(text);
  return numbers.has(type) ? exact(text) : text;
}

function exact(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
}

async function postgresql(query: SiteQuery, socket: SiteSocket, rows: BoundedRows, begun: () => void): Promise<Rows> {
  const { host, port, database, username, password, statement, values, readOnly, timeoutMs } = query;
  // Most agents ask no database, and the libraries take long to load.
  const [{ default: pg }, { default: Cursor }] = await Promise.all([import('pg'), import('pg-cursor')]);
  const client = new pg.Client({
    host,
    port,
    user: username,
    database: database || username,
    // The library takes an empty text for no password.
    password: () => password,
    ssl: false,
    stream: () => socket,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: timeoutMs,
  });
  // The waiting query reports a failure of the connection.
  client.on('error', () => {});
  await client.connect();
  await client.query(readOnly ? 'BEGIN TRANSACTION READ ONLY' : 'BEGIN');
  if (query.onlyReader) {
    const { rows: found } = await client.query<{ name: string }>(strongRoles, [actingRoles]);
    checkReader(query, found[0]?.name);
    socket.taken();
  }
  const types = { getTypeParser: (type: number) => (text: string) => fromPostgresql(type, text) } as never;
  const cursor = new Cursor<unknown[]>(statement, [...values], { rowMode: 'array', types });
  let copies = () => {};
  const copied = new Promise<never>((_, reject) => {
    const failure = new AgentFailure('invalid_argument', 'COPY goes from and to files only', { field: 'statement' });
    copies = () => reject(failure);
  });
  copied.catch(() => {});
  // The library calls these for a statement that copies from or to its client. The cursor has neither.
  Object.assign(cursor, { handleCopyInResponse: copies, handleCopyData: copies });
  begun();
  client.query(cursor);
  let affected = 0;
  for (let isOpen = true; isOpen; ) {
    const { batch, fields, rowCount } = await Promise.race([read(cursor), copied]);
    socket.taken();
    if (!readOnly) affected = rowCount;
    const names = fields.map(({ name }) => name);
    isOpen = batch.length === BATCH;
    for (const row of batch) isOpen = rows.add(Object.fromEntries(names.map((name, at) => [name, row[at]]))) && isOpen;
  }
  await cursor.close();
  await ending(query, () => client.query(readOnly ? 'ROLLBACK' : 'COMMIT'));
  client.end().catch(() => {});
  return rows.of(affected);
}

/** Roles of PostgreSQL whose members act outside of a transaction with statements that read. */
const actingRoles = [
  'pg_signal_backend',
  'pg_write_server_files',
  'pg_execute_server_program',
  'pg_signal_autovacuum_worker',
];
/** The rights that are too much for a user of a read-only site. A statement can take on any role of which the user is a member. */
const strongRoles = `select case when rolsuper then 'superuser' when rolreplication then 'replication' else rolname::text end as name
  from pg_catalog.pg_roles
  where (rolsuper or rolreplication or rolname::text operator(pg_catalog.=) any ($1::text[]))
    and pg_catalog.pg_has_role(session_user, oid, 'member')
  order by rolsuper desc, rolreplication desc limit 1`;

/** The right in the output of `SHOW GRANTS` that is too much for a user of a read-only site. */
function strongGrant(grants: readonly string[]): string | undefined {
  const global = grants.flatMap((line) => /^GRANT (.+?) ON \*\.\* TO /.exec(line)?.[1]?.split(', ') ?? []);
  return global.find((right) => /^(ALL PRIVILEGES|SUPER|FILE)$/.test(right));
}

/** @throws AgentFailure `refused` for a user with a right that is too much. */
function checkReader({ username }: DatabaseQuery, right: string | undefined): void {
  if (right === undefined) return;
  const reason = `this site is read-only, and the database's user '${username}' may do more than read: it has the right ${right}`;
  throw new AgentFailure('refused', reason, { reason, outcome: 'not_run' });
}

interface Batch {
  readonly batch: unknown[][];
  readonly fields: readonly FieldDef[];
  readonly rowCount: number;
}

function read(cursor: Cursor<unknown[]>): Promise<Batch> {
  return new Promise((resolve, reject) => {
    cursor.read(BATCH, (error: Error | undefined, batch, result) => {
      if (error) reject(error);
      else resolve({ batch, fields: result?.fields ?? [], rowCount: result?.rowCount ?? 0 });
    });
  });
}

async function mariadb(query: SiteQuery, socket: SiteSocket, rows: BoundedRows, begun: () => void): Promise<Rows> {
  const { type, host, port, database, username, password, statement, values, readOnly, timeoutMs } = query;
  const { default: mysql } = await import('mysql2');
  const connection = mysql.createConnection({
    user: username,
    password,
    database,
    stream: () => (socket as Socket).connect(port, host),
    connectTimeout: CONNECT_MS,
    supportBigNumbers: true,
    dateStrings: true,
  });
  // A command without a callback hears nothing of an answer that the library cannot read.
  const lost = new Promise<never>((_, reject) => {
    connection.on('error', (error) => reject(isOfParser(error) ? unreadable(query) : error));
    connection.on('end', () => reject(Object.assign(new Error('the connection has ended'), { code: 'ECONNRESET' })));
  });
  lost.catch(() => {});
  const plain = (sql: string) =>
    new Promise<void>((resolve, reject) => {
      connection.query(sql, (error) => (error ? reject(error) : resolve()));
    });
  // MySQL limits read-only statements, in milliseconds; MariaDB limits all statements, in seconds.
  const limit = type === 'mysql' ? `max_execution_time = ${timeoutMs}` : `max_statement_time = ${timeoutMs / 1000}`;
  await plain(`SET SESSION ${limit}`);
  await plain(`START TRANSACTION ${readOnly ? 'READ ONLY' : 'READ WRITE'}`);
  if (query.onlyReader) {
    const grants = await new Promise<readonly object[]>((resolve, reject) => {
      connection.query('SHOW GRANTS', (error, found) => (error ? reject(error) : resolve(found as object[])));
    });
    checkReader(query, strongGrant(grants.map((row) => String(Object.values(row)[0]))));
    socket.taken();
  }
  begun();
  const answered = new Promise<number>((resolve, reject) => {
    let changed = 0;
    let names: readonly string[] = [];
    // A column may have the name of a member of every object.
    const command = connection.execute({ sql: statement, values: [...values], rowsAsArray: true });
    command.on('error', reject);
    command.on('fields', (fields?: readonly FieldPacket[]) => {
      names = fields?.map(({ name }) => name) ?? [];
    });
    command.on('result', (row: ResultSetHeader | readonly unknown[]) => {
      socket.taken();
      if (isHeader(row)) changed += row.affectedRows;
      else if (!rows.add(plainRow(names, row)) && readOnly) resolve(0);
    });
    command.on('end', () => resolve(changed));
  });
  const affected = await Promise.race([answered, lost]);
  // The database would send all other rows before it ends the transaction.
  if (rows.cut !== '' && readOnly) return rows.of(0);
  await ending(query, () => plain(readOnly ? 'ROLLBACK' : 'COMMIT'));
  connection.end(() => {});
  return rows.of(readOnly ? 0 : affected);
}

function isHeader(row: ResultSetHeader | readonly unknown[]): row is ResultSetHeader {
  return !Array.isArray(row);
}

function plainRow(names: readonly string[], row: readonly unknown[]): Readonly<Record<string, unknown>> {
  const plain = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('base64') : value);
  return Object.fromEntries(names.map((name, at) => [name, plain(row[at])]));
}

/** Ends the transaction. A connection that is lost now leaves it open whether a change took effect. */
async function ending({ readOnly }: DatabaseQuery, end: () => Promise<unknown>): Promise<void> {
  try {
    await end();
  } catch (error) {
    if (readOnly || stateOf(error) !== undefined) throw error;
    const message = 'the connection to the database was lost at the end of the transaction';
    throw new AgentFailure('upstream', message, { outcome: 'unknown' });
  }
}

/** The failure of a statement whose answer is not as the protocol says. */
export function unreadable({ host, port }: DatabaseAddress): AgentFailure {
  return new AgentFailure('upstream', `${host}:${port} sends an answer that cannot be read`, { reason: 'closed' });
}

/** Whether the library, or Node, threw the error while it read an answer. */
function isOfParser({ code }: NodeJS.ErrnoException): boolean {
  return code === undefined || code.startsWith('ERR_');
}

function failureOf({ host, port }: DatabaseAddress, thrown: unknown): AgentFailure {
  const error = thrown as NodeJS.ErrnoException;
  if (error.code === FORBIDDEN_ADDRESS) return forbidden(host);
  const sqlstate = stateOf(error);
  if (sqlstate !== undefined)
    return new AgentFailure('upstream', `the database answers: ${error.message.slice(0, 1000)}`, { sqlstate });
  return reachFailure(`${host}:${port}`, error);
}

/** The SQLSTATE of a database's own error. */
function stateOf(error: unknown): string | undefined {
  const { code, sqlState = code } = error as { readonly code?: unknown; readonly sqlState?: unknown };
  return typeof sqlState === 'string' && /^[0-9A-Z]{5}$/.test(sqlState) ? sqlState : undefined;
}
