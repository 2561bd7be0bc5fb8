import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import postgres from 'postgres';
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
import { steps } from './schema.js';

export interface PostgresOptions {
  /** Connections at a time. */
  readonly connections?: number;
  /** A call is tried again for so long after a lost connection, milliseconds. */
  readonly patienceMs?: number;
  /** Told if a failover of the database can lose changes. */
  readonly onNoStandby?: () => void;
}

type Row = Record<string, unknown>;

/** The longest time that a statement may run or wait for a lock in the database, milliseconds. */
const STATEMENT_MS = 10_000;
const RETRY_MS = 100;
const SNAPSHOT_ROWS = 1000;

/** SQLSTATE classes and codes after which the same call may succeed: lost connections, stops, fail-overs, locks, full or failing disks. */
const PASSING = /^(?:08...|57P0[1-5]|25006|40...|55P03|57014|53...|58...)$/;
/** Two hubs that start at the same time make the same table. */
const SAME_TABLE = /^(?:23505|42P07)$/;
/** The driver's and the system's own. */
const LOST =
  /^(?:CONNECTION_(?:CLOSED|DESTROYED)|CONNECT_TIMEOUT|E(?:CONN(?:REFUSED|RESET|ABORTED)|PIPE|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN|NOTFOUND))$/;

/**
 * Opens the engine in PostgreSQL, and brings its schema up to date. Reads and writes go to the primary alone: of several hosts in the URL,
 * the host that takes writes.
 * @param url `postgresql://user:password@host1:5432,host2/database`, with `sslmode` (`verify-full` unless every host is local) and `sslrootcert`
 * @throws DomainError `invalid_input` for a URL of another form, `conflict` if the schema is one of a later version, `unavailable`, `internal` if
 * the database refuses this user or these statements
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Engine> {
  const engine = new PostgresEngine(connect(url, options), options.patienceMs ?? STATEMENT_MS);
  try {
    await engine.migrate();
    if (!(await engine.hasSynchronousStandby())) options.onNoStandby?.();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

function connect(url: string, { connections = 4 }: PostgresOptions): postgres.Sql {
  // The URL parser knows no list of hosts.
  const [, start = '', hosts = '', rest = ''] =
    /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]+)(\/[^?#]+.*)$/.exec(url) ?? [];
  if (hosts === '') throw invalid('cluster', 'must be a URL like postgresql://user@host1,host2/database');
  const { searchParams } = new URL(`${start}host${rest}`);
  const names = hosts.split(',').map((host) => host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
  const isLocal = names.every(
    (name) => name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.')),
  );
  return postgres(`${start}${hosts}${rest.replace(/\?.*/s, '')}`, {
    max: connections,
    ssl: tlsOf(
      searchParams.get('sslmode') ?? (isLocal ? 'disable' : 'verify-full'),
      searchParams.get('sslrootcert'),
      names,
    ),
    target_session_attrs: 'read-write',
    connect_timeout: 5,
    keep_alive: 10,
    backoff: () => RETRY_MS / 1000,
    // Arrays are passed as JSON: the driver need not ask for their types.
    fetch_types: false,
    onnotice: () => {},
    types: {
      string: { to: 25, from: [25], serialize: (value: unknown) => encoded(String(value)), parse: decoded },
      json: { to: 114, from: [114, 3802], serialize: (value: unknown) => JSON.stringify(value), parse: decodedJson },
    },
    connection: {
      application_name: 'roundhouse',
      statement_timeout: STATEMENT_MS,
      lock_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: STATEMENT_MS,
    },
  });
}

interface VerifyingTls {
  readonly rejectUnauthorized: true;
  readonly ca?: string;
  readonly checkServerIdentity: (name: string, certificate: PeerCertificate) => Error | undefined;
}

function tlsOf(mode: string, rootFile: string | null, hosts: readonly string[]): false | 'require' | VerifyingTls {
  if (mode === 'disable') return false;
  if (mode === 'require') return 'require';
  if (mode !== 'verify-full') throw invalid('cluster', 'sslmode must be verify-full, require or disable');
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return {
    rejectUnauthorized: true,
    ...(rootFile === null ? {} : { ca: readFileSync(rootFile, 'utf8') }),
    // The driver names no host that is an address, and Node then asks for `localhost`.
    checkServerIdentity: (name, certificate) => {
      const wanted = hosts.includes(name) ? [name] : addresses;
      const problems = wanted.map((host) => checkServerIdentity(host, certificate));
      return problems.includes(undefined) ? undefined : (problems[0] ?? checkServerIdentity(name, certificate));
    },
  };
}

class PostgresEngine implements Engine {
  readonly #sql: postgres.Sql;
  readonly #patienceMs: number;
  readonly #closing = new AbortController();

  constructor(sql: postgres.Sql, patienceMs: number) {
    this.#sql = sql;
    this.#patienceMs = patienceMs;
  }

  async migrate(): Promise<void> {
    await this.#again(async (sql) => {
      await sql.begin(async (work) => {
        await work`create table if not exists rh_schema (one integer primary key, version integer not null, least integer not null)`;
        await work`insert into rh_schema values (1, 0, 0) on conflict do nothing`;
        const [schema] = await work<
          { version: number; least: number }[]
        >`select version, least from rh_schema for update`;
        const { version = 0, least = 0 } = schema ?? {};
        if (least > steps.length)
          throw new DomainError('conflict', 'the database of the cluster belongs to a later version of the hub');
        for (const step of steps.slice(version)) await work.unsafe(step);
        if (version < steps.length) await work`update rh_schema set version = ${steps.length}`;
      });
    }, SAME_TABLE);
  }

  /** Whether a commit waits for another machine. */
  async hasSynchronousStandby(): Promise<boolean> {
    const [row] = await this.#rows`
      select current_setting('synchronous_standby_names') <> '' and current_setting('synchronous_commit') not in ('off', 'local') as waits`;
    return row?.waits === true;
  }

  async join({ id, address, version }: HubAddress, termMs: number): Promise<Member> {
    const [row] = await this.#rows`select rh_join(${id}, ${address}, ${version}, ${termMs})::float8 as boot`;
    return { id, boot: row?.boot as number };
  }

  async members(): Promise<readonly MemberView[]> {
    const rows = await this.#rows`
      select id, boot::float8 as boot, address, version, until > clock_timestamp() as alive from rh_hub order by id collate "C"`;
    return rows.map((row) => ({ ...row })) as unknown as MemberView[];
  }

  async commit({ id, boot }: Member, batch: Batch): Promise<Outcome> {
    const { request, body } = planOf(batch);
    const [row] = await this
      .#rows`select rh_commit(${batch.id}, ${id}, ${boot}, ${request}::text::jsonb, ${body}) as outcome`;
    const outcome = row?.outcome as Outcome | null;
    if (outcome === null) throw unavailable('this change was given up', 'not_run');
    return outcome;
  }

  async settle({ id, boot }: Member, batch: string): Promise<Outcome | undefined> {
    const [row] = await this.#rows`select rh_settle(${batch}, ${id}, ${boot}) as outcome`;
    return (row?.outcome as Outcome | null) ?? undefined;
  }

  async continueAfter({ id, boot }: Member, lease: Lease, seq: number): Promise<void> {
    await this.#rows`select rh_continue_after(${id}, ${boot}, ${JSON.stringify([lease])}::text::jsonb, ${seq})`;
  }

  async tail({ change, batch }: Position, limit: number): Promise<Tail> {
    // One statement sees one moment: the head fits the entries.
    const rows = await this.#rows`
      select h.change::float8 as head, h.seq::float8 as seq, h.batch as newest, l.change::float8 as change, l.batch, l.hub, l.plan, l.body,
        l.first_seq::float8 as first
      from rh_head h left join (select * from rh_log where change >= ${change} order by change limit ${limit + 1}) l on true
      order by l.change`;
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

  snapshot(take: (records: readonly EngineRecord[]) => void | Promise<void>): Promise<Head> {
    return this.#once(async (sql) => {
      const head = await sql.begin('isolation level repeatable read read only', async (work) => {
        // A whole registry takes longer than a single change, and the receiver writes between the portions.
        await work`set local statement_timeout = 0`;
        await work`set local idle_in_transaction_session_timeout = 0`;
        const [row] = await work`select change::float8 as change, seq::float8 as seq, batch from rh_head`;
        const records = work<EngineRecord[]>`select collection, id, value from rh_record order by collection, id`;
        for await (const portion of records.cursor(SNAPSHOT_ROWS)) await take(portion.map((record) => ({ ...record })));
        return { ...row };
      });
      return head as unknown as Head;
    });
  }

  async trimLog(before: number, limit: number): Promise<number> {
    const [row] = await this.#rows`select rh_trim_log(${before}, ${limit})::float8 as gone`;
    return row?.gone as number;
  }

  async lease({ id, boot }: Member, role: string, termMs: number): Promise<number | undefined> {
    const [row] = await this.#rows`select rh_take_lease(${id}, ${boot}, ${role}, ${termMs})::float8 as epoch`;
    return (row?.epoch as number | null) ?? undefined;
  }

  async release({ id, boot }: Member, { role, epoch }: Lease): Promise<void> {
    await this.#rows`
      update rh_lease set until = '-infinity' where role = ${role} and epoch = ${epoch} and hub = ${id} and boot = ${boot}`;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sql.end({ timeout: 5 });
  }

  #rows(text: TemplateStringsArray, ...values: (string | number | Buffer)[]): Promise<readonly Row[]> {
    return this.#run<Row>(() => this.#sql(text, ...values));
  }

  async #run<T extends Row>(query: () => PromiseLike<readonly unknown[]>): Promise<readonly T[]> {
    return this.#again(async () => (await query()) as readonly T[]);
  }

  /** Tries again while the connection or the primary is lost. Every call but `join` may run twice to the same effect. */
  async #again<T>(call: (sql: postgres.Sql) => Promise<T>, expected = /^$/): Promise<T> {
    const started = performance.now();
    for (;;) {
      try {
        return await call(this.#sql);
      } catch (error) {
        const code = String((error as { code?: unknown }).code);
        const passes = PASSING.test(code) || LOST.test(code) || expected.test(code);
        if (!passes || performance.now() - started > this.#patienceMs) throw refusalOf(error, code);
        await pause(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => {
          throw unavailable('the engine is closed', 'unknown', error);
        });
      }
    }
  }

  async #once<T>(call: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    try {
      return await call(this.#sql);
    } catch (error) {
      throw refusalOf(error, String((error as { code?: unknown }).code));
    }
  }
}

function refusalOf(error: unknown, code: string): unknown {
  if (code === 'RH001') return new Refused('replaced');
  if (code === 'RH002') return new Refused('lease_lost');
  if (error instanceof DomainError || !(error instanceof Error) || !('code' in error)) return error;
  if (error instanceof postgres.PostgresError && !PASSING.test(code)) {
    const message = `the database of the cluster refuses the hub's statement (SQLSTATE ${code})`;
    return new DomainError('internal', message, { outcome: 'not_run' }, { cause: error });
  }
  return unavailable('the database of the cluster does not answer', 'unknown', error);
}

function unavailable(message: string, outcome: 'unknown' | 'not_run', cause?: unknown): DomainError {
  return new DomainError('unavailable', message, { retryAfter: 5, outcome }, { cause });
}

/**
 * A text as PostgreSQL can keep it: U+0000 becomes U+0001 U+0001, U+0001 becomes U+0001 U+0002, and a lone surrogate U+FFFD. Encoded texts
 * sort as the texts do.
 */
function encoded(text: string): string {
  return Buffer.from(text).toString().replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01');
}

function decoded(text: string): string {
  return text.includes('\x01') ? text.replaceAll('\x01\x01', '\0').replaceAll('\x01\x02', '\x01') : text;
}

function decodedJson(json: string): unknown {
  if (!json.includes('\\u0001')) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown) => (typeof value === 'string' ? decoded(value) : value));
}

/** A place in the bytes of a change: offset and length. */
interface Piece {
  readonly o: number;
  readonly n: number;
}

interface Plan {
  readonly writes: readonly ({ readonly c: string; readonly i: string } & Partial<Piece>)[];
  readonly events: readonly Piece[];
}

/** A batch as `rh_commit` takes it: its form as JSON, and the bytes of all its values in one piece. */
function planOf({ changes, leases = [] }: Batch): { request: string; body: Buffer } {
  const bytes: Uint8Array[] = [];
  let end = 0;
  const add = (piece: Uint8Array, start = 0): Piece => {
    bytes.push(piece);
    end += piece.length;
    return { o: end - piece.length - start, n: piece.length };
  };
  const plans = changes.map(({ writes, guards = [], events = [] }) => {
    const start = end;
    const plan = {
      guards: guards.map(({ collection: c, id: i, revision: r }) => ({ c, i, r })),
      writes: writes.map(({ collection: c, id: i, value, revision: r = 0, expect: x, claims = [] }) => {
        const common = { c, i, ...(x === undefined ? {} : { x }) };
        return value === undefined ? { ...common, k: [] } : { ...common, r, k: claims, ...add(value, start) };
      }),
      events: events.map((event) => add(event, start)),
    };
    return { ...plan, o: start, n: end - start };
  });
  const request = JSON.stringify({ changes: plans, leases }, (_, value: unknown) =>
    typeof value === 'string' ? encoded(value) : value,
  );
  return { request, body: Buffer.concat(bytes) };
}

function entryOf(row: Row): Extract<Tail, { entries: unknown }>['entries'][number] {
  const { writes, events } = row.plan as Plan;
  const body = row.body as Buffer;
  const piece = ({ o, n }: Piece) => body.subarray(o, o + n);
  return {
    change: row.change as number,
    batch: row.batch as string,
    hub: row.hub as string,
    writes: writes.map(({ c: collection, i: id, o, n }) => ({
      collection,
      id,
      value: o === undefined || n === undefined ? undefined : piece({ o, n }),
    })),
    firstSeq: row.first as number,
    events: events.map(piece),
  };
}
