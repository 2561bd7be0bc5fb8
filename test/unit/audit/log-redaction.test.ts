import t from 'tap';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { createLog } from '../../../hub/host/log.js';

t.test('the log stays readable and holds no secret, with any secrets', async (t) => {
  const redactor = new Redactor();
  for (const secret of ['{"severity_text"', '"timestamp":"', 'sealed-value', ',"body":', '"server":"', '[{"text"'])
    redactor.learn(secret);
  const lines: string[] = [];
  const log = createLog('info', redactor, undefined, { write: (line) => void lines.push(line) });
  const error = new Error('failed with sealed-value', { cause: new Error('sealed-value again') });
  log.info({ event: 'test.told', server: 'sealed-value', list: [{ text: 'a sealed-value' }] }, 'told sealed-value');
  log.warn({ event: 'test.failed', err: error }, 'it failed');
  const [told, failed] = lines.map((line) => JSON.parse(line));
  t.match(told, {
    ...{ severity_text: 'INFO', severity_number: 9, event: 'test.told', server: '[REDACTED]' },
    ...{ list: [{ text: 'a [REDACTED]' }], body: 'told [REDACTED]' },
  });
  t.match(failed, {
    severity_text: 'WARN',
    err: { type: 'Error', message: /failed with \[REDACTED\]/, stack: /log-redaction/ },
    body: 'it failed',
  });
  t.notMatch(lines.join(''), /sealed-value/);
});
