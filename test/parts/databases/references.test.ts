import t from 'tap';
import {
  connectionUrl,
  databaseParameters,
  referencesIn,
  withoutReferences,
  withParameters,
} from '../../../hub/domain/databases/connections.js';

t.test('connection URLs: special characters are escaped', async (t) => {
  const base = { type: 'postgresql', host: 'db.example.org', port: 5432, databaseName: 'a b', username: 'u' } as const;
  t.equal(connectionUrl({ ...base, password: 'p@:/?#' }), 'postgresql://u:p%40%3A%2F%3F%23@db.example.org:5432/a%20b');
  t.equal(connectionUrl({ ...base, password: '' }), 'postgresql://u@db.example.org:5432/a%20b');
  const redis = { ...base, type: 'redis', host: '::1', port: 6379, databaseName: '0', username: '' } as const;
  t.equal(connectionUrl({ ...redis, password: 'x' }), 'redis://:x@[::1]:6379/0');
  t.equal(connectionUrl({ ...redis, password: '' }), 'redis://[::1]:6379/0');
  const url = new URL(connectionUrl({ ...base, password: 'p@:/?#' }));
  t.equal(decodeURIComponent(url.password), 'p@:/?#');
});

t.test('references, with and without a field, several in one text', async (t) => {
  const text = 'x={{database:Main DB}} y={{database: other | host }} z={{database:}} {{other:a}}';
  t.same(referencesIn(text), [
    { database: 'Main DB', field: 'url' },
    { database: 'other', field: 'host' },
  ]);
  const shown = withoutReferences(text, ({ database, field }) => `<${database}.${field}>`);
  t.equal(shown, 'x=<Main DB.url> y=<other.host> z={{database:}} {{other:a}}');
  t.equal(
    withoutReferences('{{database:a}}', () => '$& $1'),
    '$& $1',
    'what stands there is taken literally',
  );
});

t.test('a parameter in the place of a name', async (t) => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: parameters of workflows
  const text = '{{database:${db}|port}} ${db}';
  t.same(databaseParameters(text), ['db']);
  t.equal(
    withParameters(text, (name) => `<${name}$&>`),
    '{{database:<db$&>|port}} ${db}',
  );
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: parameters of workflows
});

t.test('a long text without an end costs no time', async (t) => {
  const text = `{{database:${' '.repeat(50_000)}`;
  // Its own time: others may have the processor meanwhile.
  const begin = process.cpuUsage();
  referencesIn(text);
  databaseParameters(text);
  t.ok(process.cpuUsage(begin).user < 1_000_000, 'a second, in microseconds');
});
