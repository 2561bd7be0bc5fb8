import t from 'tap';
import { operations } from '../../../hub/api/mcp/operations/table.js';
import { describedApis } from '../../../hub/apis.js';
import { isSchema, type JsonSchema, strictSchema } from '../../../hub/http/schemas.js';

/** The parts of a schema whose check takes a time that the schema does not bound. */
function* unbounded(schema: JsonSchema, path: string): Generator<string> {
  const { items, additionalProperties: values, propertyNames: names, patternProperties: patterns } = schema;
  if (asks(items) && schema.maxItems === undefined) yield `${path}: an array without maxItems`;
  if ((asks(values) || asks(names) || asks(patterns)) && schema.maxProperties === undefined)
    yield `${path}: a map without maxProperties`;
  // The form of a UUID ends after 45 characters.
  const form = schema.pattern ?? (schema.format === 'uuid' ? undefined : schema.format);
  if (form !== undefined && schema.maxLength === undefined)
    yield `${path}: a text with a pattern or format, without maxLength`;
  if (schema.uniqueItems !== undefined) yield `${path}: uniqueItems compares each item with each`;
  for (const [name, part] of partsOf(schema)) yield* unbounded(part, `${path}${name}`);
}

/** Whether a schema restricts the values: an empty schema costs nothing. */
function asks(schema: unknown): boolean {
  return isSchema(schema) && Object.keys(schema).some((key) => !['title', 'description'].includes(key));
}

function partsOf(schema: JsonSchema): [string, JsonSchema][] {
  const found: [string, unknown][] = [];
  for (const key of ['properties', 'patternProperties'])
    for (const [name, part] of Object.entries((schema[key] as JsonSchema | undefined) ?? {}))
      found.push([`.${name}`, part]);
  for (const key of ['allOf', 'anyOf', 'oneOf'])
    for (const part of (schema[key] as JsonSchema[] | undefined) ?? []) found.push(['', part]);
  found.push(['[]', schema.items], ['{}', schema.additionalProperties], ['{}', schema.propertyNames]);
  return found.filter((part): part is [string, JsonSchema] => isSchema(part[1]));
}

t.test('every array, map and pattern of a body has a bound', async (t) => {
  const bodies = describedApis().flatMap(({ name, endpoints }) =>
    endpoints.flatMap(({ spec: { method, path, body } }) =>
      body ? [[`${name} ${method} ${path}`, strictSchema(body)] as const] : [],
    ),
  );
  const inputs = operations.map(({ name, json }) => [name, strictSchema(JSON.parse(json).inputSchema)] as const);
  t.ok(bodies.length > 50 && inputs.length > 30);
  t.same(
    [...bodies, ...inputs].flatMap(([name, schema]) => [...unbounded(schema, `${name} `)]),
    [],
  );
});
