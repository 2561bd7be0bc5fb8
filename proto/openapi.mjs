// Writes one OpenAPI document per API into proto/openapi. Run by `npm run generate:openapi`; CI fails where the result differs.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { load } from '../agent/bin/load.mjs';
import { build } from '../deploy/local/prepare.mjs';

await build();
const { openApiDocuments } = load(fileURLToPath(new URL('../hub/bundle/hub.cjs', import.meta.url)));
const folder = new URL('openapi/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, document] of await openApiDocuments())
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(document, null, 2)}\n`);
