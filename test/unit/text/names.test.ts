import { isVisible, printable, shown, shownJson, shownLines, shownLog } from '@roundhouse/proto/text';
import t from 'tap';
import { consentHandlers } from '../../../hub/api/connect/consents.js';
import { Output } from '../../../hub/cli/frame/output.js';
import { processTerminal } from '../../../hub/cli/frame/terminal.js';
import type { Domain } from '../../../hub/domain/domain.js';
import { checkName, checkVisible } from '../../../hub/domain/names.js';
import type { RawReply } from '../../../hub/http/endpoint.js';
import { SessionCookies } from '../../../hub/http/request/session-cookies.js';

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
  ...[0x34f, 0x115f, 0x1160, 0x180b, 0x2800, 0x3164, 0xfe00, 0xfe0f, 0xffa0, 0xe0100].map(
    (code) => `a${String.fromCodePoint(code)}b`,
  ),
  '1\ufe0f',
  '👋\ufe0f',
  '❤\ufe0f\ufe0f',
];

t.test('a name with a control or direction character is refused, and its field is named', async (t) => {
  for (const name of hidden) {
    t.notOk(isVisible(name), shown(name));
    t.throws(() => checkName(name), { code: 'invalid_input', details: { field: 'name' } });
    t.throws(() => checkVisible(name, 'username'), { code: 'invalid_input', details: { field: 'username' } });
  }
  for (const name of ['weather', 'Größe 1', '天気', 'مرحبا', 'e\u0301', '❤\ufe0f', '👍🏽'])
    t.doesNotThrow(() => checkName(name), name);
});

t.test('a terminal is shown a hidden character as its code', async (t) => {
  t.equal(shown('a\u202eb\u001b[2J\u3164\u{e0100}'), 'a\\u{202e}b\\u{1b}[2J\\u{3164}\\u{e0100}');
  const lines = new Output(processTerminal, 'people').table(
    ['NAME'],
    hidden.map((name) => [name]),
  );
  t.notMatch(lines.replaceAll(/\n|❤\ufe0f/gu, ''), /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2800]/u);
  t.equal(lines.split('\n').length, hidden.length + 2, 'one line for each row');
});

t.test('texts of several lines keep their line ends', async (t) => {
  t.equal(shownLines('a\u202e\n\tb\r'), 'a\\u{202e}\n\tb\\u{d}');
});

t.test('a line of a log has nothing hidden once it is parsed', async (t) => {
  const entry = { level: 40, name: 'a\u202eb', err: { stack: 'Error: \u001b[2J\n    at \\u{1}' }, list: ['\u009b'] };
  t.same(JSON.parse(shownLog(`${JSON.stringify(entry)}\n`)), {
    ...{ level: 40, name: 'a\\u{202e}b', list: ['\\u{9b}'] },
    err: { stack: 'Error: \\u{1b}[2J\n    at \\u{1}' },
  });
});

t.test('the texts of an agent are kept without hidden characters, and cut', async (t) => {
  t.equal(printable('a\u202e\u2028gent', 4), 'agen');
});

t.test('the page that follows a consent shows the hidden characters of a name from before the rule', async (t) => {
  const consents = { asked: () => ({ name: 'pay\u202e<b>lap', transport: { type: 'stdio' } }) };
  const { returnFromConsent } = consentHandlers({ consents } as unknown as Domain, new SessionCookies());
  const query = { state: 's', code: '"><script>' };
  const page = await returnFromConsent({ params: {}, query, body: undefined } as never, { audit: {} } as never);
  t.match((page as RawReply).body, 'May the server pay\\u{202e}&lt;b&gt;lap use your account?');
  t.match((page as RawReply).body, 'value="&quot;&gt;&lt;script&gt;"');
});

t.test('JSON for a terminal has the same value, and no hidden character', (t) => {
  const value = { 'na\u202eme': '\u009b31m \u{e0041}\u{e0100}\u3164 \ud83d 😀', lines: 'a\nb' };
  const json = JSON.stringify(value, null, 2);
  t.same(JSON.parse(shownJson(json)), value);
  t.ok(isVisible(shownJson(json).replaceAll('\n', '')));
  t.end();
});
