import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { DatabaseQueries, type DatabaseQuery } from '../../../agent/drivers/databases/queries.js';
import { AgentFailure } from '../../../agent/failure.js';
import { noPolicy } from '../../../agent/policy/policy.js';
import {
  type HostileDatabase,
  hostilePostgresql,
  jsonRow,
  mysqlWithColumn,
  postgresqlAnswers,
} from '../../fixtures/databases/hostile.js';
import { wait } from '../../kit/wait.js';

const queries = new DatabaseQueries(() => noPolicy);

function statementAt({ spoken: _, ...address }: HostileDatabase, more: Partial<DatabaseQuery> = {}): DatabaseQuery {
  const bounds = { readOnly: true, maxRows: 10, maxBytes: 100_000, timeoutMs: 60_000 };
  return { ...address, ...bounds, statement: 'select 1', values: [], ...more };
}

const ask = (database: HostileDatabase, more: Partial<DatabaseQuery> = {}) =>
  queries.run(statementAt(database, more), new CancelSource());

t.test('a database that brings its reader into an endless loop fails its statement only', async (t) => {
  const database = await hostilePostgresql(t, postgresqlAnswers.unendingError);
  const impatient = new DatabaseQueries(() => noPolicy, { silentMs: 5000 });
  const failed = t.rejects(impatient.run(statementAt(database), new CancelSource()), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: `127.0.0.1:${database.port} does not answer`,
    details: { reason: 'timeout' },
  });
  await database.spoken;
  await failed;
  const honest = await hostilePostgresql(t, jsonRow('[1]'));
  t.same((await ask(honest)).rows, [{ j: [1] }]);
});

t.test('a database at which its reader throws fails its statement only', async (t) => {
  for (const mode of ['unknownSignIn', 'rowBeforeDescription'] as const) {
    const database = await hostilePostgresql(t, postgresqlAnswers[mode]);
    const message = `127.0.0.1:${database.port} sends an answer that cannot be read`;
    await t.rejects(
      ask(database),
      { name: 'AgentFailure', kind: 'upstream', message, details: { reason: 'closed' } },
      mode,
    );
  }
});

t.test('a failure says whether a change may have taken effect', async (t) => {
  const outcomeOf = async (answers: { readonly signIn?: Buffer; readonly statement?: Buffer }, readOnly: boolean) => {
    const failure = await ask(await hostilePostgresql(t, answers), { readOnly }).catch((error) => error);
    t.ok(failure instanceof AgentFailure);
    return failure.details;
  };
  const { unknownSignIn, rowBeforeDescription } = postgresqlAnswers;
  t.same(await outcomeOf(rowBeforeDescription, false), { reason: 'closed', outcome: 'unknown' });
  t.same(await outcomeOf(rowBeforeDescription, true), { reason: 'closed' });
  t.same(await outcomeOf(unknownSignIn, false), { reason: 'closed' }, 'the statement was not sent');
});

t.test('JSON of a database that is no JSON, or nests deeply, stays text', async (t) => {
  for (const text of ['{', '['.repeat(2000) + ']'.repeat(2000)])
    t.same((await ask(await hostilePostgresql(t, jsonRow(text)))).rows, [{ j: text }]);
});

t.test('a database that does not answer fails its statement at the limit', async (t) => {
  const database = await hostilePostgresql(t, postgresqlAnswers.noAnswer);
  const impatient = new DatabaseQueries(() => noPolicy, { graceMs: 0 });
  await t.rejects(impatient.run(statementAt(database, { timeoutMs: 1 }), new CancelSource()), {
    name: 'AgentFailure',
    details: { reason: 'timeout' },
  });
});

t.test('statements beyond the bound are refused until another one has ended', async (t) => {
  const database = await hostilePostgresql(t, postgresqlAnswers.noAnswer);
  const few = new DatabaseQueries(() => noPolicy, { most: 1 });
  const signal = new CancelSource();
  const first = t.rejects(few.run(statementAt(database), signal), { name: 'AgentFailure', kind: 'cancelled' });
  const another = () => few.run(statementAt(database, { port: 1 }), new CancelSource()).catch((error) => error);
  t.match(await another(), { kind: 'overloaded', details: { outcome: 'not_run' } });
  signal.abort(new AgentFailure('cancelled', 'the test has seen enough'));
  await first;
  await wait('another statement is sent', async () => (await another()).kind === 'upstream');
});

t.test('a column has any name; one that the library refuses fails the statement', async (t) => {
  t.same((await ask(await mysqlWithColumn(t, 'constructor'))).rows, [{ constructor: null }]);
  const database = await mysqlWithColumn(t, '__proto__');
  const message = `127.0.0.1:${database.port} sends an answer that cannot be read`;
  await t.rejects(ask(database), { name: 'AgentFailure', kind: 'upstream', message, details: { reason: 'closed' } });
});
