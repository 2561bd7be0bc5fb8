import { onlyReads } from '@roundhouse/proto/statements';
import t from 'tap';

t.test('a statement that reads', async (t) => {
  for (const statement of [
    'select 1 /* a comment */',
    'with a as (select 1) select * from a',
    'select slot_name from pg_replication_slots',
    'select name from pg_file_settings',
    'select dblinks, created from hosts',
  ])
    t.ok(onlyReads(statement), statement);
});

t.test('a comment that MySQL or MariaDB runs is no comment', async (t) => {
  for (const comment of ['/*!50000OUTFILE*/', '/*M!100000DUMPFILE*/', '/*m!OUTFILE*/', '/*! outfile*/'])
    t.notOk(onlyReads(`select 'x' into ${comment} '/tmp/x'`), comment);
});

t.test('a function that acts outside of its transaction does not read', async (t) => {
  for (const call of [
    'pg_terminate_backend(1)',
    'pg_catalog."pg_cancel_backend"(1)',
    'PG_RELOAD_CONF()',
    "pg_create_physical_replication_slot('a')",
    "pg_drop_replication_slot('a')",
    "lo_export(1, '/tmp/x')",
    "dblink_exec('dbname=a', 'drop table b')",
    "pg_file_write('a', 'b', false)",
    "query_to_xml('select pg_reload' || '_conf()', true, true, '')",
    'U&"pg_reload\\005fconf"()',
  ])
    t.notOk(onlyReads(`select ${call}`), call);
  t.notOk(onlyReads("select * from dblink('dbname=a', 'drop table b returning 1') as t(a int)"));
});
