import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { DatabaseQueries, type DatabaseQuery } from '../../../agent/drivers/databases/queries.js';
import { AgentFailure } from '../../../agent/failure.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';
import { startMariadb, startPostgresql, type TestDatabase } from '../../fixtures/databases/databases.js';

const queries = new DatabaseQueries(() => noPolicy);
const bounds = { readOnly: true, maxRows: 1000, maxBytes: 60_000, timeoutMs: 30_000 };

/** A way to ask one database. */
function asking(database: TestDatabase) {
  return (statement: string, values: DatabaseQuery['values'] = [], more: Partial<DatabaseQuery> = {}) =>
    queries.run({ ...database, ...bounds, statement, values, ...more }, new CancelSource());
}

/** What holds for every kind of database. @param p writes the parameter of a number; @param numbers gives `n` from 1 to 20,000 */
async function rules(t: Test, database: TestDatabase, p: (n: number) => string, numbers: string): Promise<void> {
  const ask = asking(database);
  const change = (statement: string, values: DatabaseQuery['values'] = []) =>
    ask(statement, values, { readOnly: false });
  await change('create table people (id integer, name varchar(200))');
  const evil = "'; drop table people; --";
  t.equal((await change(`insert into people values (1, ${p(1)}), (2, ${p(2)})`, [evil, null])).affected, 2);

  await t.test('a value stays a value, whatever it says', async (t) => {
    const found = await ask(`select id, name from people where name = ${p(1)}`, [evil]);
    t.same(found, { rows: [{ id: 1, name: evil }], affected: 0, cut: '' });
    const all = `select id from people where name = ${p(1)}`;
    t.same((await ask(all, ["x' or '1'='1"])).rows, []);
    t.same((await ask('select count(*) as n from people')).rows, [{ n: 2 }], 'the table is there');
  });

  await t.test('a statement is one statement', async (t) => {
    await t.rejects(change('delete from people; select 1'), { name: 'AgentFailure', kind: 'upstream' });
    t.same((await ask('select count(*) as n from people')).rows, [{ n: 2 }]);
  });

  await t.test('a transaction that only reads changes nothing', async (t) => {
    const others = [
      'delete from people',
      'drop table people',
      'create table more (id integer)',
      '/**/delete from people',
    ];
    for (const statement of [...others, "select 1 into outfile '/tmp/x'", "copy people to program 'cat'"])
      await t.rejects(ask(statement), { name: 'AgentFailure', kind: 'invalid_argument' }, statement);
    t.same((await ask('select count(*) as n from people')).rows, [{ n: 2 }]);
  });

  await t.test('rows and bytes are bounded here, and the bound is named', async (t) => {
    const few = await ask(numbers, [], { maxRows: 3 });
    t.same(few, { rows: [{ n: 1 }, { n: 2 }, { n: 3 }], affected: 0, cut: 'rows' });
    const short = await ask(numbers, [], { maxRows: 20_000, maxBytes: 100 });
    t.equal(short.cut, 'bytes');
    t.ok(JSON.stringify(short.rows).length <= 101);
    t.equal((await ask(numbers, [], { maxRows: 20_000, maxBytes: 1_000_000 })).rows.length, 20_000);
  });

  await t.test('a wrong password, a wrong table and a closed door are told apart', async (t) => {
    await t.rejects(ask('select 1', [], { password: 'wrong' }), { name: 'AgentFailure', details: { sqlstate: /^28/ } });
    await t.rejects(ask('select 1 from nowhere'), { name: 'AgentFailure', details: { sqlstate: /^42/ } });
    await t.rejects(ask('select 1', [], { port: 1 }), { name: 'AgentFailure', details: { reason: 'refused' } });
    await t.rejects(ask('select 1', [], { username: '' }), { name: 'AgentFailure', kind: 'invalid_argument' });
  });

  await t.test('the site says which addresses are dialled', async (t) => {
    const policy = new Policy(parsePolicy('urls: { deny: ["*://127.0.0.1:*"] }'));
    const query = { ...database, ...bounds, statement: 'select 1', values: [] };
    const policed = new DatabaseQueries(() => policy).run(query, new CancelSource());
    await t.rejects(policed, { name: 'AgentFailure', kind: 'refused' });
    const readOnly = new DatabaseQueries(() => new Policy(parsePolicy('read_only: true')));
    await t.rejects(readOnly.run({ ...query, readOnly: false }, new CancelSource()), {
      name: 'AgentFailure',
      kind: 'refused',
    });
  });

  await t.test('a cancelled query ends, and what it changed is taken back', async (t) => {
    const signal = new CancelSource();
    const sleep = database.type === 'postgresql' ? 'pg_sleep(600)' : 'sleep(600)';
    const statement = `insert into people select 3, ${database.type === 'postgresql' ? `${sleep}::text` : sleep}`;
    const query = { ...database, ...bounds, readOnly: false, timeoutMs: 600_000, statement, values: [] };
    const failed = t.rejects(queries.run(query, signal), { name: 'AgentFailure', kind: 'cancelled' });
    signal.abort(new AgentFailure('cancelled', 'the test has seen enough'));
    await failed;
    t.same((await ask('select count(*) as n from people where id = 3')).rows, [{ n: 0 }]);
  });
}

/**
 * A read-only site asks a database only as a user that may do no more than read.
 * @param user the statements that make a user that may read
 * @param rights the statements that give the user another right, with the name of the right in the refusal
 */
async function readersOnly(
  t: Test,
  database: TestDatabase,
  user: (name: string) => readonly string[],
  rights: (name: string) => readonly (readonly [right: string, ...statements: string[]])[],
): Promise<void> {
  const site = new DatabaseQueries(() => new Policy(parsePolicy('read_only: true')));
  const change = (statement: string) => asking(database)(statement, [], { readOnly: false });
  const askAs = (username: string) => {
    const query = { ...database, ...bounds, username, statement: 'select id from people where id = 1', values: [] };
    return site.run(query, new CancelSource());
  };
  const names = rights('').map((_, at) => `user${at}`);
  for (const name of ['reader1', ...names]) for (const statement of user(name)) await change(statement);
  t.same((await askAs('reader1')).rows, [{ id: 1 }]);
  for (const [at, name] of names.entries()) {
    const [right = '', ...statements] = rights(name)[at] ?? [];
    for (const statement of statements) await change(statement);
    await t.rejects(
      askAs(name),
      { name: 'AgentFailure', kind: 'refused', message: `'${name}' may do more than read: it has the right ${right}` },
      statements.join('; '),
    );
    const elsewhere = asking(database)('select 1 as one', [], { username: name });
    t.same((await elsewhere).rows, [{ one: 1 }], 'at another site it reads');
  }
}

t.test('PostgreSQL', async (t) => {
  const database = await startPostgresql(t);
  if (!database) return;
  await rules(t, database, (n) => `$${n}`, 'select n from generate_series(1, 20000) as n');
  await t.test('a read-only site refuses a user that may do more than read', (t) =>
    readersOnly(
      t,
      database,
      (name) => [`create role ${name} login password '${database.password}'`, `grant select on people to ${name}`],
      (name) => [
        ['superuser', `alter role ${name} superuser`],
        ['superuser', `grant postgres to ${name}`, `alter role ${name} noinherit`],
        ['replication', `alter role ${name} replication`],
        ...['pg_signal_backend', 'pg_write_server_files', 'pg_execute_server_program'].map(
          (role) => [role, `grant ${role} to ${name}`] as const,
        ),
      ],
    ),
  );
  const ask = asking(database);
  const hidden = 'with gone as (delete from people returning id) select id from gone';
  await t.rejects(
    ask(hidden),
    { name: 'AgentFailure', kind: 'upstream', details: { sqlstate: '25006' } },
    'the transaction is read-only',
  );
  const kinds = `select 1::int8 as small, 9007199254740993::int8 as large, 1.50::numeric as exact, true as yes, null as none,
    '{"a":[1]}'::jsonb as json, timestamp '2026-01-31 03:00:00' as time, $1::text as given`;
  t.same((await ask(kinds, ['ü'])).rows, [
    {
      small: 1,
      large: '9007199254740993',
      exact: '1.50',
      yes: true,
      none: null,
      json: { a: [1] },
      time: '2026-01-31 03:00:00',
      given: 'ü',
    },
  ]);
  for (const statement of ['copy people to stdout', 'copy people from stdin'])
    await t.rejects(
      ask(statement, [], { readOnly: false }),
      { name: 'AgentFailure', kind: 'invalid_argument', details: { field: 'statement' } },
      statement,
    );
  const returning = 'insert into people values ($1, $2) returning id';
  t.same(await ask(returning, [7, 'new'], { readOnly: false }), { rows: [{ id: 7 }], affected: 1, cut: '' });
});

t.test('MariaDB', async (t) => {
  const database = await startMariadb(t);
  if (!database) return;
  await rules(t, database, () => '?', 'select seq as n from seq_1_to_20000');
  await t.test('a read-only site refuses a user that may do more than read', (t) =>
    readersOnly(
      t,
      database,
      (name) => [
        `create user '${name}'@'%' identified by '${database.password}'`,
        `grant select on things.* to ${name}`,
      ],
      (name) => [
        ['FILE', `grant file on *.* to ${name}`],
        ['SUPER', `grant select, super on *.* to ${name}`],
        ['ALL PRIVILEGES', `grant all on *.* to ${name} with grant option`],
        [
          'FILE',
          `create role ${name}_role`,
          `grant file on *.* to ${name}_role`,
          `grant ${name}_role to ${name}`,
          `set default role ${name}_role for ${name}`,
        ],
      ],
    ),
  );
  const ask = asking(database);
  const kinds = `select 1 as small, 9007199254740993 as large, cast(1.5 as decimal(5,2)) as exact, null as none,
    timestamp '2026-01-31 03:00:00' as time, ? as given, cast('ab' as binary) as bytes`;
  t.match((await ask(kinds, ['ü'])).rows, [
    {
      small: 1,
      large: '9007199254740993',
      exact: '1.50',
      none: null,
      time: /^2026-01-31 03:00:00/,
      given: 'ü',
      bytes: 'YWI=',
    },
  ]);
  t.same((await ask('select null as `constructor`, 1 as `toString`')).rows, [{ constructor: null, toString: 1 }]);
  const twice = await ask('insert into people values (?, ?), (?, ?)', [8, 'a', 9, 'b'], { readOnly: false });
  t.same(twice, { rows: [], affected: 2, cut: '' });
});
