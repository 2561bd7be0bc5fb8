import { compilePattern, mostPatternWork, type PatternBudget, patternProblem } from '@roundhouse/proto/patterns';
import { type Counts, type SuiteResult as FoundBySuite, testTypes } from '@roundhouse/proto/suite-result';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { oneOf, optional, type Shape } from '../agents/shape.js';
import { invalid } from '../errors.js';
import { jobRecords } from '../jobs/record.js';
import { collection, remove, type Store, type Write } from '../store.js';

/** A call that an operator declared, and its expected answer. */
export interface DeclaredCase {
  readonly name: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The call must fail. */
  readonly expectError: boolean;
  /** Text that the answer must contain; empty: any. */
  readonly contains: string;
  /** A regular expression that the answer's text must match; empty: any. */
  readonly matches: string;
  /** A JSON Schema that the structured answer must satisfy; `null`: any. */
  readonly structuredSchema: Readonly<Record<string, unknown>> | null;
  /** `null`: the suite's default. */
  readonly timeoutMs: number | null;
}

/** An operator's declaration for the tests of a server. */
export interface Declaration {
  /** The id of the server. */
  readonly id: string;
  /** Tools that may be called with any arguments. */
  readonly safeTools: readonly string[];
  readonly cases: readonly DeclaredCase[];
  /** The approved definitions of tools; `null` if none were approved. */
  readonly approval: Approval | null;
  readonly revision: number;
}

export interface Approval {
  /** Definitions as the server sent them (JSON text), by the names of their tools. */
  readonly tools: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: string | null;
}

export const declarations = collection<Declaration>('test_declarations', 'declaration of tests');

/** The declaration of a server for which an operator has declared nothing. */
export function undeclared(serverId: string): Declaration {
  return { id: serverId, safeTools: [], cases: [], approval: null, revision: 0 };
}

/** The write that removes the declaration of a deleted server; the results of its tests stay. */
export function declarationsOfServer(store: Pick<Store, 'get'>, serverId: string): Write[] {
  return store.get(declarations, serverId) ? [remove(declarations, serverId, 'any')] : [];
}

/** The longest arguments or schema of one case, characters of JSON. */
const longest = 65_536;
/** The schemas of all cases together, characters of JSON: to check more would hold up the hub. */
const longestSchemas = 131_072;
/** The most work of the patterns of all cases together, as a multiple of the work of one pattern. */
const patternsOfCases = 3;

/** @throws DomainError `invalid_input` naming the field, in the words of the API that it came by. */
export function checkCases(cases: readonly DeclaredCase[], tools: ReadonlySet<string>): void {
  const names = new Set<string>();
  const budget = { left: patternsOfCases * mostPatternWork };
  let schemaLength = 0;
  for (const [at, { name, tool, matches, structuredSchema, arguments: args }] of cases.entries()) {
    if (names.has(name)) throw invalid(`cases.${at}.name`, `'${name}' is the name of another case`);
    names.add(name);
    checkTool(`cases.${at}.tool`, tool, tools);
    if (JSON.stringify(args).length > longest) throw invalid(`cases.${at}.arguments`, 'must not exceed 64 KiB of JSON');
    if (matches !== '') checkPattern(`cases.${at}.matches`, matches, budget);
    if (structuredSchema === null) continue;
    const field = `cases.${at}.structured_schema`;
    schemaLength += JSON.stringify(structuredSchema).length;
    if (schemaLength > longestSchemas)
      throw invalid(field, 'must not exceed 128 KiB of JSON together with the schemas of the cases before it');
    checkSchema(field, structuredSchema);
  }
}

/** Every run would leave out a tool that the server does not know. Most likely its name is misspelt. */
export function checkTool(field: string, tool: string, tools: ReadonlySet<string>): void {
  if (tools.size > 0 && !tools.has(tool)) throw invalid(field, `the server offers no tool '${tool.slice(0, 128)}'`);
}

function checkPattern(field: string, pattern: string, budget: PatternBudget): void {
  try {
    compilePattern(pattern, budget, 'js');
  } catch (error) {
    throw invalid(field, patternProblem(error));
  }
}

const schemas = new Ajv2020({ strict: false, logger: false, validateFormats: false });

/** Only the form of a schema is checked here: to compile one of 20 KiB can take minutes. The agent compiles it when it runs the case. */
function checkSchema(field: string, schema: Readonly<Record<string, unknown>>): void {
  if (JSON.stringify(schema).length > longest) throw invalid(field, 'must not exceed 64 KiB of JSON');
  const { $schema: _dialect, ...rest } = schema;
  if (schemas.validateSchema(rest) !== true)
    throw invalid(field, `is not a JSON Schema: ${schemas.errorsText(schemas.errors, { dataVar: 'schema' })}`);
}

/** The types that a client may ask for: one type, or all of them. */
export const askedTypes = [...testTypes, 'all'] as const;
export type AskedType = (typeof askedTypes)[number];

/** An agent's result about one server: its answer to `RunSuite`. `none`: the server could not be tested. */
export type SuiteResult = Omit<FoundBySuite, 'subject'> & { readonly subject: FoundBySuite['subject'] | 'none' };

const type = oneOf(...testTypes);

/** The form of a {@link SuiteResult}. */
export const suiteResult: Shape<SuiteResult> = {
  version: 'text',
  subject: oneOf('none', 'instance', 'remote'),
  blanked: ['text'],
  tests: { total: 'number', passed: 'number', failed: 'number', skipped: 'number' },
  failures: [{ test: 'text', type, error: 'text', trace: 'text' }],
  skipped: [{ test: 'text', type, reason: 'text' }],
  passed: optional([{ test: 'text', type, durationMs: 'number' }]),
  figures: optional({
    latency: {
      '*': {
        calls: 'number',
        errors: 'number',
        p50: 'number',
        p95: 'number',
        p99: 'number',
        max: 'number',
        callsPerSecond: optional('number'),
      },
    },
    memory: optional({ before: 'number', after: 'number', calls: 'number', bytesPerCall: 'number' }),
    startMs: 'number',
  }),
  durationMs: 'number',
};

const NO_TESTS: Counts = { total: 0, passed: 0, failed: 0, skipped: 0 };

/** The sum of several counts. */
export function totalOf(counts: Iterable<Counts>): Counts {
  let sum = NO_TESTS;
  for (const { total, passed, failed, skipped } of counts)
    sum = {
      total: sum.total + total,
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    };
  return sum;
}

/** The share of the tests that ran and passed, 0 to 1; 0 where none ran. */
export function passRate({ passed, failed }: Counts): number {
  return passed + failed === 0 ? 0 : Math.round((passed / (passed + failed)) * 1e4) / 1e4;
}

/** The results of one server's tests in one run. They stay when the server is deleted, and are removed with the run. */
export interface ServerResult {
  /** Made of the ids of the run and the server. */
  readonly id: string;
  readonly jobId: string;
  readonly serverId: string;
  /** The name at the time of the run. */
  readonly serverName: string;
  readonly result: SuiteResult;
}

export const serverResults = collection<ServerResult>('test_results', 'result of tests', {
  job: { of: ({ jobId, serverName }) => [jobId, serverName] },
});

export function resultId(jobId: string, serverId: string): string {
  return `${jobId}.${serverId}`;
}

/** The results of a run, by the servers' names. */
export function resultsOf(store: Pick<Store, 'list'>, jobId: string): ServerResult[] {
  return [...store.list(serverResults, { index: 'job', equals: [jobId] })];
}

/** Removes the results of runs that are removed. */
export function followRuns(store: Store): void {
  store.act(({ writes }) => {
    const gone = writes.filter(({ collection, value }) => collection === jobRecords.name && value === undefined);
    const results = gone.flatMap(({ id }) => resultsOf(store, id));
    if (results.length > 0) store.record({ writes: results.map(({ id }) => remove(serverResults, id, 'any')) });
  }, jobRecords);
}
