// Writes `gen/` from `proto/openapi/*.json`: `npm run generate:sdk-typescript`.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { codesOf, defaults } from '../../behaviour.mjs';
import { Components } from '../../components.mjs';
import { operationsOf } from './operations.mjs';
import { classesFile, HEAD, typesFile } from './write.mjs';

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

const codes = codesOf('typescript').map(([code, text]) => `  /** ${text}. */\n  ${code}: '${code}',\n`);
const members = Object.entries(defaults).map(([name, { value, text }]) => `  /** ${text}. */\n  ${name}: ${value},\n`);
const behaviour = `${HEAD}
/** The defaults of the client; times are in milliseconds. */
export const defaults = {\n${members.join('')}} as const;

/** Codes of failures that are no answer of the hub. */
export const clientCodes = {\n${codes.join('')}} as const;

export type ClientCode = keyof typeof clientCodes;
`;
writeFileSync(new URL('behaviour.ts', target), behaviour);
