import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import pg, { type PoolClient, type PoolConfig } from 'pg';
import { DomainError, invalid } from '../domain/errors.js';
import {
  type Batch,
  type Engine,
  type EngineRecord,
  type Head,
  type HubAddress,
  type Lease,
  type Member,
  type MemberView,
  type Outcome,
  type Position,
  Refused,
  type Tail,
} from './engine.js';
import { decoded, decodedJson, encoded, entryOf, planOf, type Row } from './postgres-forms.js';
import { steps } from './schema.js';

export interface PostgresOptions {
  /** Connections at a time. */
  readonly connections?: number;
  /** How long a call is tried again after a lost connection, milliseconds. */
  readonly patienceMs?: number;
  /** Called if a failover of the database can lose changes. */
  readonly onNoStandby?: () => void;
}

/** The longest time that a statement may run or wait for a lock in the database, milliseconds. */
const STATEMENT_MS = 10_000;
/** The hub gives up a connection that has not answered a statement for so long, milliseconds: the network may have lost it silently. */
const ANSWER_MS = STATEMENT_MS + 5000;
const CONNECT_MS = 5000;
const RETRY_MS = 100;
const SNAPSHOT_ROWS = 1000;

/** SQLSTATE classes and codes after which the same call may succeed: lost connections, stops, fail-overs, locks, full or failing disks. */
const PASSING = /^(?:08...|57P0[1-5]|25006|40...|55P03|57014|53...|58...)$/;
/** The errors when two hubs that start at the same time make the same table. */
const SAME_TABLE = /^(?:23505|42P07)$/;
/** Codes of lost connections and of hosts that are away: Node's, and {@link NO_PRIMARY}. */
const LOST =
  /^(?:E(?:CONN(?:REFUSED|RESET|ABORTED)|PIPE|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN|NOTFOUND)|NO_PRIMARY)$/;
/** The driver's errors about lost connections, which have no code. */
const LOST_TEXT =
  /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client (?:was closed|has encountered a connection error))/;
/** The code of the error that no host takes writes. */
const NO_PRIMARY = 'NO_PRIMARY';

/**
 * Opens the engine in PostgreSQL, and brings its schema up to date. Reads and writes go to the primary alone: if the URL has several hosts,
 * to the host that takes writes.
 * @param url `postgresql://user:password@host1:5432,host2/database`, with `sslmode` (`verify-full` unless every host is local) and
 * `sslrootcert`
 * @throws DomainError `invalid_input` for a URL of another form, `conflict` if the schema is of a later version, `unavailable`, `internal`
 * if the database refuses this user or these statements
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Engine> {
  const engine = new PostgresEngine(new Primary(url, options), options.patienceMs ?? STATEMENT_MS);
  try {
    await engine.migrate();
    if (!(await engine.hasSynchronousStandby())) options.onNoStandby?.();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** The types of a result that are not the driver's: texts are decoded. The keys are PostgreSQL's type numbers. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  25: decoded,
  114: decodedJson,
  3802: decodedJson,
};

/** Results come as texts, as the driver asks for no others. */
const getTypeParser: typeof pg.types.getTypeParser = (type: number) => parsers[type] ?? pg.types.getTypeParser(type);

/** The settings of a connection to each host of a URL. @throws DomainError `invalid_input` for a URL of another form */
function hostsOf(url: string, { connections = 4 }: PostgresOptions): PoolConfig[] {
  // The URL parser does not read a list of hosts.
  const [, start = '', hosts = '', rest = ''] =
    /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]+)(\/[^?#]+.*)$/.exec(url) ?? [];
  const malformed = () => invalid('cluster', 'must be a URL like postgresql://user@host1,host2/database');
  if (hosts === '' || !URL.canParse(`${start}host${rest}`)) throw malformed();
  const { searchParams, username, password, pathname } = new URL(`${start}host${rest}`);
  const addresses = hosts.split(',').map((text) => {
    const [, host = '', port = '5432'] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
    if (host === '') throw malformed();
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  });
  const isLocal = addresses.every(
    ({ host }) => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.')),
  );
  const mode = searchParams.get('sslmode') ?? (isLocal ? 'disable' : 'verify-full');
  const rootFile = searchParams.get('sslrootcert');
  return addresses.map(({ host, port }) => ({
    host,
    port,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    max: connections,
    ssl: tlsOf(mode, rootFile, host),
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    application_name: 'roundhouse',
    statement_timeout: STATEMENT_MS,
    lock_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    types: { getTypeParser },
  }));
}

function tlsOf(mode: string, rootFile: string | null, host: string): false | ConnectionOptions {
  if (mode === 'disable') return false;
  if (mode === 'require') return { rejectUnauthorized: false };
  if (mode !== 'verify-full') throw invalid('cluster', 'sslmode must be verify-full, require or disable');
  return {
    rejectUnauthorized: true,
    ...(rootFile === null ? {} : { ca: readFileSync(rootFile, 'utf8') }),
    // The driver names no host that is an address, and Node then asks for `localhost`.
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
  };
}

/** A statement with its values. The database prepares each statement once for a connection. */
interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

const names = new WeakMap<TemplateStringsArray, string>();
let named = 0;

/** Makes a statement of a template. Texts are encoded as {@link encoded} has it. */
function sql(parts: TemplateStringsArray, ...values: readonly (string | number | Buffer)[]): Statement {
  let name = names.get(parts);
  if (name === undefined) {
    named += 1;
    name = `rh_${named}`;
    names.set(parts, name);
  }
  const text = parts.reduce((all, part, n) => `${all}$${n}${part}`);
  return { name, text, values: values.map((value) => (typeof value === 'string' ? encoded(value) : value)) };
}

/** The connections to a host that is used, or that was used until it was lost. */
interface Host {
  readonly pool: pg.Pool;
  /** How many calls use it now. */
  calls: number;
}

/** Connections to the host that takes writes. */
class Primary {
  readonly #hosts: readonly PoolConfig[];
  #current: Host | undefined;
  #search: Promise<Host> | undefined;
  #isClosed = false;

  constructor(url: string, options: PostgresOptions) {
    this.#hosts = hostsOf(url, options);
  }

  query(statement: Statement): Promise<readonly Row[]> {
    return this.#on(async (pool) => (await pool.query({ ...statement, values: [...statement.values] })).rows);
  }

  /** Runs statements in one transaction. */
  transaction<T>(begin: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.#on(async (pool) => {
      const client = await pool.connect();
      let failure: Error | undefined;
      try {
        await client.query(begin);
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        // The connection is given up, and the transaction with it.
        failure = error instanceof Error ? error : new Error(String(error));
        throw error;
      } finally {
        client.release(failure);
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#search?.catch(() => {});
    this.#leave();
  }

  async #on<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> {
    const host = this.#current ?? (await this.#found());
    host.calls += 1;
    try {
      return await work(host.pool);
    } catch (error) {
      // Another host may be the primary now.
      if (isLost(error) && this.#current === host) this.#leave();
      throw error;
    } finally {
      host.calls -= 1;
      this.#endUnused(host);
    }
  }

  #found(): Promise<Host> {
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  async #find(): Promise<Host> {
    let last: unknown;
    for (const settings of this.#hosts) {
      if (this.#isClosed) break;
      const pool = new pg.Pool(settings);
      // Without a listener, a lost connection would end the process.
      pool.on('error', () => {});
      pool.on('connect', (client) => void client.on('error', () => {}));
      try {
        const { rows } = await pool.query('show transaction_read_only');
        if (rows[0]?.transaction_read_only === 'off' && !this.#isClosed) {
          this.#current = { pool, calls: 0 };
          return this.#current;
        }
      } catch (error) {
        last = error;
      }
      void pool.end();
    }
    if (last instanceof pg.DatabaseError && !isLost(last)) throw last;
    throw Object.assign(new Error('no host of the database takes writes', { cause: last }), { code: NO_PRIMARY });
  }

  /** Uses the current host no more. Calls that use it come to their end. */
  #leave(): void {
    const host = this.#current;
    this.#current = undefined;
    if (host) this.#endUnused(host);
  }

  /** A pool that is ended forgets the calls that wait for a connection, so it is ended after them. */
  #endUnused(host: Host): void {
    if (host.calls === 0 && this.#current !== host && !host.pool.ending) void host.pool.end();
  }
}

/** Whether the connection is lost, or leads to a host that takes no writes. */
function isLost(error: unknown): boolean {
  const code = codeOf(error);
  return (
    LOST.test(code) ||
    /^(?:08...|57P0[1-5]|25006)$/.test(code) ||
    (code === '' && error instanceof Error && LOST_TEXT.test(error.message))
  );
}

/** The SQLSTATE or Node's code of an error; `''` without one. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

class PostgresEngine implements Engine {
  readonly #primary: Primary;
  readonly #patienceMs: number;
  readonly #closing = new AbortController();

  constructor(primary: Primary, patienceMs: number) {
    this.#primary = primary;
    this.#patienceMs = patienceMs;
  }

  async migrate(): Promise<void> {
    const work = async (client: PoolClient) => {
      await client.query(
        'create table if not exists rh_schema (one integer primary key, version integer not null, least integer not null)',
      );
      await client.query('insert into rh_schema values (1, 0, 0) on conflict do nothing');
      const { rows } = await client.query<{ version: number; least: number }>(
        'select version, least from rh_schema for update',
      );
      const { version = 0, least = 0 } = rows[0] ?? {};
      if (least > steps.length)
        throw new DomainError('conflict', 'the database of the cluster belongs to a later version of the hub');
      for (const step of steps.slice(version)) await client.query(step);
      if (version < steps.length) await client.query('update rh_schema set version = $1', [steps.length]);
    };
    await this.#again(() => this.#primary.transaction('begin', work), SAME_TABLE);
  }

  /** Whether a commit waits for another machine. */
  async hasSynchronousStandby(): Promise<boolean> {
    const [row] = await this.#rows(sql`
      select current_setting('synchronous_standby_names') <> '' and current_setting('synchronous_commit') not in ('off', 'local') as waits`);
    return row?.waits === true;
  }

  async join({ id, address, version }: HubAddress, termMs: number): Promise<Member> {
    const [row] = await this.#rows(sql`select rh_join(${id}, ${address}, ${version}, ${termMs})::float8 as boot`);
    return { id, boot: row?.boot as number };
  }

  async members(): Promise<readonly MemberView[]> {
    const rows = await this.#rows(sql`
      select id, boot::float8 as boot, address, version, until > clock_timestamp() as alive from rh_hub order by id collate "C"`);
    return rows.map((row) => ({ ...row })) as unknown as MemberView[];
  }

  async commit({ id, boot }: Member, batch: Batch): Promise<Outcome> {
    const { request, body } = planOf(batch);
    const [row] = await this.#rows(
      sql`select rh_commit(${batch.id}, ${id}, ${boot}, ${request}::text::jsonb, ${body}) as outcome`,
    );
    const outcome = row?.outcome as Outcome | null;
    if (outcome === null) throw unavailable('this change was given up', 'not_run');
    return outcome;
  }

  async settle({ id, boot }: Member, batch: string): Promise<Outcome | undefined> {
    const [row] = await this.#rows(sql`select rh_settle(${batch}, ${id}, ${boot}) as outcome`);
    return (row?.outcome as Outcome | null) ?? undefined;
  }

  async continueAfter({ id, boot }: Member, lease: Lease, seq: number): Promise<void> {
    await this.#rows(sql`select rh_continue_after(${id}, ${boot}, ${JSON.stringify([lease])}::text::jsonb, ${seq})`);
  }

  async tail({ change, batch }: Position, limit: number): Promise<Tail> {
    // One statement sees one moment: the head fits the entries.
    const rows = await this.#rows(sql`
      select h.change::float8 as head, h.seq::float8 as seq, h.batch as newest, l.change::float8 as change, l.batch, l.hub, l.plan, l.body,
        l.first_seq::float8 as first
      from rh_head h left join (select * from rh_log where change >= ${change} order by change limit ${limit + 1}) l on true
      order by l.change`);
    const [known] = rows;
    const head = { change: known?.head, seq: known?.seq, batch: known?.newest } as Head;
    const logged = rows.filter((row) => row.change !== null);
    if (change === 0) {
      if (head.change > 0 && known?.change !== 1) return { lost: true };
      return { entries: logged.slice(0, limit).map(entryOf), head };
    }
    if (known?.change !== change || known.batch !== batch) return { lost: true };
    return { entries: logged.slice(1).map(entryOf), head };
  }

  async snapshot(take: (records: readonly EngineRecord[]) => void | Promise<void>): Promise<Head> {
    const work = async (client: PoolClient) => {
      // A whole registry takes longer than a single change, and the receiver writes between the portions.
      await client.query('set local statement_timeout = 0');
      await client.query('set local idle_in_transaction_session_timeout = 0');
      const { rows: heads } = await client.query<Head>(
        'select change::float8 as change, seq::float8 as seq, batch from rh_head',
      );
      await client.query(
        'declare records no scroll cursor for select collection, id, value from rh_record order by collection, id',
      );
      for (;;) {
        const { rows } = await client.query<EngineRecord>(`fetch ${SNAPSHOT_ROWS} from records`);
        if (rows.length === 0) break;
        await take(rows.map((record) => ({ ...record })));
      }
      return { ...(heads[0] as Head) };
    };
    try {
      return await this.#primary.transaction('begin isolation level repeatable read read only', work);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async trimLog(before: number, limit: number): Promise<number> {
    const [row] = await this.#rows(sql`select rh_trim_log(${before}, ${limit})::float8 as gone`);
    return row?.gone as number;
  }

  async lease({ id, boot }: Member, role: string, termMs: number): Promise<number | undefined> {
    const [row] = await this.#rows(sql`select rh_take_lease(${id}, ${boot}, ${role}, ${termMs})::float8 as epoch`);
    return (row?.epoch as number | null) ?? undefined;
  }

  async holder(role: string): Promise<string | undefined> {
    const [row] = await this.#rows(sql`select hub from rh_lease where role = ${role} and until > clock_timestamp()`);
    return row?.hub as string | undefined;
  }

  async release({ id, boot }: Member, { role, epoch }: Lease): Promise<void> {
    await this.#rows(sql`
      update rh_lease set until = '-infinity' where role = ${role} and epoch = ${epoch} and hub = ${id} and boot = ${boot}`);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#primary.close();
  }

  #rows(statement: Statement): Promise<readonly Row[]> {
    return this.#again(() => this.#primary.query(statement));
  }

  /** Tries again while the connection or the primary is lost. Every call but `join` may run twice to the same effect. */
  async #again<T>(call: () => Promise<T>, expected = /^$/): Promise<T> {
    const started = performance.now();
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const code = codeOf(error);
        const passes = isLost(error) || PASSING.test(code) || (code !== '' && expected.test(code));
        if (!passes || performance.now() - started > this.#patienceMs) throw refusalOf(error);
        await pause(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => {
          throw unavailable('the engine is closed', 'unknown', error);
        });
      }
    }
  }
}

function refusalOf(error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'RH001') return new Refused('replaced');
  if (code === 'RH002') return new Refused('lease_lost');
  if (isLost(error) || PASSING.test(code)) {
    const cause = code === NO_PRIMARY ? (error as Error).cause : error;
    return unavailable('the database of the cluster does not answer', 'unknown', cause);
  }
  if (!(error instanceof pg.DatabaseError)) return error;
  const message = `the database of the cluster refuses the hub's statement (SQLSTATE ${code})`;
  return new DomainError('internal', message, { outcome: 'not_run' }, { cause: error });
}

function unavailable(message: string, outcome: 'unknown' | 'not_run', cause?: unknown): DomainError {
  return new DomainError('unavailable', message, { retryAfter: 5, outcome }, { cause });
}
