// Writes the Go packages of sdk/go/gen, one per API, from the OpenAPI documents of proto/openapi. Its output has gofmt's form.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codesOf, defaults } from '../../behaviour.mjs';
import { Components } from '../../components.mjs';
import { comment } from './comment.mjs';
import { methodsOf } from './methods.mjs';
import { exported } from './names.mjs';
import { operationsOf } from './operations.mjs';
import { Types } from './types.mjs';

const documents = fileURLToPath(new URL('../../../proto/openapi/', import.meta.url));
const target = fileURLToPath(new URL('../gen/', import.meta.url));
const module = 'github.com/roundhouse/roundhouse/sdk/go';
const mark = '// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.\n';

/** @param {string} name of a package @param {string} body */
function file(name, body) {
  const imports = [
    ...(body.includes('context.Context') ? ['"context"'] : []),
    ...(body.includes('json.RawMessage') ? ['"encoding/json"'] : []),
    ...(body.includes('time.Time') ? ['"time"'] : []),
  ];
  const ours = /\brest\.[A-Z]/.test(body) ? [`"${module}/rest"`] : [];
  const groups = [imports, ours]
    .filter((group) => group.length > 0)
    .map((group) => group.map((line) => `\t${line}\n`).join(''));
  const block = groups.length > 0 ? `import (\n${groups.join('\n')})\n\n` : '';
  return `${mark}\npackage ${name}\n\n${block}${body}`;
}

/** @param {string} api */
function generate(api) {
  const document = JSON.parse(readFileSync(`${documents}${api}.json`, 'utf8'));
  const components = new Components(document);
  const nouns = operationsOf(document, components);
  const types = new Types(components);
  types.claim('API');
  types.claim('New');
  for (const tag of nouns.keys()) types.claim(`${exported(tag)}API`);
  mkdirSync(`${target}${api}`, { recursive: true });
  const operations = [...nouns.values()].flat();
  types.declareComponents(components.reachable(operations.flatMap(({ query, body }) => [...query, body ?? {}])));
  const declared = types.take();
  if (declared.length > 0) writeFileSync(`${target}${api}/types.go`, file(api, declared.join('\n')));
  const width = Math.max(...[...nouns.keys()].map((tag) => exported(tag).length));
  const fields = [...nouns.keys()].map((tag) => `\t${exported(tag).padEnd(width)} *${exported(tag)}API\n`).join('');
  const made = [...nouns.keys()]
    .map((tag) => `\t\t${`${exported(tag)}:`.padEnd(width + 1)} &${exported(tag)}API{client: client},\n`)
    .join('');
  const title = document.info.title;
  const api_ = `${comment(`API is ${title}, its operations by noun.`)}type API struct {\n${fields}}\n\n// New gives the API of a client; roundhouse.New does this for all of them.\nfunc New(client *rest.Client) *API {\n\treturn &API{\n${made}\t}\n}\n`;
  const about = comment(`Package ${api} is ${title}: its operations, and the types of their inputs and results.`);
  writeFileSync(`${target}${api}/api.go`, file(api, api_).replace(`\npackage ${api}\n`, `\n${about}package ${api}\n`));
  for (const [tag, operations] of nouns) {
    const noun = `${exported(tag)}API`;
    const methods = operations.flatMap((operation) => methodsOf(operation, types));
    const head = `${comment(`${noun} has the operations of ${title} on ${tag.replace(/^\./, '')}.`)}type ${noun} struct{ client *rest.Client }\n`;
    const name = tag.replace(/^\W+/, '').replace(/\W+/g, '_');
    // Go takes a name that ends so for a file of tests or of a platform.
    const safe = /(?:^|_)(?:tests?|linux|windows|darwin|amd64|arm64)$/.test(name) ? `${name}_api` : name;
    writeFileSync(`${target}${api}/${safe}.go`, file(api, [head, ...methods, ...types.take()].join('\n')));
  }
}

rmSync(target, { recursive: true, force: true });
for (const name of readdirSync(documents).sort()) generate(name.replace(/\.json$/, ''));

const durations = Object.entries(defaults).map(([name, { value, text }]) => {
  const go = exported(name.replace(/Ms$/, ''));
  return `${comment(`${go}: ${text}.`, '\t')}\t${go} = ${name === 'retries' ? value : `${value} * time.Millisecond`}\n`;
});
const codes = codesOf('go').map(
  ([code, text]) => `${comment(`Code${exported(code)}: ${text}.`, '\t')}\tCode${exported(code)} = "${code}"\n`,
);
mkdirSync(`${target}behaviour`, { recursive: true });
writeFileSync(
  `${target}behaviour/behaviour.go`,
  `${mark}\n// Package behaviour holds the module's defaults, and its own error codes.\npackage behaviour\n\nimport "time"\n\n` +
    `// Defaults.\nconst (\n${durations.join('\n')})\n\n// Codes of errors that are no answer of the hub.\nconst (\n${codes.join('\n')})\n`,
);
