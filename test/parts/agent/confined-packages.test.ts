import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { predefinedEntries } from '../../../hub/domain/catalog/predefined.js';
import { transportOf } from '../../../hub/domain/catalog/transport.js';
import { harness, never, repoPath, spec } from './harness.js';

/** The judged inputs that could name an address or a file, of the packages that are installed here. */
const judged: Readonly<Record<string, readonly string[]>> = {
  // `data` is a URL, and the entry's variables refuse it. The others name the result, and choose its form.
  everything: ['gzip-file-as-resource.data', 'gzip-file-as-resource.name', 'gzip-file-as-resource.outputType'],
  'sequential-thinking': [],
};

/** Names and formats of inputs that name an address or a file, and descriptions that speak of them. */
const suspicious = /\b(ur[il]s?|hosts?|address|domains?|paths?|files?|folders?|endpoints?)\b/i;

interface Tool {
  readonly name: string;
  readonly inputSchema: { readonly properties?: Readonly<Record<string, object>> };
}

/** Starts an entry's package as it is installed here, with the variables of the entry. */
async function started(test: Test, name: string) {
  const entry = predefinedEntries.find((one) => one.name === name);
  if (entry?.source.type !== 'package') throw new Error(`${name} is no package`);
  const { npmPackage } = entry.source.template;
  const { args = [], env = {} } = transportOf(entry, {}) as { args?: string[]; env?: Record<string, string> };
  const folder = repoPath(`node_modules/${npmPackage}`);
  const { version, bin } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  test.same(args, ['-y', `${npmPackage}@${version}`], 'the judged version is the version that is installed here');
  const [program] = Object.values(bin) as string[];
  const { servers } = harness(test);
  const command = { command: process.execPath, args: [`${folder}/${program}`], env };
  servers.put(spec({ transport: { case: 'stdio', value: command } }));
  await servers.connect('s1', never);
  const result = Buffer.from(await servers.request('s1', 'tools/list', '{}', { signal: never })).toString();
  return { servers, tools: (JSON.parse(result) as { tools: readonly Tool[] }).tools };
}

for (const [name, inputs] of Object.entries(judged))
  t.test(`${name}: the inputs that could name an address or a file are the judged ones`, async (t) => {
    const { tools } = await started(t, name);
    t.ok(tools.length > 0);
    const found = tools.flatMap((tool) =>
      Object.entries(tool.inputSchema.properties ?? {})
        .filter(([input, schema]) => suspicious.test(`${input} ${JSON.stringify(schema)}`))
        .map(([input]) => `${tool.name}.${input}`),
    );
    t.same(found.sort(), inputs);
  });

t.test('everything fetches no URL that its caller gives it', async (t) => {
  const { servers } = await started(t, 'everything');
  for (const data of [
    'http://127.0.0.1:1/',
    'http://169.254.169.254/latest/',
    'http://[::1]:1/',
    'http://no.domain/',
  ]) {
    const args = Buffer.from(JSON.stringify({ name: 'x', data, outputType: 'resource' }));
    const { json, isError } = await servers.callTool('s1', 'gzip-file-as-resource', args, { signal: never });
    t.ok(isError);
    t.match(Buffer.from(json).toString(), /not in the allowed domains list/, data);
  }
});
