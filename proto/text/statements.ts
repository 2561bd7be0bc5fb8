/** The words that a statement of SQL begins with if it only reads. */
const readingWord = /^\s*(select|with|values|table|show|explain|describe|desc)\b/i;
/** Words of statements that write files at the database's server. */
const writesFile = /\b(outfile|dumpfile)\b/i;
/** MySQL and MariaDB run the text of comments that begin so, and words may follow without a space: `/*!50000OUTFILE`. */
const runsComment = /\/\*M?!/i;
/** Functions of PostgreSQL that act outside of the transaction: on other sessions, the server, its files, or another connection. */
const actsOutside = new RegExp(
  `\\b(${[
    ...['dblink(_\\w+)?', 'lo_export', 'lo_import', 'pg_file_(write|unlink|rename|sync)'],
    ...['pg_(terminate|cancel)_backend', 'pg_reload_conf', 'pg_rotate_logfile\\w*', 'pg_stat_reset\\w*'],
    ...[
      'pg_promote',
      'pg_switch_wal',
      'pg_wal_replay_(pause|resume)',
      'pg_backup_(start|stop)',
      'pg_(start|stop)_backup',
    ],
    ...['pg_create_\\w+', 'pg_drop_replication_slot', 'pg_copy_\\w+_slot', 'pg_replication_slot_advance'],
    ...['pg_replication_origin_(create|drop|advance|session\\w*|xact\\w*)', 'pg_logical_(emit|slot_get)\\w*'],
  ].join('|')})\\b`,
  'i',
);
/** Ways to call a function without its name in the statement: functions that run a text, and names in other letters. */
const hidesWords = /\b((query|cursor)_to_xml\w*|ts_stat|ts_rewrite|crosstab\w*|connectby)\b|\bu&"/i;
const forbidden = [writesFile, runsComment, actsOutside, hidesWords];

/**
 * Whether a statement of SQL only reads, as far as its words tell; the transaction has to be read-only besides. Some statements need this
 * check: MariaDB drops tables in a read-only transaction, and `copy … to program` changes no table. The lists of functions are not complete:
 * each extension has functions of its own.
 */
export function onlyReads(statement: string): boolean {
  return readingWord.test(statement) && !forbidden.some((words) => words.test(statement));
}
