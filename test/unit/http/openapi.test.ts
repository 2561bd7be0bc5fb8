import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import t from 'tap';
import { Type } from 'typebox';
import { describedApis } from '../../../hub/apis.js';
import { apiNames } from '../../../hub/domain/access/caller.js';
import { withBuiltins } from '../../../hub/http/builtins.js';
import { openApiOf } from '../../../hub/http/openapi/openapi.js';
import { api, on } from '../../api/http/fixture.js';

const table = [
  on('GET', '/api/things/{id}', {
    permission: 'server.read',
    limit: 'read',
    params: Type.Object({ id: Type.String({ minLength: 1 }) }),
    query: Type.Object({
      limit: Type.Integer({ default: 50 }),
      since: Type.Optional(Type.String()),
      all: Type.Boolean(),
    }),
    produces: ['text/plain'],
    extension: true,
  }),
  on('POST', '/api/things/{other_name}', {
    body: Type.Object({ a: Type.Integer() }),
    status: 201,
    extra: Type.Object({ n: Type.Integer() }),
  }),
  on('DELETE', '/api/things/{id}', { status: 204 }),
  on('POST', '/api/auth/login', { permission: 'public', bare: true, body: Type.Object({}), bodyOptional: true }),
];
const noMetrics = { read: () => Promise.reject(), federate: () => Promise.reject(), targets: () => [] };
const made = apiNames.map((name) =>
  withBuiltins(api(name, table, { read: { requests: 5, windowSeconds: 60 } }), () => ({ status: 'healthy' }), {
    ...noMetrics,
    permission: 'public',
  }),
);
// biome-ignore lint/suspicious/noExplicitAny: a document is looked into freely
const document: any = openApiOf(made[0] as (typeof made)[0]);

t.test('each API has a valid OpenAPI 3.1 document', async (t) => {
  for (const one of made) {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(openApiOf(one))));
    t.match(result, { valid: true }, one.name);
  }
});

t.test('parameters: path parameters are required, parameters with a default are not', async (t) => {
  t.match(document.paths['/api/things/{id}'].get.parameters, [
    { name: 'id', in: 'path', required: true },
    { name: 'limit', in: 'query', required: false, schema: { default: 50 } },
    { name: 'since', required: false },
    { name: 'all', required: true },
  ]);
});

t.test('paths that differ only in the names of parameters are one', async (t) => {
  t.notOk('/api/things/{other_name}' in document.paths);
  t.match(document.paths['/api/things/{id}'].post.parameters, [{ name: 'id', in: 'path' }]);
});

t.test('an operation shows its permission, limit and extension', async (t) => {
  const operation = document.paths['/api/things/{id}'].get;
  t.match(operation, {
    'x-permission': 'server.read',
    'x-rate-limit': { class: 'read', requests: 5 },
    'x-extension': true,
  });
  t.match(document.paths['/api/auth/login'].post, {
    security: { length: 0 },
    requestBody: { required: false },
    'x-permission': undefined,
  });
});

t.test('answers: status, media types, envelope, failures', async (t) => {
  const { responses } = document.paths['/api/things/{id}'].get;
  t.same(Object.keys(responses['200'].content), ['application/json', 'text/plain']);
  t.ok(['401', '403', '404', '413', '422', '429', '500'].every((status) => status in responses));
  t.same(document.paths['/api/things/{id}'].delete.responses['204'], { description: 'Done; no content' });
  t.ok(document.paths['/api/v1/health'].get.responses['200']);
  t.same(Object.keys(document.paths['/api/v1/metrics'].get.responses['200'].content), [
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
});

t.test(
  'a stream of events also has the type of its events; JSON keeps its schema among other media types',
  async (t) => {
    const Event = Type.Object({ type: Type.Literal('made'), data: Type.Object({}) }, { title: 'ThingEvent' });
    const table = [
      on('GET', '/api/events', { produces: ['text/event-stream'], events: Event }),
      on('GET', '/api/callback', { produces: ['text/html'] }),
      on('GET', '/api/export', {
        produces: ['application/json', 'text/csv'],
        response: Type.Array(Type.String()),
        bare: true,
      }),
    ];
    // biome-ignore lint/suspicious/noExplicitAny: a document is looked into freely
    const { paths }: any = openApiOf(api('connect', table));
    const { content } = paths['/api/events'].get.responses['200'];
    t.same(content['text/event-stream']['x-item-schema'], { $ref: '#/components/schemas/ThingEvent' });
    const failures = ({ responses }: { responses: Record<string, { content: object }> }) =>
      Object.keys(responses.default?.content ?? {});
    t.same(failures(paths['/api/callback'].get), ['application/json', 'text/html'], 'a page fails with a page');
    t.same(failures(paths['/api/export'].get), ['application/json']);
    const exported = paths['/api/export'].get.responses['200'].content;
    t.same(exported['application/json'].schema, { type: 'array', items: { type: 'string' } });
    t.same(exported['text/csv'].schema, { type: 'string' });
  },
);

t.test('each failure that is listed has examples, in the form of the errors of its API', async (t) => {
  for (const api of describedApis()) {
    // biome-ignore lint/suspicious/noExplicitAny: a document is looked into freely
    const { paths, components }: any = openApiOf(api);
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    ajv.addSchema({ components }, 'document');
    const isError = ajv.compile({ $ref: 'document#/components/schemas/Error' });
    for (const [code, { value }] of Object.entries<{ value: unknown }>(components.examples))
      t.ok(isError(value), `${api.name} ${code}: ${ajv.errorsText(isError.errors)}`);
    for (const [path, item] of Object.entries<Record<string, never>>(paths))
      for (const [method, { responses }] of Object.entries<{ responses: Record<string, never> }>(item))
        for (const [status, { content }] of Object.entries<{
          content: Record<string, { examples?: Record<string, { $ref: string }> }>;
        }>(responses)) {
          if (!/^[45]/.test(status)) continue;
          const examples = Object.values(content['application/json']?.examples ?? {});
          const known = examples.filter(
            ({ $ref }) => $ref.replace('#/components/examples/', '') in components.examples,
          );
          if (known.length === 0 || known.length < examples.length) t.fail(`${method} ${path} ${status}`);
        }
  }
});
