import t from 'tap';
import { auditedStatement, auditedWords, maskedWords } from '../../../hub/domain/audit/arguments.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';

const redactor = new Redactor();
redactor.learn('known-secret-of-the-tests');

t.test('secrets in command lines', async (t) => {
  for (const [words, shown] of [
    [
      ['psql', '--password', 'hunter22', '-h', 'db'],
      ['psql', '--password', '[REDACTED]', '-h', 'db'],
    ],
    [
      ['app', '--token=abc'],
      ['app', '--token=[REDACTED]'],
    ],
    [
      ['app', '--password', '--verbose'],
      ['app', '--password', '--verbose'],
    ],
    [
      ['env', 'API_KEY=abc', 'MODE=test'],
      ['env', 'API_KEY=[REDACTED]', 'MODE=test'],
    ],
    [
      ['sh', '-c', `export DB_PASSWORD='a b'; run MODE=x;SECRET=y`],
      ['sh', '-c', `export DB_PASSWORD=[REDACTED]; run MODE=x;SECRET=[REDACTED]`],
    ],
    [
      ['echo', 'a known-secret-of-the-tests b'],
      ['echo', 'a [REDACTED] b'],
    ],
  ] as const)
    t.same(maskedWords(words, redactor), shown);
});

t.test('long command lines are cut', async (t) => {
  const shown = auditedWords(['x'.repeat(1000), ...Array(40).fill('y')], redactor);
  t.match([shown.length, shown[0]?.length, shown.at(-1)], [33, 256, '… 9 more']);
});

t.test('a statement of SQL that names a secret ends before its first literal', async (t) => {
  for (const [statement, shown] of [
    ["alter user eve password 'hunter22'", 'alter user eve password [REDACTED]'],
    ["CREATE USER a IDENTIFIED BY 'a\\', b'", 'CREATE USER a IDENTIFIED BY [REDACTED]'],
    ['set password = $pw$hunter22$pw$', 'set password = [REDACTED]'],
    ['update apps set api_key = "hunter22"', 'update apps set api_key = [REDACTED]'],
    ['update apps set token = $1', 'update apps set token = $1'],
    ["delete from apps where name = 'old'", "delete from apps where name = 'old'"],
  ] as const)
    t.equal(auditedStatement(statement), shown);
  t.equal(auditedStatement(`select ${'x'.repeat(2000)}`).length, 1000);
});
