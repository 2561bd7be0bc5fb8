import t from 'tap';
import { printRole } from '../../hub/api/portal/schemas.js';
import { describedApis } from '../../hub/apis.js';
import { roles } from '../../hub/domain/access/caller.js';
import { type Permission, permissions } from '../../hub/domain/access/permissions.js';
import type { DomainError } from '../../hub/domain/errors.js';
import type { Api } from '../../hub/http/api.js';
import type { BoundEndpoint } from '../../hub/http/endpoint.js';
import { validator } from '../../hub/http/request/validation.js';
import { propertiesOf } from '../../hub/http/schemas.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';

/** Every endpoint that needs no credential. The list is closed: a new one has to be added here on purpose. */
/** A signature over the text of the body, which may be any JSON, takes the place of a credential. */
const signedMessage = 'automation POST /api/v1/orchestration/triggers/{trigger_id}/receive';

const publicEndpoints = [
  signedMessage,
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
  'connect GET /api/session',
  'connect POST /api/session',
  'connect POST /api/session/provider',
  'connect POST /api/session/provider/callback',
  'connect GET /api/oauth/callback',
  'connect POST /api/oauth/callback',
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

/** Whether a body reports a failure in the form of its API. */
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
    t.match(JSON.stringify(body), "send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'");
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
    const printed = api.name === 'portal' ? printRole(least) : least;
    t.match(JSON.stringify(body), `this needs role ${printed}`);
    // JSON-RPC has its own form.
    if (api.name === 'mcp') continue;
    t.match(JSON.stringify(body), `"${api.name === 'connect' ? 'requiredRole' : 'required_role'}":"${printed}"`);
  }
});

t.test('a body of the wrong shape: the API names the field', async (t) => {
  for (const { api, endpoint } of endpoints) {
    // JSON-RPC has its own texts; see test/e2e/mcp-protocol.test.ts.
    const name = nameOf(api, endpoint);
    if (!endpoint.spec.body || api.name === 'mcp' || name === signedMessage) continue;
    const unknown = await hub.call(endpoint.spec.method, pathOf(api, endpoint), { noSuchField: 1 });
    t.equal(unknown.status, invalidStatus(api), `${name}: unknown field`);
    t.match(JSON.stringify(unknown.body), /noSuchField/);
    const array = await hub.call(endpoint.spec.method, pathOf(api, endpoint), []);
    t.equal(array.status, invalidStatus(api), `${name}: an array`);
    t.ok(fieldOf(api, array.body) !== undefined, 'a field is named');
    const broken = await hub.call(endpoint.spec.method, pathOf(api, endpoint), '{"a":');
    t.equal(broken.status, 400, `${name}: broken JSON`);
    const said = JSON.stringify([unknown.body, array.body, broken.body]);
    t.notMatch(said, new RegExp(`/docs|…|${machineWords.source}`), `${name}: ${said}`);
  }
});

/** The wording of a validator, a schema or a pattern. */
const machineWords = /must NOT|must match|must have required|must fit|does not fit|schema|unevaluated|\^[[(]|\]\*?\$/;

/** Values of which each field refuses some. */
const wrongValues = [null, true, -1, 1.5, 1e15, '', ' ', 'a\u202eb', 'http://', '*', 'x'.repeat(100_000), [], [{}], {}];

/** Copies of an example, each with another value in place of one of its members or items. */
function* withOneWrong(example: unknown): Generator<unknown> {
  yield* wrongValues;
  if (typeof example !== 'object' || example === null) return;
  for (const [name, value] of Object.entries(example))
    for (const wrong of withOneWrong(value)) {
      const copy = Array.isArray(example) ? [...example] : { ...example };
      yield Object.assign(copy, { [name]: wrong });
    }
}

t.test('the error for a wrong value of any field of five APIs is readable for people', (t) => {
  const seen = new Map<string, string>();
  for (const { api, endpoint } of endpoints) {
    const { body, query, params, example } = endpoint.spec;
    if (api.name === 'mcp') continue;
    for (const [schema, kind, shown] of [
      [body, 'body', example],
      [query, 'text', undefined],
      [params, 'text', undefined],
    ] as const) {
      if (!schema) continue;
      const { check } = validator(schema, kind, kind);
      const fields = Object.keys(propertiesOf(schema)).map((name) => [name, undefined]);
      for (const value of withOneWrong({ ...Object.fromEntries(fields), ...(shown ?? {}) }))
        try {
          check(structuredClone(value));
        } catch (error) {
          const { problems } = (error as DomainError).details as unknown as { problems: Record<string, string>[] };
          for (const { field, error = '' } of problems) seen.set(error, `${nameOf(api, endpoint)}: ${field} ${error}`);
        }
    }
  }
  t.ok(seen.has('is required') && seen.has('must be an object') && seen.has('must be true or false'));
  t.same(
    [...seen].filter(([said]) => machineWords.test(said)).map(([, where]) => where),
    [],
  );
  t.end();
});

/** The statuses of examples with a token, a session or an identity provider that this hub does not have. */
const otherStatuses: Readonly<Record<string, number>> = {
  'automation POST /api/v1/auth/refresh': 401,
  'infrastructure POST /api/v1/auth/refresh': 401,
  'portal POST /api/v1/auth/refresh': 401,
  'portal POST /api/v1/auth/login': 503,
  'portal POST /api/v1/auth/callback': 503,
  // No registry answers.
  'connect POST /api/registry/servers': 502,
  // The test is no page of the hub.
  'connect POST /api/oauth/callback': 403,
  'connect POST /api/session': 403,
  'connect POST /api/session/provider': 403,
  'connect POST /api/session/provider/callback': 403,
  'mcp POST /mcp/messages': 404,
};

t.test('the file of a client as the body of a server: the error names the command that imports it', async (t) => {
  const file = { mcpServers: { files: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem'] } } };
  const { status, body } = await hub.call('POST', '/api/servers', file);
  t.equal(status, 400);
  t.match(body, { error: /^mcpServers: .*'roundhouse server import FILE'/, details: { field: 'mcpServers' } });
});

t.test('the hub accepts the example of each body', async (t) => {
  await startAgent(t, hub);
  // Other examples name the server of the first of these, and must not start it. The grants of a key name an existing server.
  const last = ['/api/servers', '/api/keys'];
  const withBody = endpoints.filter(({ endpoint }) => endpoint.spec.body !== undefined);
  for (const { api, endpoint } of withBody.sort(
    (a, b) => last.indexOf(a.endpoint.spec.path) - last.indexOf(b.endpoint.spec.path),
  )) {
    const { example, path, method, status = 200 } = endpoint.spec;
    const name = nameOf(api, endpoint);
    const query = path === '/mcp/messages' ? '?sessionId=unknown' : '';
    const response = await fetch(hub.url + pathOf(api, endpoint) + query, {
      method,
      headers: {
        Authorization: `Bearer ${ADMIN_KEY}`,
        Accept: 'application/json, text/event-stream',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(example),
      redirect: 'manual',
    });
    const expected = otherStatuses[name] ?? (path.includes('{') ? 404 : status);
    t.equal(response.status, expected, name);
    await response.body?.cancel();
  }
});

t.test('an unknown query parameter: the API names it, and the known ones', async (t) => {
  for (const { api, endpoint } of endpoints) {
    if (endpoint.spec.permission === 'public') continue;
    const name = nameOf(api, endpoint);
    // The body is read first, and JSON-RPC has its own texts.
    if (endpoint.spec.body && !endpoint.spec.bodyOptional) continue;
    const { status, body } = await hub.call(endpoint.spec.method, `${pathOf(api, endpoint)}?noSuchParameter=1`);
    t.equal(status, invalidStatus(api), name);
    t.match(
      JSON.stringify(body),
      /noSuchParameter: is (not a known parameter|no field of this list); (known|there are none)/,
      name,
    );
  }
});

/** The query parameters that the reference documents print. */
const documentedParameters = [
  ['automation GET /api/v1/servers', 'status sort order'],
  ['automation GET /api/v1/updates/check', 'server'],
  ['automation GET /api/v1/tests/history', 'server test_type status limit offset'],
  ['automation GET /api/v1/logs', 'level server since until limit query'],
  ['infrastructure GET /api/v1/kubernetes/clusters', 'page limit sort order'],
  [
    'infrastructure GET /api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs',
    'container tail_lines since_seconds timestamps follow',
  ],
  ['infrastructure GET /api/v1/network/devices/{device_id}/config', 'format section'],
  ['portal GET /api/v1/servers', 'catalog_type category search page limit'],
  ['portal GET /api/v1/servers/{id}/logs', 'lines since follow'],
  ['portal GET /api/v1/config/export', 'format'],
  ['portal GET /api/v1/admin/users', 'role active search'],
  ['portal GET /api/v1/admin/audit', 'user_id action from to page limit'],
  ['connect GET /api/servers', 'status groupId tags enabled'],
  ['connect GET /api/tools', 'query category tags server sortBy limit offset'],
  ['connect GET /api/tools/recent', 'limit'],
  ['connect GET /api/tools/{name}/history', 'limit from to'],
  ['connect GET /api/templates', 'category search'],
  ['connect GET /api/webhooks/{id}/deliveries', 'status limit'],
  ['connect DELETE /api/cache', 'pattern'],
  ['connect GET /api/audit', 'action actor resource from to limit offset'],
  ['connect GET /api/audit/export', 'format from to'],
  ['connect GET /api/sse/events', 'types servers'],
  ['backend GET /api/v1/mcp-definitions', 'skip limit mcp_type'],
] as const;

t.test('every documented query parameter is known', async (t) => {
  for (const [name, parameters] of documentedParameters) {
    const found = endpoints.find(({ api, endpoint }) => nameOf(api, endpoint) === name);
    t.ok(found, name);
    const known = Object.keys(propertiesOf(found?.endpoint.spec.query));
    for (const parameter of parameters.split(' ')) t.ok(known.includes(parameter), `${name}: ${parameter}`);
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
