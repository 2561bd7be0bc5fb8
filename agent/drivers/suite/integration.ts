import { type Bench, type Case, call, callable, callMs, failsUnlessBlanked, named } from './bench.js';
import { type Entry, listKinds } from './lists.js';
import { Finding, Skip } from './recorder.js';

const type = 'integration';
/** The most resources and prompts that are read. */
const most = 20;

/** Tests of the server in use: declared cases, safe tools without arguments, resources, prompts. */
export async function integrationTests(bench: Bench): Promise<void> {
  const { recorder, request, lists, static: reason } = bench;
  for (const declared of request.cases) {
    const test = named('test_case', declared.name);
    const why = reason ?? request.refused(declared.tool, await lists.entries('tools'));
    if (why !== undefined) recorder.skip(type, test, why);
    else await recorder.test(type, test, () => runCase(bench, declared));
  }
  for (const tool of await callable(bench, type, 'test_tool_call')) {
    await recorder.test(type, named('test_tool_call', String(tool.name)), () => callWithout(bench, tool));
  }
  await each(bench, await lists.entries('resources'), 'test_resource', (entry) => readResource(bench, entry));
  await each(bench, await lists.entries('prompts'), 'test_prompt', (entry) => getPrompt(bench, entry));
}

async function each(
  { recorder, lists, static: reason }: Bench,
  entries: readonly Entry[],
  test: string,
  work: (entry: Entry) => Promise<void>,
): Promise<void> {
  const kind = test === 'test_prompt' ? listKinds.prompts : listKinds.resources;
  for (const [at, entry] of entries.entries()) {
    const full = named(test, lists.nameOf(entry, kind));
    const needs = Array.isArray(entry.arguments) && entry.arguments.some((arg: Entry | null) => arg?.required === true);
    if (reason !== undefined) recorder.skip(type, full, reason);
    else if (at >= most) recorder.skip(type, full, `only the first ${most} are looked at`);
    else if (needs) recorder.skip(type, full, 'the prompt needs arguments');
    else await recorder.test(type, full, () => work(entry));
  }
}

async function runCase(bench: Bench, declared: Case): Promise<void> {
  const { tool, expectError, contains, matches, structuredSchema, timeoutMs } = declared;
  const called = await call(bench, tool, declared.arguments, timeoutMs || callMs);
  const { isError, text, structured } = called;
  if (isError !== expectError)
    throw new Finding(
      expectError ? `'${tool}' was expected to fail, and did not` : `'${tool}' failed: ${shown(bench, text)}`,
    );
  if (contains !== '' && !text.includes(contains)) throw new Finding(`the text does not contain '${contains}'`);
  if (matches !== '' && !(await bench.schemas.matches(matches, text)))
    throw new Finding(`the text does not match '${matches}'`);
  if (structuredSchema !== undefined) await satisfies(bench, structured, structuredSchema, 'the schema of the case');
  if (!isError) await conforms(bench, tool, structured);
}

/** The beginning of a result's text. The search for secrets comes before the cut: it does not find a part of a secret. */
function shown({ subject }: Bench, text: string): string {
  return subject.watch.hide(text).slice(0, 500);
}

async function callWithout(bench: Bench, tool: Entry): Promise<void> {
  const name = String(tool.name);
  const { errors } = await bench.schemas.check(tool.inputSchema, {});
  if (!errors) throw new Skip("the tool's arguments cannot be told from its schema");
  if (errors[0] !== null) throw new Skip('the tool needs arguments; a declared case can give them');
  const { isError, text, structured } = await call(bench, name, {});
  if (isError) failsUnlessBlanked(bench, `'${name}' failed without arguments: ${shown(bench, text)}`);
  await conforms(bench, name, structured);
}

/** The result of a tool must satisfy the tool's output schema. */
async function conforms(bench: Bench, name: string, structured: unknown): Promise<void> {
  const tool = (await bench.lists.entries('tools')).find((entry) => entry.name === name);
  if (tool?.outputSchema === undefined) return;
  if (structured === undefined)
    throw new Finding(`'${name}' has an \`outputSchema\`, but gives no \`structuredContent\``);
  await satisfies(bench, structured, tool.outputSchema, `the \`outputSchema\` of '${name}'`);
}

async function satisfies({ schemas }: Bench, value: unknown, schema: unknown, what: string): Promise<void> {
  const wrong = (await schemas.check(schema, value)).errors?.[0];
  if (typeof wrong === 'string') throw new Finding(`\`structuredContent\` does not satisfy ${what}: ${wrong}`);
}

async function readResource(bench: Bench, { uri }: Entry): Promise<void> {
  const { result, error } = await bench.subject.ask('resources/read', { uri });
  if (error) failsUnlessBlanked(bench, `the resource cannot be read: error ${error.code}: ${error.message}`);
  const { contents } = (result ?? {}) as Entry;
  if (!Array.isArray(contents)) throw new Finding('the answer has no `contents` array');
  for (const content of contents as (Entry | null)[])
    if (typeof content?.uri !== 'string' || (typeof content.text !== 'string' && typeof content.blob !== 'string'))
      throw new Finding('an element of `contents` lacks `uri`, or both `text` and `blob`');
}

async function getPrompt(bench: Bench, { name }: Entry): Promise<void> {
  const { result, error } = await bench.subject.ask('prompts/get', { name });
  if (error) failsUnlessBlanked(bench, `the prompt cannot be had: error ${error.code}: ${error.message}`);
  const { messages } = (result ?? {}) as Entry;
  if (!Array.isArray(messages)) throw new Finding('the answer has no `messages` array');
  for (const message of messages as (Entry | null)[])
    if (!['user', 'assistant'].includes(String(message?.role)) || typeof message?.content !== 'object')
      throw new Finding('an element of `messages` lacks `role` or `content`');
}
