import { chownSync, statSync } from 'node:fs';
import t, { type Test } from 'tap';
import { openPostgres } from '../../../hub/cluster/postgres.js';
import {
  connectTo,
  requireStandby,
  startPostgresql,
  startStandby,
  type TestDatabase,
  urlOf as urlAt,
} from '../../fixtures/databases/databases.js';
import { startLinkProxy } from '../../fixtures/link-proxy.js';
import { freePort } from '../../free-port.mjs';
import { makeCertificate } from '../../kit/certificate.js';
import { MemoryEngine } from '../../kit/memory-engine.js';
import { wait } from '../../kit/wait.js';
import { changes, contract, hub, logOf, put, recordsOf, TERM_MS } from './contract.js';

t.test('in memory', (t) => {
  contract(t, async () => {
    const engine = new MemoryEngine();
    return async () => engine;
  });
  t.end();
});

t.test('in PostgreSQL', async (t) => {
  const server = await startPostgresql(t);
  if (!server) return;
  const urlOf = (database: TestDatabase, host = `127.0.0.1:${server.port}`) => urlAt(database, host);
  const root = await connectTo(t, urlOf(server));
  let count = 0;
  const emptyDatabase = async (): Promise<TestDatabase> => {
    count += 1;
    const database = `cluster_${count}`;
    await root(`create database ${database}`);
    return { ...server, database };
  };
  const openAt = async (t: Test, url: string, options?: Parameters<typeof openPostgres>[1]) => {
    const engine = await openPostgres(url, options);
    t.teardown(() => engine.close());
    return engine;
  };

  contract(t, async (t) => {
    const database = await emptyDatabase();
    const proxy = await startLinkProxy(t, `127.0.0.1:${server.port}`, { delayMs: 10 });
    return (way) => openAt(t, urlOf(database, way && proxy.address), { connections: 2 });
  });

  t.test('hubs that start at the same time make one schema; a later version refuses an old hub', async (t) => {
    const database = await emptyDatabase();
    const url = urlOf(database);
    const engines = await Promise.all([1, 2, 3, 4].map(() => openAt(t, url)));
    for (const [n, engine] of engines.entries()) await engine.join(hub(`h${n}`), TERM_MS);
    t.equal((await engines[0]?.members())?.length, 4);
    const own = await connectTo(t, url);
    await own('update rh_schema set version = 99, least = 99');
    await t.rejects(openPostgres(url), { code: 'conflict', message: /later version/ });
  });

  t.test('a commit whose answer is lost is asked for again, and applied once', async (t) => {
    const url = urlOf(await emptyDatabase());
    const engine = await openAt(t, url);
    const proxy = await startLinkProxy(t, `127.0.0.1:${server.port}`);
    const cut = await openAt(t, url.replace(`127.0.0.1:${server.port}`, proxy.address), { connections: 1 });
    const me = await cut.join(hub('a'), TERM_MS);
    // Prepares the statement: what comes next from the database is the answer to a commit.
    await cut.commit(me, changes(put('0')));
    proxy.hold('toAgent');
    const one = changes(put('1', 'one', { expect: 'absent' }));
    const commit = cut.commit(me, one);
    await wait('the database has committed', async () => (await logOf(engine)).length === 2);
    proxy.cut();
    proxy.release('toAgent');
    t.match(await commit, { verdicts: [{ change: 2 }], head: { change: 2, batch: one.id } });
    t.same((await logOf(engine)).length, 2);
  });

  t.test('a commit that is cut before it is done holds no lock, and is made on a new connection', async (t) => {
    const database = await emptyDatabase();
    const engine = await openAt(t, urlOf(database), { connections: 1 });
    const me = await engine.join(hub('a'), TERM_MS);
    const own = await connectTo(t, urlOf(database));
    await own('begin; select * from rh_head for update');
    const commit = engine.commit(me, changes(put('1', 'one', { expect: 'absent' })));
    const locked = "select pid from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'";
    const waiting = () => root(locked, [database.database]);
    await wait('the commit waits for the head', async () => (await waiting()).length === 1);
    const [blocked] = await waiting();
    await root('select pg_terminate_backend($1)', [blocked?.pid]);
    await wait('it waits on a new connection', async () => {
      const [now] = await waiting();
      return now !== undefined && now.pid !== blocked?.pid;
    });
    await own('commit');
    t.match(await commit, { verdicts: [{ change: 1 }] });
    t.same((await logOf(engine)).length, 1);
  });

  t.test('a commit with no answer within its patience says that its outcome is unknown', async (t) => {
    const url = urlOf(await emptyDatabase());
    const proxy = await startLinkProxy(t, `127.0.0.1:${server.port}`);
    const options = { connections: 1, patienceMs: 0 };
    const engine = await openAt(t, url.replace(`127.0.0.1:${server.port}`, proxy.address), options);
    const me = await engine.join(hub('a'), TERM_MS);
    proxy.cut({ refuse: true });
    const lost = changes(put('1'));
    await t.rejects(engine.commit(me, lost), { code: 'unavailable', details: { outcome: 'unknown' } });
    proxy.accept();
    t.equal(await wait('the engine answers', () => engine.settle(me, lost.id).then(String, () => false)), 'undefined');
  });

  t.test('of several hosts the engine uses the host that answers and takes writes', async (t) => {
    const readOnly = await startPostgresql(t);
    if (!readOnly) return;
    const other = await connectTo(t, urlAt(readOnly));
    await other('alter database postgres set default_transaction_read_only = on');
    const hosts = [await freePort(), readOnly.port, server.port].map((port) => `127.0.0.1:${port}`);
    const engine = await openAt(t, urlOf(server, hosts.join(',')));
    await engine.join(hub('a'), TERM_MS);
    t.match(await root('select id from rh_hub'), [{ id: 'a' }]);
  });

  t.test('a database elsewhere is reached only over a connection whose certificate is checked', async (t) => {
    const url = urlOf(await emptyDatabase());
    const checked = `${url}?sslmode=verify-full`;
    await t.rejects(openPostgres(checked, { patienceMs: 0 }), { code: 'unavailable' }, 'it has no certificate');
    const [shown] = await root('show data_directory');
    const folder = String(shown?.data_directory);
    const { cert, key } = makeCertificate(folder);
    for (const file of [cert, key]) chownSync(file, statSync(folder).uid, statSync(folder).gid);
    for (const setting of ["ssl_cert_file = 'cert.pem'", "ssl_key_file = 'key.pem'", 'ssl = on'])
      await root(`alter system set ${setting}`);
    await root('select pg_reload_conf()');
    await wait('it speaks TLS', async () => (await root('show ssl'))[0]?.ssl === 'on');
    await t.rejects(openPostgres(checked, { patienceMs: 0 }), { code: 'unavailable' }, 'its issuer is unknown');
    await openAt(t, `${checked}&sslrootcert=${cert}`);
    const used = await root('select ssl from pg_stat_ssl join pg_stat_activity using (pid) where ssl');
    t.ok(used.length > 0);
    const elsewhere = checked.replace('127.0.0.1', '127.0.0.2');
    await t.rejects(
      openPostgres(`${elsewhere}&sslrootcert=${cert}`, { patienceMs: 0 }),
      { code: 'unavailable', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } },
      'a certificate of another host',
    );
    await t.rejects(openPostgres(`${url}?sslmode=prefer`), { code: 'invalid_input' });
    await t.rejects(openPostgres('mysql://127.0.0.1/x'), { code: 'invalid_input' });
  });

  t.test('the log is trimmed while a commit holds the head', async (t) => {
    const database = await emptyDatabase();
    const engine = await openAt(t, urlOf(database), { patienceMs: 0 });
    const me = await engine.join(hub('a'), TERM_MS);
    for (const id of ['1', '2', '3']) await engine.commit(me, changes(put(id)));
    const own = await connectTo(t, urlOf(database));
    await own('begin; select * from rh_head for update');
    t.equal(await engine.trimLog(100, 100), 2);
    await own('commit');
  });

  t.test('the hub is told if no standby has each change before it is acknowledged', async (t) => {
    const primary = await startPostgresql(t);
    if (!primary) return;
    const url = urlOf(primary, `127.0.0.1:${primary.port}`);
    let told = 0;
    const onNoStandby = () => {
      told += 1;
    };
    await openAt(t, url, { onNoStandby });
    t.equal(told, 1);
    await startStandby(t, primary);
    const own = await connectTo(t, url);
    await requireStandby(own);
    await openAt(t, url, { onNoStandby });
    t.equal(told, 1);
    await own('alter database postgres set synchronous_commit = local');
    await openAt(t, url, { onNoStandby });
    t.equal(told, 2);
  });

  t.test('a statement that the database refuses for good is told as such, and at once', async (t) => {
    const database = await emptyDatabase();
    const engine = await openAt(t, urlOf(database));
    const me = await engine.join(hub('a'), TERM_MS);
    const own = await connectTo(t, urlOf(database));
    await own('drop table rh_claim');
    const lasting = { code: 'internal', message: /SQLSTATE 42P01/, details: { outcome: 'not_run' } };
    await t.rejects(engine.commit(me, changes(put('1'))), lasting);
    t.same(await recordsOf(engine), {});
    await t.rejects(openPostgres(urlOf({ ...database, password: 'wrong' })), {
      code: 'internal',
      message: /SQLSTATE 28P01/,
    });
  });
});
