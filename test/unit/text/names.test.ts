import { isVisible, shown } from '@roundhouse/proto/text';
import t from 'tap';
import { table } from '../../../hub/cli/table.js';
import { checkName, checkVisible } from '../../../hub/domain/names.js';

const hidden = [
  'a\u202eb',
  'a\u2066b',
  'a\u200bb',
  'a\nb',
  'a\u001b[2Jb',
  'a\u009bb',
  'a\u2028b',
  '\ufeffa',
  'a\ud800',
];

t.test('a name with a control or direction character is refused, and its field is named', async (t) => {
  for (const name of hidden) {
    t.notOk(isVisible(name), shown(name));
    t.throws(() => checkName(name), { code: 'invalid_input', details: { field: 'name' } });
    t.throws(() => checkVisible(name, 'username'), { code: 'invalid_input', details: { field: 'username' } });
  }
  for (const name of ['weather', 'Größe 1', '天気', 'مرحبا', 'e\u0301']) t.doesNotThrow(() => checkName(name), name);
});

t.test('a terminal is shown a hidden character as its code', async (t) => {
  t.equal(shown('a\u202eb\u001b[2J'), 'a\\u{202e}b\\u{1b}[2J');
  const lines = table(
    ['NAME'],
    hidden.map((name) => [name]),
  );
  t.notMatch(lines.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}\u2028]/u);
  t.equal(lines.split('\n').length, hidden.length + 2, 'one line for each row');
});
