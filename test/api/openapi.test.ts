import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import t from 'tap';
import { describedApis } from '../../hub/apis.js';
import { startHub } from '../roundhouse.js';

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
    t.same(body.paths, committed.paths, 'what is served is what is committed');
    // To OpenAPI, paths that differ in their parameters' names alone are one path.
    const shape = (path: string) => path.replaceAll(/\{[^}]+\}/g, '{}');
    const paths = new Map(Object.keys(committed.paths).map((path) => [shape(path), committed.paths[path]]));
    for (const { spec } of api.endpoints) {
      const operation = paths.get(shape(spec.path))?.[spec.method.toLowerCase()];
      t.ok(operation, `${spec.method} ${spec.path} is in it`);
      t.equal(operation?.['x-extension'] ?? false, spec.extension ?? false, 'extensions are marked');
    }
    const refused = await hub.call('GET', `/${api.name}/openapi.json`, undefined, null);
    t.equal(refused.status, 401, 'it is not public');
  }
});
