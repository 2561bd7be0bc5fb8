import { type RunSuite, type TestCase, TestType } from '@roundhouse/proto/agent/v1/suite';
import type { TestType as TypeName } from '@roundhouse/proto/suite-result';
import type { Servers } from '../drivers/mcp/servers.js';
import { NO_TOOLS, type ToolListing } from '../drivers/mcp/tool-listing.js';
import type { Case, SuiteRequest } from '../drivers/suite/bench.js';
import type { Entry, Known } from '../drivers/suite/lists.js';
import { AgentFailure } from '../failure.js';
import { json, type Operations } from './operation.js';

const types: Readonly<Record<TestType, TypeName | undefined>> = {
  [TestType.UNSPECIFIED]: undefined,
  [TestType.UNIT]: 'unit',
  [TestType.INTEGRATION]: 'integration',
  [TestType.PERFORMANCE]: 'performance',
  [TestType.SECURITY]: 'security',
};

/** Tests of MCP servers; see `agent/drivers/suite`. */
export const suiteOperations = (servers: Servers, dataDir: string) =>
  ({
    async runSuite(args, context) {
      const { serverId } = args;
      // Loaded when a server is first tested: it brings three dialects of JSON Schema.
      const { runSuite } = await import('../drivers/suite/suite.js');
      const spec = servers.spec(serverId);
      const refused: SuiteRequest['refused'] = (tool, tools) =>
        servers.refusedTool(serverId, tool, listingOf(tool, tools))?.message;
      const result = await runSuite(spec, readRequest(args, refused), {
        open: (options) => servers.openSecond(serverId, options),
        known: knownOf(servers, serverId),
        dataDir,
        signal: context.signal,
        progress: (done, test) => context.progress(Buffer.from(JSON.stringify({ done, test }))),
      });
      return json(result);
    },
  }) satisfies Partial<Operations>;

/** @throws AgentFailure `invalid_argument` (details.field) */
function readRequest(args: RunSuite, refused: SuiteRequest['refused']): SuiteRequest {
  const wanted = args.types.map((type) => types[type]);
  if (wanted.length === 0 || wanted.includes(undefined)) throw invalid('types', 'must name types of tests');
  if (args.timeoutMs === 0) throw invalid('timeoutMs', 'must be more than 0');
  return {
    types: wanted.filter((type) => type !== undefined),
    timeoutMs: args.timeoutMs,
    safeTools: args.safeTools,
    cases: args.cases.map(readCase),
    approved: new Map(Object.entries(args.approvedTools).map(([name, text]) => [name, parse('approvedTools', text)])),
    verbose: args.verbose,
    refused,
  };
}

function readCase(declared: TestCase, at: number): Case {
  const { name, tool, expectError, contains, matches, structuredSchema, timeoutMs } = declared;
  const given = declared.arguments.length === 0 ? {} : parse(`cases.${at}.arguments`, declared.arguments);
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid(`cases.${at}.arguments`, 'is not an object');
  const schema = structuredSchema.length === 0 ? undefined : parse(`cases.${at}.structuredSchema`, structuredSchema);
  return {
    name,
    tool,
    arguments: given as Case['arguments'],
    expectError,
    contains,
    matches,
    timeoutMs,
    ...(schema === undefined ? {} : { structuredSchema: schema }),
  };
}

function parse(field: string, text: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text).toString());
  } catch {
    throw invalid(field, 'is not JSON');
  }
}

/** The running server's description of itself from its last connection. */
function knownOf(servers: Servers, serverId: string): Known | undefined {
  const report = servers.reports().find((each) => each.serverId === serverId);
  if (!report?.tools || report.initializeResult.length === 0) return undefined;
  const read = (text: Uint8Array) => JSON.parse(Buffer.from(text).toString()) as Entry;
  return {
    initialized: read(report.initializeResult),
    tools: report.tools.tools.map(({ definition }) => read(definition)),
  };
}

/** A list with the description of one tool. Of two descriptions with the same name the first one counts. */
function listingOf(name: string, tools: readonly Entry[]): ToolListing {
  const described = tools.find((tool) => tool.name === name);
  if (described === undefined) return NO_TOOLS;
  return { tools: [{ name, definition: Buffer.from(JSON.stringify(described)) }], meta: '' };
}

function invalid(field: string, problem: string): AgentFailure {
  return new AgentFailure('invalid_argument', `${field} ${problem}`, { field, reason: problem });
}
