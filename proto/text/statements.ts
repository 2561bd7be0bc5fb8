/** The words that a statement of SQL begins with if it only reads. */
const readingWord = /^\s*(select|with|values|table|show|explain|describe|desc)\b/i;
/** Words of statements that write files at the database's server. */
const writesFile = /\b(outfile|dumpfile)\b/i;

/**
 * Whether a statement of SQL only reads, as far as its words tell; the transaction has to be read-only besides. Some statements need this
 * check: MariaDB drops tables in a read-only transaction, and `copy … to program` changes no table.
 */
export function onlyReads(statement: string): boolean {
  return readingWord.test(statement) && !writesFile.test(statement);
}
