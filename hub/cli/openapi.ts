import { mkdir, writeFile } from 'node:fs/promises';
import { describedApis } from '../apis.js';
import { openApiOf } from '../http/openapi.js';

// Writes one OpenAPI document per API into proto/openapi. Run by `npm run generate:openapi`; CI fails where the result differs.
const folder = new URL('../../../proto/openapi/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const api of describedApis()) {
  await writeFile(new URL(`${api.name}.json`, folder), `${JSON.stringify(openApiOf(api), null, 2)}\n`);
}
