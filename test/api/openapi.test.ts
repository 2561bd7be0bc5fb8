import { readFile } from 'node:fs/promises';
import { Roundhouse } from '@roundhouse/sdk';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import t from 'tap';
import { describedApis } from '../../hub/apis.js';
import { openApiOf } from '../../hub/http/openapi/openapi.js';
import { ADMIN_KEY, everything, startAgent, startHub } from '../roundhouse.js';

t.test('each API is described in valid OpenAPI 3.1, committed and served', async (t) => {
  const hub = await startHub(t);
  for (const api of describedApis()) {
    const committed = JSON.parse(
      await readFile(new URL(`../../proto/openapi/${api.name}.json`, import.meta.url), 'utf8'),
    );
    const result = await new Validator().validate(structuredClone(committed));
    t.ok(result.valid, `${api.name} is valid: ${JSON.stringify(result.errors ?? '')}`);
    t.match(committed.openapi, /^3\.1/);
    const { status, body } = await hub.call('GET', `/${api.name}/openapi.json`);
    t.equal(status, 200);
    t.same(body.paths, committed.paths, 'the served document is the committed one');
    // For OpenAPI, paths that differ only in the names of their parameters are one path.
    const shape = (path: string) => path.replaceAll(/\{[^}]+\}/g, '{}');
    const paths = new Map(Object.keys(committed.paths).map((path) => [shape(path), committed.paths[path]]));
    for (const { spec } of api.endpoints) {
      const operation = paths.get(shape(spec.path))?.[spec.method.toLowerCase()];
      t.ok(operation, `${spec.method} ${spec.path} is in it`);
      t.equal(operation?.['x-extension'] ?? false, spec.extension ?? false, 'extensions are marked');
    }
    const refused = await hub.call('GET', `/${api.name}/openapi.json`, undefined, null);
    t.equal(refused.status, 401, 'it is not public');
    const { examples } = committed.components;
    const varying = ['timestamp', 'request_id', 'requestId', 'trace_id'];
    const withoutVarying = (body: unknown) =>
      JSON.parse(JSON.stringify(body, (key, value) => (varying.includes(key) ? typeof value : value)));
    t.same(withoutVarying(refused.body), withoutVarying(examples.unauthenticated.value), 'as its example');
    const absent = await hub.call('GET', `/${api.name}/nothing/weather`);
    t.same(Object.keys(absent.body), Object.keys(examples.not_found.value));
  }
});

t.test('every operation and every parameter has a description, and every body an example', async (t) => {
  interface Operation {
    readonly description?: string;
    readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
    readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
  }
  const isSaid = (text: string | undefined) => /\w/.test(text ?? '');
  let operations = 0;
  for (const api of describedApis()) {
    const { paths } = openApiOf(api) as { readonly paths: Record<string, Record<string, Operation>> };
    for (const [path, methods] of Object.entries(paths))
      for (const [method, { description, parameters = [], requestBody }] of Object.entries(methods)) {
        const name = `${api.name} ${method} ${path}`;
        operations += 1;
        t.ok(isSaid(description), name);
        for (const parameter of parameters) t.ok(isSaid(parameter.description), `${name}: ${parameter.name}`);
        // One of JSON; the same body may be sent as YAML, too.
        if (requestBody) t.ok(Object.values(requestBody.content)[0]?.example !== undefined, `${name}: its body`);
      }
  }
  t.equal(operations, new Set(describedApis().flatMap((api) => api.endpoints.map(({ spec }) => spec))).size);
});

t.test('the events of the stream have the documented form', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const document = JSON.parse(await readFile(new URL('../../proto/openapi/connect.json', import.meta.url), 'utf8'));
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  ajv.addSchema(document, 'connect');
  const { schemas } = document.components;
  const named = (ref: string) => schemas[ref.replace(/.*\//, '')];
  const { mapping } = schemas.ServerEvent.discriminator;

  const client = new Roundhouse({ baseUrl: hub.url, apiKey: ADMIN_KEY });
  const stdio = (file: string) => ({ type: 'stdio' as const, command: process.execPath, args: [file] });
  await hub.connectServer({ name: 'reference', transport: stdio(everything) });
  await client.connect.tools.invoke('echo', { arguments: { message: 'hello' } });
  await client.connect.tools.invoke('echo', { arguments: {} });
  await client.connect.servers.disconnectServer('reference');
  await client.connect.servers.create({ name: 'missing', transport: stdio('/nowhere.mjs') });
  await t.rejects(client.connect.servers.connectServer('missing'));
  const { id } = await client.connect.groups.create({ name: 'first' });
  await client.connect.groups.update(id, { name: 'second' });
  await client.connect.groups.delete(id);
  const config = { type: 'stdio' as const, command: 'true' };
  await client.backend.mcpDefinitions.create({ name: 'made', mcp_type: 'stdio', config });
  await client.backend.mcpDefinitions.delete('made');
  const { cleanup_id } = await client.automation.cleanup.run({ dry_run: true });
  await client.automation.cleanup.wait(cleanup_id);
  await client.connect.groups.create({ name: 'last' });

  const seen = new Set<string>();
  for await (const event of client.connect.sse.streamEvents({}, { lastEventId: '0' })) {
    const name = String(mapping[event.type]);
    t.ok(ajv.validate(`connect${name}`, event), `${JSON.stringify(event)}: ${ajv.errorsText()}`);
    // A member that is missing in the document is missing in the types of the SDKs, too.
    const { data } = named(name).properties;
    const about = named(data.$ref);
    t.same(
      Object.keys(event.data).filter((key) => !(key in about.properties)),
      [],
      event.type,
    );
    seen.add(event.type);
    if (event.type === 'group.created' && event.data.groupName === 'last') break;
  }
  t.same([...seen].sort(), [
    'cleanup.complete',
    'definition.created',
    'definition.deleted',
    'group.created',
    'group.deleted',
    'group.updated',
    'job.completed',
    'job.progress',
    'server.connected',
    'server.disconnected',
    'server.error',
    'tool.error',
    'tool.invoked',
  ]);
});
