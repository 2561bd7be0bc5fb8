import t from 'tap';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { createLog } from '../../../hub/host/log.js';

t.test('the log stays readable and holds no secret, with any secrets', async (t) => {
  const redactor = new Redactor();
  for (const secret of ['{"level"', '"time":"', 'sealed-value', ',"msg":', '"server":"', '[{"text"'])
    redactor.learn(secret);
  const lines: string[] = [];
  const log = createLog('info', redactor, undefined, { write: (line) => void lines.push(line) });
  const error = new Error('failed with sealed-value', { cause: new Error('sealed-value again') });
  log.info({ server: 'sealed-value', list: [{ text: 'a sealed-value' }] }, 'told sealed-value');
  log.error(error);
  log.warn({ err: error }, 'it failed');
  const [told, ...failed] = lines.map((line) => JSON.parse(line));
  t.match(told, { level: 30, server: '[REDACTED]', list: [{ text: 'a [REDACTED]' }], msg: 'told [REDACTED]' });
  t.match(failed, [
    { level: 50, err: { message: /failed with \[REDACTED\]/ }, msg: 'failed with [REDACTED]' },
    {
      level: 40,
      err: { type: 'Error', message: /failed with \[REDACTED\]/, stack: /log-redaction/ },
      msg: 'it failed',
    },
  ]);
  t.notMatch(lines.join(''), /sealed-value/);
});
