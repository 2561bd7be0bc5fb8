import { SecretMatcher } from '@roundhouse/proto/secret-matcher';
import { isSecretField } from '@roundhouse/proto/secret-names';
import t from 'tap';
import { redactedStream } from '../../../hub/domain/agents/redacting-fleet.js';
import { auditedArguments } from '../../../hub/domain/audit/arguments.js';
import { personalScope } from '../../../hub/domain/audit/known-secrets.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { othersDuring } from '../../kit/turns.js';

function knowing(...values: string[]): Redactor {
  const redactor = new Redactor();
  redactor.learn(JSON.stringify({ values: Object.fromEntries(values.map((value, i) => [`V${i}`, value])) }));
  return redactor;
}

/** The finds of a naive search, overlapping places joined. */
function naive(text: string, texts: readonly string[]) {
  const covered = new Uint8Array(text.length);
  for (const wanted of texts)
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1))
      covered.fill(1, at, at + wanted.length);
  return covered;
}

t.test('the matcher finds the same secrets in bytes as in their text', async (t) => {
  const letters = 'ab\u00ff';
  const random = (length: number) =>
    Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join('');
  const seen = new Set<boolean>();
  for (let round = 0; round < 2000; round += 1) {
    const matcher = new SecretMatcher();
    const text = random(Math.floor(Math.random() * 60));
    for (let n = 0; n < 3; n += 1) matcher.add(random(6 + Math.floor(Math.random() * 3)));
    const touches = matcher.touchesBytes(Buffer.from(text, 'latin1'));
    seen.add(touches);
    if (touches !== matcher.touches(text)) t.equal(touches, !touches, text);
  }
  t.equal(seen.size, 2, 'some texts hold one, some do not');
});

t.test('the matcher finds the same as a plain search', async (t) => {
  const letters = 'ab€';
  const random = (length: number) =>
    Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join('');
  for (let round = 0; round < 300; round += 1) {
    const texts = Array.from({ length: 3 }, () => random(6 + Math.floor(Math.random() * 4)));
    const matcher = new SecretMatcher();
    for (const text of texts) matcher.add(text);
    const text = random(200);
    const covered = new Uint8Array(text.length);
    const found = matcher.find(text);
    for (const { start, end } of found) covered.fill(1, start, end);
    const expected = naive(text, texts);
    if (Buffer.compare(covered, expected) !== 0) t.same(covered, expected, `${texts} in ${text}`);
    if (matcher.touches(text) !== expected.includes(1)) t.fail('touches');
  }
  t.pass('300 random texts');
});

t.test('a matcher keeps no text that it looks for', async (t) => {
  const matcher = new SecretMatcher();
  matcher.add('a-secret-to-be-looked-for');
  t.equal(matcher.size, 1);
  matcher.add('a-secret-to-be-looked-for');
  t.equal(matcher.size, 1);
  matcher.add('short');
  t.equal(matcher.size, 1);
  t.notMatch(JSON.stringify(Object.values(matcher)), /looked/);
});

t.test('values are known by length and name', async (t) => {
  const redactor = new Redactor();
  redactor.learn(
    JSON.stringify({ values: { MODE: 'prodxy', DB_PASSWORD: 'pw1234', LONG: 'production' }, authSecret: null }),
  );
  t.equal(redactor.text('prodxy pw1234 production'), 'prodxy [REDACTED] [REDACTED]');
  redactor.learn('whsec_something');
  t.equal(redactor.text('"whsec_something"'), '"[REDACTED]"', 'a secret by itself');
});

t.test('every form of a value is removed', async (t) => {
  const redactor = knowing('Bearer abcdefgh', 'with "quotes" and\nlines that are long', 'a/b+c=d&e ü');
  t.equal(redactor.text('token abcdefgh!'), 'token [REDACTED]!');
  const basic = Buffer.from('agent:pass of agent').toString('base64');
  const header = knowing(`Basic ${basic}`);
  t.equal(header.text(`${basic} is agent:pass of agent`), '[REDACTED] is [REDACTED]');
  t.equal(header.text('the pass of agent'), 'the [REDACTED]');
  t.equal(redactor.text(JSON.stringify('with "quotes" and\nlines that are long')), '"[REDACTED]"');
  t.equal(redactor.text('> lines that are long <'), '> [REDACTED] <');
  t.equal(redactor.text(`?x=${encodeURIComponent('a/b+c=d&e ü')}`), '?x=[REDACTED]');
});

/** The same text as other languages write it in JSON. */
const writers: Readonly<Record<string, (json: string) => string>> = {
  Go: (json) => json.replace(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
  PHP: (json) => json.replaceAll('/', '\\/'),
  Python: (json) => json.replace(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

t.test('secrets in JSON are removed, however a program escapes their characters', async (t) => {
  const secret = 'pä$$/w<o>r&d😀';
  const redactor = knowing(secret);
  for (const [language, write] of Object.entries(writers)) {
    const json = write(JSON.stringify({ text: `a ${secret} b` }));
    t.same(JSON.parse(redactor.json(json)), { text: 'a [REDACTED] b' }, language);
    t.same(JSON.parse(redactor.definition(json)), { text: 'a [REDACTED] b' }, language);
    const inside = write(JSON.stringify({ text: json }));
    t.equal(JSON.parse(JSON.parse(redactor.json(inside)).text).text, 'a [REDACTED] b', `${language}: JSON in JSON`);
    async function* line() {
      yield Buffer.from(`{"message":"one"}\n${inside}\n`);
    }
    const shown: Buffer[] = [];
    for await (const part of redactedStream(Object.assign(line(), { cancel: () => {} }), redactor))
      shown.push(Buffer.from(part));
    const [first, second = ''] = Buffer.concat(shown).toString().split('\n');
    t.equal(first, '{"message":"one"}');
    t.equal(JSON.parse(JSON.parse(second).text).text, 'a [REDACTED] b', `${language}: a line of a log`);
    t.equal(redactor.except(secret).json(json), json, `${language}: an echo of the caller's own text stays`);
    t.equal(
      redactor.except(json).text(`a ${secret} b`),
      `a ${secret} b`,
      `${language}: an echo with other escapes, too`,
    );
  }
  t.equal(redactor.text('C:\\temp\\new \\u00'), 'C:\\temp\\new \\u00', 'other texts stay');
});

t.test('a secret that a program prints as a number is removed, and other numbers stay', async (t) => {
  const [pin, long] = ['83749201', '12345678901234567890'];
  const redactor = knowing(pin, long, '0055512345', '98765432109876543210');
  const texts: Readonly<Record<string, string>> = {
    [pin]: '"[REDACTED]"',
    [`-${pin}.5`]: '"[REDACTED]"',
    [`{"\\"a":[1,${pin} ,true],"b":{"c": ${pin}}}`]: '{"\\"a":[1,"[REDACTED]",true],"b":{"c":"[REDACTED]"}}',
    [`{"text":"it is ${pin}","n":83.749201e6}`]: '{"text":"it is [REDACTED]","n":"[REDACTED]"}',
    [`[${long},9${long},8374920]`]: '["[REDACTED]","[REDACTED]",8374920]',
    '[55512345]': '["[REDACTED]"]',
    '[98765432109876540000]': '["[REDACTED]"]',
  };
  for (const [json, shown] of Object.entries(texts)) {
    t.equal(redactor.json(json), shown, json);
    t.equal(redactor.definition(json), shown, json);
    t.equal(redactor.except(json).json(json), json, 'an echo of the caller’s own number stays');
  }
  const value = { a: [Number(pin), 1, true, null], b: { c: Number(pin) } };
  const shown = { a: ['[REDACTED]', 1, true, null], b: { c: '[REDACTED]' } };
  for (const form of [redactor.strings(value), redactor.value(value), redactor.details(value), redactor.audited(value)])
    t.same(form, shown);
  t.match(redactor.error(new DomainError('timeout', 'late', value)), { details: shown });
  t.same(auditedArguments(value, JSON.stringify(value), redactor), shown);
  const longer = { ...value, text: 'x'.repeat(10_000) };
  t.match(auditedArguments(longer, JSON.stringify(longer), redactor), shown);
});

t.test('names of fields hold no secret, and names of letters stay', async (t) => {
  const redactor = knowing('sealed-value', 'description');
  const json = JSON.stringify({ 'the sealed-value': 1, description: 'a description' });
  t.same(JSON.parse(redactor.json(json)), { 'the [REDACTED]': 1, description: 'a [REDACTED]' });
});

t.test('the password of a URL and the base64 form of a value are secrets, too', async (t) => {
  const redactor = knowing('postgres://app:p%40ss-w@rd@db.example:5432/x?y=1');
  t.equal(redactor.text('p%40ss-w@rd, p@ss-w@rd!'), '[REDACTED], [REDACTED]!');
  const plain = knowing('the plain value');
  t.equal(plain.text(Buffer.from('the plain value').toString('base64')), '[REDACTED]');
});

t.test('overlapping secrets leave no rest', async (t) => {
  const redactor = knowing('abcdefgh', 'efghijkl', 'abcdefghij');
  t.equal(redactor.text('xabcdefghijklx'), 'x[REDACTED]x');
});

t.test('errors are shown without secrets, and are the same if they hold none', async (t) => {
  const redactor = knowing('sealed-value');
  const clean = new DomainError('timeout', 'late', { token: 'what' });
  t.equal(redactor.error(clean), clean);
  const told = redactor.error(new DomainError('upstream_failed', 'no sealed-value', { a: ['sealed-value'], b: 1 }));
  t.match(told, { code: 'upstream_failed', message: 'no [REDACTED]', details: { a: ['[REDACTED]'], b: 1 } });
});

t.test('names show which values are secret', async (t) => {
  for (const name of [
    'password',
    'dbPassword',
    'api_key',
    'API-Key',
    'accessToken',
    'private_key',
    'Cookie',
    'pin',
    'auth',
  ])
    t.ok(isSecretField(name, 'x'), name);
  for (const name of ['author', 'path', 'passenger', 'key', 'spin', 'keyboard'])
    t.notOk(isSecretField(name, 'x'), name);
  t.notOk(isSecretField('max_tokens', 1000));
  t.ok(isSecretField('tokens', ['a']));
  t.ok(isSecretField('password', 12345678));
  t.notOk(isSecretField('password', null));
});

t.test('arguments without a secret stay the same object', async (t) => {
  const redactor = knowing('sealed-value');
  const kept = (args: Record<string, unknown>) => auditedArguments(args, JSON.stringify(args), redactor);
  const plain = { path: '/a', n: 1, list: [{ b: true }] };
  t.equal(kept(plain), plain);
  t.same(kept({ text: 'the token is out there' }), { text: 'the token is out there' }, 'a word in a text is no name');
  t.same(kept({ a: { secretKey: { x: 1 } }, b: 'my sealed-value' }), {
    a: { secretKey: '[REDACTED]' },
    b: 'my [REDACTED]',
  });
  t.same(kept({ 'sealed-value': 1 }), { '[REDACTED]': 1 });
});

t.test('long arguments are cut, and no part of a secret is left', async (t) => {
  const redactor = knowing('sealed-value');
  const args = {
    text: `${'x'.repeat(250)}sealed-value${'y'.repeat(10_000)}`,
    list: Array.from({ length: 1000 }, (_, i) => i),
    password: 'p',
    deep: { a: { b: { c: { d: { e: { f: 1 } } } } } },
    ...Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, 'v'.repeat(500)])),
  };
  const kept = JSON.stringify(auditedArguments(args, JSON.stringify(args), redactor));
  t.ok(kept.length < 8192, String(kept.length));
  t.notMatch(kept, /sealed|"password":"p"/);
  t.match(kept, /"password":"\[REDACTED\]"/);
  t.match(kept, /more characters.* more/);
});

t.test('the secret of a webhook is removed in every form that works', async (t) => {
  const given = 'a secret of the customer';
  const encoded = Buffer.from(given).toString('base64');
  const redactor = knowing(`whsec_${encoded}`, 'whsec_oz4vwbBCMxT1Xm2mLJJs3Yv3aTxqf7Cz');
  for (const form of [
    given,
    encoded,
    `whsec_${encoded}`,
    'oz4vwbBCMxT1Xm2mLJJs3Yv3aTxqf7Cz',
    encodeURIComponent(given),
  ])
    t.equal(redactor.text(`it is ${form}.`), 'it is [REDACTED].', form);
});

t.test('a stream of lines is redacted across its chunks, and lines go on at once', async (t) => {
  const redactor = knowing('sealed-ünicode-value');
  const bytes = Buffer.from('one\ntwo sealed-ünicode-value\nthree');
  for (let size = 1; size < bytes.length; size += 1) {
    const chunks: string[] = [];
    const stream = redactedStream(
      {
        async *[Symbol.asyncIterator]() {
          for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
        },
        cancel: () => {},
      },
      redactor,
    );
    for await (const chunk of stream) chunks.push(Buffer.from(chunk).toString('latin1'));
    const text = Buffer.from(chunks.join(''), 'latin1').toString();
    if (text !== 'one\ntwo [REDACTED]\nthree') t.equal(text, 'one\ntwo [REDACTED]\nthree', `chunks of ${size}`);
    t.ok(chunks.length >= 1);
  }
  const long = Buffer.from(`${'x'.repeat(300_000)}sealed-ünicode-value${'y'.repeat(300_000)}`);
  const parts: Buffer[] = [];
  const endless = redactedStream(
    {
      async *[Symbol.asyncIterator]() {
        yield long.subarray(0, 300_008);
        yield long.subarray(300_008);
      },
      cancel: () => {},
    },
    redactor,
  );
  for await (const chunk of endless) parts.push(Buffer.from(chunk));
  t.ok(parts.length > 1, 'a line without an end is not held for ever');
  t.equal(Buffer.concat(parts).toString(), `${'x'.repeat(300_000)}[REDACTED]${'y'.repeat(300_000)}`);
});

t.test('a secret is taken out of texts of its own scope and, unless it is personal, out of shared texts', async (t) => {
  const redactor = new Redactor();
  redactor.learn('secret-of-a-server', 'server-1');
  redactor.learn('secret-of-a-person', personalScope('ada'));
  const text = 'secret-of-a-server secret-of-a-person';
  t.equal(redactor.text(text), '[REDACTED] secret-of-a-person');
  t.equal(redactor.of('server-1').text(text), '[REDACTED] secret-of-a-person');
  t.equal(redactor.of('server-2').text(text), text);
  t.equal(redactor.of(personalScope('ada')).text(text), 'secret-of-a-server [REDACTED]');
  t.equal(redactor.with(personalScope('ada')).text(text), '[REDACTED] [REDACTED]');
});

t.test('JSON stays JSON with the same fields, with any secrets', async (t) => {
  const redactor = new Redactor();
  for (const secret of ['"progress"', 'object', '"level"', 'message']) redactor.learn(secret);
  const json = JSON.stringify({ progress: 1, message: 'an object with a message', level: 'info' });
  t.same(JSON.parse(redactor.json(json)), { progress: 1, message: 'an [REDACTED] with a [REDACTED]', level: 'info' });
  const schema = { type: 'object', properties: { message: { type: ['object', 'null'], description: 'an object' } } };
  const definition = { name: 'object', inputSchema: { ...schema, required: ['message'] } };
  const shown = JSON.parse(redactor.definition(JSON.stringify(definition)));
  schema.properties.message.description = 'an [REDACTED]';
  t.same(shown, definition);
});

t.test('texts of the caller stay in an error, and a secret that the caller did not send is removed', async (t) => {
  const redactor = knowing('winter2026', 'with "quotes" in it');
  const echo = new DomainError('upstream_failed', 'unknown: spring2026 winter2026 with "quotes" in it');
  const sent = JSON.stringify({ uri: 'winter2026 with "quotes" in it' });
  t.equal(redactor.except(sent).error(echo), echo);
  t.match(redactor.except('spring2026').error(echo), { message: 'unknown: spring2026 [REDACTED] [REDACTED]' });
});

t.test('the search for secrets among the texts of the caller is bounded, and made once for each secret', async (t) => {
  const short = 'winter2026';
  const long = `${'a'.repeat(4000)}b${'a'.repeat(4000)}`;
  const redactor = knowing(short, long);
  const sent = `${'a'.repeat(1024 * 1024)} ${short} ${long}`;
  const often = `${short} `.repeat(10_000);
  t.equal(redactor.except(sent).text(often), often);
  t.equal(redactor.except(sent).text(long), '[REDACTED]', 'the search would take too long');
});

t.test('the number of texts that one sealed text adds, and that one person adds, is bounded', async (t) => {
  const redactor = new Redactor().of(personalScope('ada'));
  const lines = (from: number) => Array.from({ length: 20_000 }, (_, i) => `${from + i}`.padStart(16, '0')).join('\n');
  redactor.learn(JSON.stringify({ A_KEY: lines(0), B_KEY: 'whole-value-before-lines' }), personalScope('ada'));
  const once = redactor.size;
  t.ok(once < 2000, `${once}`);
  t.equal(redactor.text('whole-value-before-lines'), '[REDACTED]');
  for (let round = 1; round <= 20; round += 1)
    redactor.learn(JSON.stringify({ A_KEY: lines(round * 20_000) }), personalScope('ada'));
  t.ok(redactor.size < 10_000, `${redactor.size}`);
  redactor.learn(JSON.stringify({ A_KEY: 'the-newest-value' }), personalScope('ada'));
  t.equal(redactor.text('the-newest-value'), '[REDACTED]');
});

t.test('a search among 2,000 texts with one end takes no more steps than among 100', async (t) => {
  const searched = 'a'.repeat(20_000);
  const multiply = Math.imul;
  t.teardown(() => {
    Math.imul = multiply;
  });
  // None is in the searched text, and all end as each of its places does.
  const steps = (texts: number) => {
    const matcher = new SecretMatcher();
    for (let n = 0; n < texts; n += 1) matcher.add(`b${'a'.repeat(n + 6)}`);
    let count = 0;
    Math.imul = (a, b) => {
      count += 1;
      return multiply(a, b);
    };
    matcher.touches(searched);
    matcher.find(searched);
    Math.imul = multiply;
    return count / searched.length;
  };
  const [few, many] = [steps(100), steps(2000)];
  t.ok(few > 20, `${few} for each character: the search compares the texts`);
  t.ok(many < 200 && many < 3 * few, `${many} for each character, ${few} with fewer texts`);
});

t.test('each of many texts with one end is found whole', async (t) => {
  const texts = Array.from({ length: 400 }, (_, n) => `${`${n}-`.repeat(n + 1)}string`);
  const matcher = new SecretMatcher();
  for (const text of texts) matcher.add(text);
  for (const text of texts) {
    const [found] = matcher.find(`before ${text} after`);
    if (!found || found.start > 7 || found.end !== 7 + text.length) t.fail(`${text}: ${JSON.stringify(found)}`);
  }
  t.notOk(matcher.touches('a string of another text, and another string'), 'the end alone is no find');
});

t.test('many texts that end alike cost no more than as many texts that end differently', async (t) => {
  const spent = (text: (n: number) => string) => {
    const matcher = new SecretMatcher();
    const begun = process.cpuUsage();
    for (let n = 0; n < 30_000; n += 1) matcher.add(text(n));
    const used = process.cpuUsage(begun);
    // Texts that end alike differ in 32 bits of their hashes: two of 30,000 are taken for one in every tenth run.
    t.ok(matcher.size > 29_990, `${matcher.size}`);
    return used.user + used.system;
  };
  const differently = spent((n) => `end ${`${n}`.padStart(12, '0')}`);
  const alike = spent((n) => `${`${n}`.padStart(10, '0')}string`);
  t.ok(alike < 20 * differently, `${alike} µs, ${differently} µs`);
});

t.test(
  'the beginning of a text holds no part of a secret, in any escapes, and the search stops after it',
  async (t) => {
    const redactor = new Redactor();
    const secret = 'abcdefghijklmnopqrstuvwxyz-0123456789';
    redactor.learn(JSON.stringify({ token: secret }));
    const escaped = (text: string) =>
      [...text].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    const forms = [secret, escaped(secret), escaped(secret).replaceAll('\\', '\\u005c'), escaped(escaped(secret))];
    for (const form of forms)
      for (const before of [0, 200, 219, 240, 255]) {
        const shown = redactor.beginning(`${'x'.repeat(before)}${form}${'y'.repeat(2_000)}`, 256);
        t.ok(shown.length <= 256);
        t.ok(shown.startsWith(`${'x'.repeat(before)}[REDACTED]`.slice(0, 256)));
        t.notMatch(shown, /abc|006|005c/);
      }
    const searched: number[] = [];
    const { find } = redactor;
    redactor.find = (text) => {
      searched.push(text.length);
      return find.call(redactor, text);
    };
    redactor.beginning('\\'.repeat(1_000_000), 256);
    redactor.beginning('y'.repeat(1_000_000), 256);
    t.equal(searched.length, 2);
    t.ok(searched.every((length) => length < 20_000));
  },
);

t.test('a value is searched in turns with other work, and loses the same secrets as in one piece', async (t) => {
  const redactor = new Redactor();
  redactor.learn('s3cr3t-value');
  const item = (n: number) => ({ text: `a s3cr3t-value ${n}`, 's3cr3t-value.x': [n, 'plain', null, true] });
  const value = { content: Array.from({ length: 500 }, (_, n) => item(n)), deep: [[['s3cr3t-value']]] };
  let changed: unknown;
  const others = await othersDuring(t, async () => {
    changed = await redactor.stringsInTurns(value);
  });
  t.same(changed, redactor.strings(value));
  t.notMatch(JSON.stringify(changed), /s3cr3t/);
  t.ok(others >= 100, `others went on ${others} times`);
});
