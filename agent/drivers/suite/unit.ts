import { TaskError } from '@roundhouse/proto/work';
import { type Bench, call, callable, named } from './bench.js';
import { type Entry, type ListName, listKinds } from './lists.js';
import { attempt, stillThere } from './probing.js';
import { Finding, Skip, shown } from './recorder.js';

const type = 'unit';
const methodNotFound = -32_601;
const invalidParams = -32_602;
const known = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];

/** The protocol: whether the server keeps to MCP. */
export async function unitTests(bench: Bench): Promise<void> {
  const { recorder, subject } = bench;
  await recorder.test(type, 'test_initialize', () => initialize(bench));
  await recorder.test(type, 'test_unsupported_version', () => unsupportedVersion(bench));
  await recorder.test(type, 'test_ping', async () => {
    const result = await subject.result('ping');
    if (typeof result !== 'object' || result === null) throw new Finding('the answer to `ping` is not an object');
  });
  await recorder.test(type, 'test_unknown_method', () => unknownMethod(bench));
  for (const name of Object.keys(listKinds) as ListName[]) await list(bench, name);
  if (!(await announces(bench, 'tools'))) return;
  await recorder.test(type, 'test_unknown_tool', async () => {
    const tool = 'roundhouse_no_such_tool';
    const { isError } = await call(bench, tool, {});
    if (!isError) throw new Finding('a call of a tool that does not exist was answered with a result that is no error');
  });
  await definitionChecks(bench);
  for (const tool of await callable(bench, type, 'test_malformed_arguments')) {
    await recorder.test(type, named('test_malformed_arguments', String(tool.name)), () =>
      malformedArguments(bench, tool),
    );
  }
}

async function announces({ lists }: Bench, capability: string): Promise<boolean> {
  return lists.announces(capability).catch(() => false);
}

async function initialize({ lists }: Bench): Promise<void> {
  const { protocolVersion, capabilities, serverInfo } = await lists.initialized();
  if (!known.includes(String(protocolVersion)))
    throw new Finding(`\`protocolVersion\` is '${String(protocolVersion)}', which is no version of MCP`);
  if (typeof capabilities !== 'object' || capabilities === null || Array.isArray(capabilities))
    throw new Finding('`capabilities` is not an object');
  for (const [name, value] of Object.entries(capabilities))
    if (typeof value !== 'object' || value === null) throw new Finding(`\`capabilities.${name}\` is not an object`);
  const { name, version } = (serverInfo ?? {}) as Entry;
  if (typeof name !== 'string' || typeof version !== 'string')
    throw new Finding('`serverInfo` lacks `name` or `version`');
}

/** A server answers an unknown version with a version that it knows, or refuses it. The test uses a separate connection. */
async function unsupportedVersion({ subject }: Bench): Promise<void> {
  const other = await subject.another({ handshake: false });
  try {
    const client = { capabilities: {}, clientInfo: { name: 'roundhouse-agent', version: '0' } };
    const params = { protocolVersion: '1999-01-01', ...client };
    const { result, error } = await subject.askAt(other, 'initialize', params, 10_000, true);
    if (error) return;
    const { protocolVersion } = (result ?? {}) as Entry;
    if (protocolVersion === '1999-01-01')
      throw new Finding("the server agrees to the protocol version '1999-01-01', which does not exist");
    if (typeof protocolVersion !== 'string') throw new Finding('the answer names no `protocolVersion`');
  } finally {
    await other.close({ timeoutMs: 1000 });
  }
}

async function unknownMethod({ subject }: Bench): Promise<void> {
  const { error } = await subject.ask('roundhouse/no_such_method');
  if (!error) throw new Finding('a method that does not exist was answered with a result');
  if (error.code !== methodNotFound)
    throw new Finding(
      `a method that does not exist was answered with error ${error.code} in place of ${methodNotFound}`,
    );
}

async function list(bench: Bench, name: ListName): Promise<void> {
  const { recorder, lists, subject } = bench;
  const kind = listKinds[name];
  const test = `test_list_${name}`;
  if (!(await announces(bench, kind.capability))) {
    if (name === 'templates') return;
    await recorder.test(type, test, async () => {
      const { result } = await subject.ask(kind.method);
      const { [kind.member]: entries } = (result ?? {}) as Entry;
      if (Array.isArray(entries) && entries.length > 0)
        throw new Finding(
          `'${kind.method}' gives ${entries.length} entries, but \`${kind.capability}\` is not announced`,
        );
    });
    return;
  }
  await recorder.test(type, test, async () => {
    const { entries } = await lists.read(name);
    const seen = new Set<string>();
    for (const entry of entries) {
      if (typeof entry !== 'object' || entry === null)
        throw new Finding(`'${kind.method}' lists a value that is no object`);
      const key = entry[kind.key];
      if (typeof key !== 'string' || key === '')
        throw new Finding(`an entry of '${kind.method}' lacks \`${kind.key}\``);
      if (seen.has(key)) throw new Finding(`'${kind.method}' lists '${lists.nameOf(entry, kind)}' more than once`);
      seen.add(key);
    }
  });
  await recorder.test(type, `test_pagination_${name}`, async () => {
    const { pages } = await lists.read(name).catch(() => ({ pages: 0 }));
    if (pages === 0) throw new Skip('the list cannot be read');
    if (pages < 2) throw new Skip('the list has one page only');
    const { error } = await subject.ask(kind.method, { cursor: 'roundhouse-no-such-cursor' });
    if (!error) throw new Finding(`'${kind.method}' accepts a cursor that it never gave out`);
    if (error.code !== invalidParams)
      throw new Finding(
        `a cursor that does not exist was answered with error ${error.code} in place of ${invalidParams}`,
      );
  });
}

/** Checks of tools that send no request to the server. */
export async function definitionChecks(bench: Bench): Promise<void> {
  for (const tool of await bench.lists.entries('tools')) await definition(bench, tool);
}

/** A tool's definition: its name and its schemas. */
async function definition({ recorder, schemas }: Bench, tool: Entry): Promise<void> {
  const name = String(tool.name);
  const trace = shown(tool);
  await recorder.test(type, named('test_tool_name', name), () => {
    if (!/^[A-Za-z0-9._-]{1,128}$/.test(name))
      throw new Finding('the name is not made of 1 to 128 letters, digits, `_`, `-` and `.`', trace);
  });
  for (const member of ['inputSchema', 'outputSchema'] as const) {
    const schema = tool[member];
    if (schema === undefined && member === 'outputSchema') continue;
    const test = member === 'inputSchema' ? 'test_input_schema' : 'test_output_schema';
    await recorder.test(type, named(test, name), async () => {
      if (schema === undefined) throw new Finding(`the tool '${name}' has no \`${member}\``, trace);
      const checked = await schemas.check(schema).catch((error: unknown) => {
        throw error instanceof TaskError ? new Finding(`\`${member}\` of '${name}': ${error.message}`, trace) : error;
      });
      if (checked.problem !== undefined)
        throw new Finding(`\`${member}\` of '${name}' is not a valid JSON Schema: ${checked.problem}`, trace);
      if ((schema as Entry).type !== 'object')
        throw new Finding(`\`${member}\` of '${name}' must have \`type\` 'object'`, trace);
      if (checked.unchecked !== undefined) throw new Skip(`\`${member}\` was not checked: ${checked.unchecked}`);
    });
  }
}

async function malformedArguments(bench: Bench, tool: Entry): Promise<void> {
  const name = String(tool.name);
  for (const { what, json } of await malformed(bench, tool.inputSchema)) {
    const called = await attempt(bench, name, `arguments that its schema does not allow: ${what}`, json, true);
    if (called?.isError === false)
      throw new Finding(`'${name}' takes arguments that its schema does not allow: ${what}`);
  }
  await stillThere(bench, name, 'arguments that its schema does not allow', '');
}

/** Arguments that a schema does not allow. */
export interface Malformed {
  readonly what: string;
  /** JSON text. */
  readonly json: string;
}

/** The most properties that are checked. */
const most = 16;

const wrong: readonly unknown[] = [{ unexpected: [true] }, 'not what was asked for', 42, [[]], null];

/** Arguments that are wrong by a tool's schema, each in one way; the last are wrong for every tool. */
async function malformed({ schemas }: Bench, schema: unknown): Promise<Malformed[]> {
  const usual = await schemas.sample(schema);
  const { properties, required } = (schema ?? {}) as Entry;
  const left = (Array.isArray(required) ? required : []).slice(0, most).map((name): Candidate => {
    const { [String(name)]: _left, ...args } = usual;
    return { property: `missing ${name}`, what: `\`${name}\` is missing`, args };
  });
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties).slice(0, most) : [];
  // Programs may convert values, such as a number to a text. Only values that no conversion makes valid count.
  const replaced = names.flatMap((name) =>
    wrong.map((value): Candidate => {
      const what = `\`${name}\` is ${JSON.stringify(value)}`;
      return { property: name, what, args: { ...usual, [name]: value } };
    }),
  );
  const candidates = [...left, ...replaced];
  const { errors = [] } = await schemas.check(schema, usual, ...candidates.map(({ args }) => args));
  const isUsualValid = errors[0] === null;
  const found = new Map<string, Malformed>();
  for (const [at, { property, what, args }] of candidates.entries())
    if (isUsualValid && errors[at + 1] !== null && !found.has(property))
      found.set(property, { what, json: JSON.stringify(args) });
  return [...found.values(), { what: 'a list in place of an object', json: '[]' }, { what: 'a text', json: '"text"' }];
}

/** Arguments that a schema may not allow. One for each property is enough. */
interface Candidate {
  readonly property: string;
  readonly what: string;
  readonly args: Readonly<Record<string, unknown>>;
}
