import t from 'tap';
import { describedApis } from '../../hub/apis.js';
import { roles } from '../../hub/domain/access/caller.js';
import { type Permission, permissions } from '../../hub/domain/access/permissions.js';
import type { Api } from '../../hub/http/api.js';
import type { BoundEndpoint } from '../../hub/http/endpoint.js';
import { validator } from '../../hub/http/validation.js';
import { type Hub, startHub } from '../roundhouse.js';

/** Every endpoint that needs no credential. The list is closed: a new one has to be added here on purpose. */
const publicEndpoints = [
  'automation POST /api/v1/auth/token',
  'automation POST /api/v1/auth/refresh',
  'automation GET /api/v1/health',
  'infrastructure POST /api/v1/auth/login',
  'infrastructure POST /api/v1/auth/refresh',
  'portal POST /api/v1/auth/login',
  'portal POST /api/v1/auth/callback',
  'portal POST /api/v1/auth/refresh',
  'portal GET /api/v1/health',
  'connect GET /health',
  'backend GET /api/v1/health',
  'connect GET /api/oauth/callback',
  'connect GET /api/oauth/client',
  'mcp GET /.well-known/oauth-protected-resource',
  'mcp GET /.well-known/oauth-protected-resource/mcp',
  'mcp GET /.well-known/oauth-protected-resource/mcp/servers/{name}',
  'mcp GET /.well-known/oauth-protected-resource/mcp/sse',
];

const endpoints = describedApis().flatMap((api) => api.endpoints.map((endpoint) => ({ api, endpoint })));
const nameOf = (api: Api, { spec }: BoundEndpoint) => `${api.name} ${spec.method} ${spec.path}`;
const pathOf = (api: Api, { spec }: BoundEndpoint) =>
  `${api.plainOnly ? '' : `/${api.name}`}${spec.path.replaceAll(/\{[^}]+\}/g, '0193a1b2-0000-7000-8000-000000000000')}`;

/** The statuses of validation errors: 422 in automation, 400 elsewhere. */
const invalidStatus = (api: Api) => (api.name === 'automation' ? 422 : 400);

/** The field that an error of any API names. */
function fieldOf(api: Api, body: Record<string, Record<string, unknown>>): unknown {
  const details =
    api.name === 'connect' || api.name === 'backend' ? body.details : (body.error?.details as Record<string, unknown>);
  return details?.field;
}

/** Whether a body says that the call failed, as its API says so. */
function saysFailed(api: Api, body: Record<string, unknown>): boolean {
  if (api.name === 'backend') return typeof body.detail === 'string';
  if (api.name === 'mcp' || api.name === 'portal') return body.error !== undefined;
  return api.name === 'infrastructure' ? body.status === 'error' : body.success === false;
}

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
});

t.test('the public endpoints are a closed list', async (t) => {
  const found = endpoints.filter(({ endpoint }) => endpoint.spec.permission === 'public');
  t.same(found.map(({ api, endpoint }) => nameOf(api, endpoint)).sort(), [...publicEndpoints].sort());
});

t.test('no credential: 401', async (t) => {
  for (const { api, endpoint } of endpoints) {
    if (endpoint.spec.permission === 'public') continue;
    const { status, body } = await hub.call(endpoint.spec.method, pathOf(api, endpoint), undefined, null);
    t.equal(status, 401, nameOf(api, endpoint));
    t.ok(saysFailed(api, body));
  }
});

t.test('a wrong credential: 401', async (t) => {
  for (const { api, endpoint } of endpoints) {
    if (endpoint.spec.permission === 'public') continue;
    const { status } = await hub.call(endpoint.spec.method, pathOf(api, endpoint), undefined, 'mcp_no_such_key');
    t.equal(status, 401, nameOf(api, endpoint));
  }
});

t.test('too low a role: 403', async (t) => {
  const keys = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await hub.key(role)] as const)));
  for (const { api, endpoint } of endpoints) {
    const least = permissions[endpoint.spec.permission as Permission];
    const below = least && roles[roles.indexOf(least) - 1];
    if (below === undefined) continue;
    const { status, body } = await hub.call(
      endpoint.spec.method,
      pathOf(api, endpoint),
      endpoint.spec.body ? {} : undefined,
      keys[below],
    );
    t.equal(status, 403, `${nameOf(api, endpoint)} as ${below}`);
    t.ok(saysFailed(api, body));
  }
});

t.test('a body of the wrong shape: the API names the field', async (t) => {
  for (const { api, endpoint } of endpoints) {
    // JSON-RPC has its own words; see test/e2e/mcp-protocol.test.ts.
    if (!endpoint.spec.body || api.name === 'mcp') continue;
    const name = nameOf(api, endpoint);
    const unknown = await hub.call(endpoint.spec.method, pathOf(api, endpoint), { noSuchField: 1 });
    t.equal(unknown.status, invalidStatus(api), `${name}: unknown field`);
    t.match(JSON.stringify(unknown.body), /noSuchField/);
    const array = await hub.call(endpoint.spec.method, pathOf(api, endpoint), []);
    t.equal(array.status, invalidStatus(api), `${name}: an array`);
    t.ok(fieldOf(api, array.body) !== undefined, 'a field is named');
    const broken = await hub.call(endpoint.spec.method, pathOf(api, endpoint), '{"a":');
    t.equal(broken.status, 400, `${name}: broken JSON`);
  }
});

t.test('every schema compiles', async (t) => {
  for (const { api, endpoint } of endpoints) {
    const { body, query, params, method, path } = endpoint.spec;
    const schemas = [body && validator(body, 'body', 'body'), query && validator(query, 'text', 'query')];
    if (params) schemas.push(validator(params, 'text', 'path'));
    for (const schema of schemas) if (schema) t.doesNotThrow(() => schema.compile(), `${api.name} ${method} ${path}`);
  }
});
