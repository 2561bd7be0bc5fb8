// Writes `gen/` from `proto/openapi/*.json`: `npm run generate:sdk-typescript`.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Components } from '../../components.mjs';
import { operationsOf } from './operations.mjs';
import { classesFile, typesFile } from './write.mjs';

const documents = new URL('../../../proto/openapi/', import.meta.url);
const target = new URL('../gen/', import.meta.url);

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const file of readdirSync(documents).sort()) {
  const api = file.replace('.json', '');
  const document = JSON.parse(readFileSync(new URL(file, documents), 'utf8'));
  const components = new Components(document);
  const nouns = operationsOf(api, document, components);
  writeFileSync(new URL(`${api}.types.ts`, target), typesFile(nouns, components));
  writeFileSync(new URL(`${api}.ts`, target), classesFile(api, document.info.title, nouns));
}
