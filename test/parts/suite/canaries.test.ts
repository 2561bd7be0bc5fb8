import t from 'tap';
import { blanked } from '../../../agent/drivers/suite/instance/canaries.js';
import { EchoWatch } from '../../../agent/drivers/suite/instance/echo.js';
import { nodeServer } from './bench.js';

function blankedValues(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { spec, canaries } = blanked(nodeServer(args, env));
  if (spec.transport.case !== 'stdio') throw new Error('it is a process');
  return { ...spec.transport.value, canaries };
}

t.test('secrets are replaced by something of the same length and form, settings stay', (t) => {
  const env = {
    API_TOKEN: 'abc-123-XYZ',
    GITHUB_PAT: 'ghp_0123456789abcdefghij0123456789abcdef',
    DATABASE_URL: 'postgres://me:s3cretword@db.example:5432/books',
    RANDOM: 'q8Zk2LmP0vTnW4xYb7Rc9DfGh',
    LOG_LEVEL: 'debug',
    NOTES_FOLDER: '/srv/notes',
    USE_TOKENS: 'true',
    REGION: 'eu-central-1',
  };
  const { env: given } = blankedValues([], env);
  for (const name of ['LOG_LEVEL', 'NOTES_FOLDER', 'USE_TOKENS', 'REGION'] as const) t.equal(given[name], env[name]);
  for (const name of ['API_TOKEN', 'GITHUB_PAT', 'DATABASE_URL', 'RANDOM'] as const) {
    t.not(given[name], env[name], name);
    t.equal(given[name]?.length, env[name].length, name);
  }
  t.match(given.API_TOKEN, /^[a-z]{3}-\d{3}-[A-Z]{3}$/);
  t.match(given.GITHUB_PAT, /^ghp_/);
  t.match(given.DATABASE_URL, /^postgres:\/\/me:\w{10}@db\.example:5432\/books$/);
  t.end();
});

t.test('secrets among the arguments, too', (t) => {
  const { args, env } = blankedValues(
    [
      'serve.mjs',
      '--token',
      'hush-hush-1',
      '--api-key=topsecret99',
      '-e',
      'DB_PASSWORD=pass-word-3',
      '--port',
      '8080',
      'shared-secret-5',
    ],
    { MY_SECRET: 'shared-secret-5' },
  );
  t.match(args, [
    'serve.mjs',
    '--token',
    /^(?!hush)\w{4}-\w{4}-\d$/,
    /^--api-key=(?!topsecret)\w+$/,
    '-e',
    /^DB_PASSWORD=(?!pass)/,
    '--port',
    '8080',
  ]);
  t.equal(args.at(-1), env.MY_SECRET, 'the same secret has the same canary everywhere');
  t.end();
});

t.test('a canary is known again in every form', (t) => {
  const value = 'tok_4f8s7d6f5g4h3j2k1';
  const bytes = Buffer.from(value);
  const forms = {
    plain: `the token is ${value}.`,
    base64: Buffer.from(`user:${value}:x`).toString('base64'),
    hexadecimal: bytes.toString('hex').toUpperCase(),
    reversed: [...value].reverse().join(''),
    'percent-encoded': [...bytes].map((byte) => `%${byte.toString(16)}`).join(''),
  };
  for (const [form, text] of Object.entries(forms)) {
    const watch = new EchoWatch([{ name: 'API_TOKEN', value }]);
    watch.heard('nothing of it', 'a message', 'one');
    watch.heard(text, 'a message', 'two');
    t.match(watch.echoes, [{ name: 'API_TOKEN', form, during: 'two' }], form);
    t.notOk(watch.hide(text).includes(value));
  }
  for (const shift of ['', 'a', 'ab']) {
    const watch = new EchoWatch([{ name: 'A', value }]);
    watch.heard(Buffer.from(`${shift}${value}tail`).toString('base64url'), 'a message', '');
    t.equal(watch.echoes.length, 1, `base64 with ${shift.length} bytes before it`);
  }
  t.end();
});
