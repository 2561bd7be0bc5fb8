import t from 'tap';
import { apiNames } from '../../../hub/domain/access/caller.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { parsePattern, type Routable, Router } from '../../../hub/http/request/router.js';

const at = (api: Routable['api'], method: Routable['method'], path: string): Routable => ({ api, method, path });

const router = new Router([
  at('portal', 'GET', '/api/v1/servers/{id}'),
  at('automation', 'GET', '/api/v1/servers/{server_name}'),
  at('automation', 'GET', '/api/v1/updates/check'),
  at('automation', 'GET', '/api/v1/updates/{update_id}'),
  at('automation', 'POST', '/api/v1/updates/{server_name}'),
  at('automation', 'POST', '/api/v1/updates/{server_name}/rollback'),
  at('portal', 'POST', '/api/v1/servers/bulk'),
  at('connect', 'GET', '/api/servers/{id}'),
  at('connect', 'GET', '/health'),
]);

const found = (method: Routable['method'], path: string) => {
  const match = router.match(method, path);
  return match && { targets: match.targets.map((target) => `${target.api} ${target.path}`), values: match.values };
};

t.test('parameters at the same place are the same path, in the order in which the APIs win', async (t) => {
  t.same(found('GET', '/api/v1/servers/github'), {
    targets: ['automation /api/v1/servers/{server_name}', 'portal /api/v1/servers/{id}'],
    values: ['github'],
  });
});

t.test('only one API is at each base', async (t) => {
  t.same(found('GET', '/portal/api/v1/servers/github'), {
    targets: ['portal /api/v1/servers/{id}'],
    values: ['github'],
  });
  t.same(found('GET', '/connect/health'), { targets: ['connect /health'], values: [] });
  t.equal(found('GET', '/backend/health'), undefined);
});

t.test('a literal wins over a parameter', async (t) => {
  t.same(found('GET', '/api/v1/updates/check')?.targets, ['automation /api/v1/updates/check']);
  t.same(found('GET', '/api/v1/updates/checks')?.targets, ['automation /api/v1/updates/{update_id}']);
});

t.test('a literal without the method, or without a further match, gives way to the parameter', async (t) => {
  t.same(found('POST', '/api/v1/updates/check'), {
    targets: ['automation /api/v1/updates/{server_name}'],
    values: ['check'],
  });
  t.same(found('POST', '/api/v1/updates/check/rollback')?.values, ['check']);
  t.same(found('GET', '/api/v1/servers/bulk')?.values, ['bulk']);
});

t.test('an encoded slash stays inside its segment, and each segment is decoded once', async (t) => {
  t.same(found('GET', '/api/servers/a%2Fb')?.values, ['a/b']);
  t.same(found('GET', '/api/servers/a%252Fb')?.values, ['a%2Fb']);
  t.same(found('GET', '/api/servers/%C3%A9')?.values, ['é']);
  t.same(found('GET', '/ap%69/servers/x')?.values, ['x']);
});

t.test('a path that cannot be decoded is malformed', async (t) => {
  for (const path of ['/api/servers/%', '/api/servers/%zz', '/api/servers/%ff', '/api/servers/a%00b', '/%2'])
    t.throws(
      () => router.match('GET', path),
      new DomainError('malformed', 'The path is not valid percent-encoded UTF-8'),
    );
});

t.test('empty segments match nothing', async (t) => {
  for (const path of ['/api/servers/', '/api//servers', '/', '', '/api/servers/x/', '//health'])
    t.equal(found('GET', path), undefined, path);
});

t.test('all endpoints that fit a path, for other methods', async (t) => {
  t.same(
    router.at('/api/v1/updates/check').map(({ method }) => method),
    ['GET', 'GET', 'POST'],
  );
  t.same(router.at('/nothing'), []);
});

t.test('a path of one API alone is not at another base', async (t) => {
  for (const api of apiNames) t.equal(found('GET', `/${api}/api/servers/x`) !== undefined, api === 'connect', api);
});

t.test('tables that contradict each other are refused', async (t) => {
  const twice = [at('connect', 'GET', '/a/{x}'), at('connect', 'GET', '/a/{y}')];
  t.throws(() => new Router(twice), /connect defines GET .* twice/);
  t.throws(() => parsePattern('/a/{x}/{x}'), /names 'x' twice/);
  for (const path of ['a', '/a//b', '/a/{x', '/a/x}', '/a/%20']) t.throws(() => parsePattern(path), /path/, path);
});
