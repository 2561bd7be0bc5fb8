import t from 'tap';
import { describedApis } from '../../../hub/apis.js';
import { openApiOf } from '../../../hub/http/openapi/openapi.js';

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly example?: unknown } } };
}

/** Every operation of the OpenAPI documents, by its name in messages. */
const operations = describedApis().flatMap((api) => {
  const { paths } = openApiOf(api) as { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${api.name} ${method} ${path}`, operation })),
  );
});

t.test('every operation has a description that says more than its summary', async (t) => {
  for (const { name, operation } of operations) {
    t.match(operation.description, /^[`A-Z].{19,}[.]$/s, name);
    t.not(operation.description, operation.summary, name);
  }
});

t.test('every parameter has a description', async (t) => {
  for (const { name, operation } of operations)
    for (const parameter of operation.parameters ?? [])
      t.match(parameter.description, /./, `${name}: ${parameter.name}`);
});

t.test('every body has an example', async (t) => {
  for (const { name, operation } of operations)
    if (operation.requestBody) t.ok(operation.requestBody.content['application/json'].example, name);
});
