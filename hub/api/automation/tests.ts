import type { Figures as MeasuredFigures } from '@roundhouse/proto/suite-result';
import { type Static, Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { JobRecord } from '../../domain/jobs/record.js';
import { isoTime } from '../../domain/moments.js';
import type { DeclaredCase, ServerResult } from '../../domain/suites/declaration.js';
import { type AskedType, passRate } from '../../domain/suites/declaration.js';
import type { DeclarationView } from '../../domain/suites/declarations.js';
import type { TestFilter } from '../../domain/suites/suites.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';
import { JobStatus, jobFields, renderJob } from './job-fields.js';

const Seconds = Type.Number({ description: 'Seconds' });
const Milliseconds = Type.Number({ description: 'Milliseconds' });
const TestType = Type.String({ title: 'TestType', enum: ['unit', 'integration', 'performance', 'security', 'all'] });
const OneType = Type.String({ title: 'SingleTestType', enum: ['unit', 'integration', 'performance', 'security'] });
const ServerParams = Type.Object({
  server_name: Type.String({ minLength: 1, maxLength: 64, description: 'Name or id' }),
});
const ToolName = Type.String({ minLength: 1, maxLength: 128 });

const counts = {
  total: Type.Integer(),
  passed: Type.Integer(),
  failed: Type.Integer(),
  skipped: Type.Integer({ description: 'Those that were not run; `skipped` says why' }),
};

const Figures = Type.Object(
  {
    start_ms: Milliseconds,
    latency: Type.Record(
      Type.String(),
      Type.Object({
        calls: Type.Integer(),
        errors: Type.Integer(),
        p50_ms: Milliseconds,
        p95_ms: Milliseconds,
        p99_ms: Milliseconds,
        max_ms: Milliseconds,
        calls_per_second: Type.Union([Type.Number(), Type.Null()]),
      }),
      { description: 'By the name of the tool; `ping` is of MCP itself' },
    ),
    memory: Type.Union([
      Type.Object({
        before_bytes: Type.Integer(),
        after_bytes: Type.Integer(),
        calls: Type.Integer(),
        bytes_per_call: Type.Integer(),
      }),
      Type.Null(),
    ]),
  },
  { title: 'PerformanceFigures' },
);

const ServerTests = Type.Object(
  {
    server: Type.String(),
    tests: Type.Object(counts),
    failures: Type.Array(
      Type.Object({
        test: Type.String(),
        error: Type.String(),
        trace: Type.String({ description: 'The request and the answer, shortened' }),
        type: OneType,
      }),
    ),
    /** Extensions. */
    skipped: Type.Array(Type.Object({ test: Type.String(), type: OneType, reason: Type.String() })),
    passed: Type.Union(
      [Type.Array(Type.Object({ test: Type.String(), type: OneType, duration_ms: Milliseconds })), Type.Null()],
      { description: 'Where the run is verbose' },
    ),
    figures: Type.Union([Figures, Type.Null()], { description: 'The measurements of the performance tests' }),
    server_id: Id,
    version: Type.Union([Type.String(), Type.Null()]),
    subject: Type.String({
      enum: ['instance', 'remote', 'none'],
      description: 'A second instance with blanked credentials; a remote server by its protocol only; nothing at all',
    }),
    blanked: Type.Array(Type.String(), { description: 'The variables whose values were blanked' }),
    duration_seconds: Seconds,
  },
  { title: 'ServerTests' },
);
type ServerTests = Static<typeof ServerTests>;

const asked = { test_type: TestType, servers: Type.Array(Type.String()) };
const Servers = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  minItems: 1,
  maxItems: 1000,
  default: ['all'],
  description: 'Names or ids; `all` for every enabled server',
});

const Case = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128 }),
    tool: ToolName,
    arguments: Type.Record(Type.String(), Type.Unknown(), { default: {} }),
    expect_error: Type.Boolean({ default: false, description: 'The call must fail' }),
    contains: Type.String({ maxLength: 4096, default: '', description: 'Text that the answer must contain' }),
    matches: Type.String({ maxLength: 1024, default: '', description: 'RE2 syntax; the answer must match it' }),
    structured_schema: Type.Optional(
      Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
        description: 'JSON Schema that the structured answer must satisfy',
      }),
    ),
    timeout: Type.Optional(
      Type.Union([Type.Number({ minimum: 0.1, maximum: 600 }), Type.Null()], { description: 'Seconds; default 10' }),
    ),
  },
  { title: 'TestCase' },
);

const Declaration = Type.Object(
  {
    server: Type.String(),
    server_id: Id,
    safe_tools: Type.Array(Type.String()),
    cases: Type.Array(Case),
    approved: Type.Union([
      Type.Object({
        tools: Type.Array(Type.String()),
        approved_at: Time,
        approved_by: Type.Union([Type.String(), Type.Null()]),
        changed: Type.Union([Type.Array(Type.String()), Type.Null()], {
          description:
            'Tools whose definition is another than the approved one, as last seen; null where that is not known',
        }),
      }),
      Type.Null(),
    ]),
  },
  { title: 'TestDeclaration' },
);
type Declaration = Static<typeof Declaration>;

/** `seeds/000`, "Testing Operations". */
export const testEndpoints = {
  runTests: endpoint({
    method: 'POST',
    path: '/api/v1/tests/run',
    summary: 'Execute the test suite for MCP servers',
    description:
      'The agent of each server tests it without harm: a process in a second instance with blanked credentials, a remote server by its protocol only. Tests call only tools that are declared safe, or in a declared case. A run that has begun ends as `completed`, also if tests failed.',
    permission: 'test.run',
    audit: 'test',
    body: Type.Object({
      test_type: Type.Union(
        ['unit', 'integration', 'performance', 'security', 'all'].map((type) => Type.Literal(type)),
        { default: 'all' },
      ),
      servers: Servers,
      verbose: Type.Boolean({ default: false, description: 'Tests that passed are listed too' }),
      parallel: Type.Boolean({ default: true }),
      timeout: Type.Number({ minimum: 1, maximum: 3600, default: 300, description: 'Seconds, for each server' }),
    }),
    example: { test_type: 'unit', servers: ['all'], verbose: true },
    bodyOptional: true,
    response: Type.Object({ test_id: Id, status: Type.Literal('running'), ...asked, started_at: Time }),
    status: 202,
  }),
  getTestHistory: endpoint({
    method: 'GET',
    path: '/api/v1/tests/history',
    summary: 'Test execution history, newest first',
    description: 'Each entry has the counts of a run. The failures are in the answer to `GET /api/v1/tests/{test_id}`.',
    permission: 'job.read',
    query: Type.Object({
      server: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Name or id' })),
      test_type: Type.Optional(Type.String({ ...TestType, description: 'Only runs of this type' })),
      status: Type.Optional(Type.Union(JobStatus.anyOf, { ...JobStatus, description: 'Only runs with this status' })),
      limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Entries to return at most' }),
      offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: 'Entries to skip' }),
    }),
    response: Type.Object({
      tests: Type.Array(
        Type.Object(
          {
            test_id: Id,
            test_type: TestType,
            status: JobStatus,
            pass_rate: Type.Number({ description: 'Share of the tests that ran and passed, 0 to 1; 0 where none ran' }),
            duration_seconds: Seconds,
            executed_at: Time,
            /** Extensions. */
            servers: Type.Array(Type.String()),
            summary: Type.Object(counts),
          },
          { title: 'TestRunSummary' },
        ),
      ),
      pagination: Type.Object({
        total: Type.Integer(),
        limit: Type.Integer(),
        offset: Type.Integer(),
        has_more: Type.Boolean(),
      }),
    }),
  }),
  getTest: endpoint({
    method: 'GET',
    path: '/api/v1/tests/{test_id}',
    summary: 'Results of a test run, as far as there are any',
    description:
      'While the run goes on, the answer has the results so far. It lists each failure, and each skipped test with the reason. Callers with the permission `test.run` also read the error and the data that was sent and received.',
    permission: 'job.read',
    params: Type.Object({ test_id: Type.String({ minLength: 1, description: 'Id of the test run' }) }),
    response: Type.Object({
      test_id: Id,
      ...jobFields,
      ...asked,
      started_at: TimeOrNull,
      duration_seconds: Seconds,
      summary: Type.Object({
        ...counts,
        pass_rate: Type.Number({ description: 'Share of the tests that ran and passed, 0 to 1; 0 where none ran' }),
      }),
      results: Type.Array(ServerTests),
    }),
  }),
  getDeclaration: endpoint({
    method: 'GET',
    path: '/api/v1/servers/{server_name}/tests',
    summary: 'The declarations for the tests of a server',
    description:
      'The answer has the tools that tests may call, the declared cases, and the approved tool definitions. A server without a declaration has empty lists. Callers without the permission `test.run` read only the names and the tools of the cases.',
    permission: 'job.read',
    params: ServerParams,
    response: Declaration,
    extension: true,
  }),
  putDeclaration: endpoint({
    method: 'PUT',
    path: '/api/v1/servers/{server_name}/tests',
    summary: 'Declare which tools tests may call, and cases',
    description:
      'The body replaces the earlier declaration. Declare a tool safe only if tests may call it with any arguments, hostile arguments included.',
    permission: 'test.declare',
    audit: 'server.tests.declare',
    params: ServerParams,
    body: Type.Object({
      safe_tools: Type.Array(ToolName, { maxItems: 1000, default: [] }),
      cases: Type.Array(Case, { maxItems: 200, default: [] }),
    }),
    example: {
      safe_tools: ['list_allowed_directories'],
      cases: [
        {
          name: 'reads a file',
          tool: 'read_text_file',
          arguments: { path: '/tmp/files/hello.txt' },
          contains: 'Hello',
        },
      ],
    },
    response: Declaration,
    extension: true,
  }),
  approveTools: endpoint({
    method: 'POST',
    path: '/api/v1/servers/{server_name}/tests/approve',
    summary: 'Approve the definitions that the tools of a server have now',
    description:
      'Security tests then report each definition that differs from the approved one. With `tools`, the hub approves only these tools, and earlier approvals stay.',
    permission: 'test.declare',
    audit: 'server.tests.approve',
    params: ServerParams,
    body: Type.Object({ tools: Type.Optional(Type.Array(ToolName, { minItems: 1, maxItems: 1000 })) }),
    example: { tools: ['read_text_file'] },
    bodyOptional: true,
    response: Declaration,
    extension: true,
  }),
};

export function testHandlers({ suites, declarations }: Domain): Handlers<typeof testEndpoints> {
  return {
    async runTests({ body }, context) {
      const { test_type: testType, timeout: timeoutSeconds, servers, verbose, parallel } = body;
      const input = { testType: testType as AskedType, servers, verbose, parallel, timeoutSeconds };
      const job = await suites.start(context.origin, input);
      context.audit.written = true;
      const startedAt = isoTime(job.startedAt ?? job.createdAt);
      return { test_id: job.id, status: 'running', test_type: testType, servers, started_at: startedAt };
    },

    getTest({ params }, context) {
      const { job, params: asked, summary, results } = suites.get(context.origin, params.test_id);
      return {
        test_id: job.id,
        ...renderJob(job),
        test_type: asked.testType,
        servers: [...asked.servers],
        duration_seconds: durationOf(job),
        summary: { ...summary, pass_rate: passRate(summary) },
        results: results.map(renderServer),
      };
    },

    async getTestHistory({ query }, context) {
      const { server, test_type: testType, status, limit, offset } = query;
      const filter: TestFilter = {
        ...(server === undefined ? {} : { server }),
        ...(testType === undefined ? {} : { testType: testType as AskedType }),
        ...(status === undefined ? {} : { status }),
      };
      const { runs, total } = await suites.history(context.origin, filter, limit, offset);
      const tests = runs.map(({ job, params, summary }) => ({
        test_id: job.id,
        test_type: params.testType,
        status: job.status,
        pass_rate: passRate(summary),
        duration_seconds: durationOf(job),
        executed_at: isoTime(job.startedAt ?? job.createdAt),
        servers: params.targets.map(({ name }) => name),
        summary: { ...summary },
      }));
      return { tests, pagination: { total, limit, offset, has_more: offset + tests.length < total } };
    },

    getDeclaration: ({ params }, context) => renderDeclaration(declarations.get(context.origin, params.server_name)),

    async putDeclaration({ params, body }, context) {
      const cases = body.cases.map(
        (declared): DeclaredCase => ({
          name: declared.name,
          tool: declared.tool,
          arguments: declared.arguments,
          expectError: declared.expect_error,
          contains: declared.contains,
          matches: declared.matches,
          structuredSchema: declared.structured_schema ?? null,
          timeoutMs: declared.timeout ? Math.round(declared.timeout * 1000) : null,
        }),
      );
      const input = { safeTools: body.safe_tools, cases };
      const view = await declarations.declare(context.origin, params.server_name, input);
      context.audit.written = true;
      return renderDeclaration(view);
    },

    async approveTools({ params, body }, context) {
      const view = await declarations.approve(context.origin, params.server_name, body.tools);
      context.audit.written = true;
      return renderDeclaration(view);
    },
  };
}

function durationOf({ startedAt, completedAt }: JobRecord): number {
  return startedAt === null ? 0 : ((completedAt ?? Date.now()) - startedAt) / 1000;
}

function renderServer({ serverName, serverId, result }: ServerResult): ServerTests {
  const { tests, failures, skipped, passed, figures, version, subject, blanked, durationMs } = result;
  return {
    server: serverName,
    tests: { ...tests },
    failures: failures.map(({ test, error, trace, type }) => ({ test, error, trace, type })),
    skipped: skipped.map(({ test, type, reason }) => ({ test, type, reason })),
    passed: passed ? passed.map(({ durationMs: duration_ms, test, type }) => ({ test, type, duration_ms })) : null,
    figures: figures ? renderFigures(figures) : null,
    server_id: serverId,
    version: version || null,
    subject,
    blanked: [...blanked],
    duration_seconds: durationMs / 1000,
  };
}

function renderFigures({ latency, memory, startMs }: MeasuredFigures): NonNullable<ServerTests['figures']> {
  const measured = Object.entries(latency).map(([name, { calls, errors, p50, p95, p99, max, callsPerSecond }]) => {
    const times = { p50_ms: p50, p95_ms: p95, p99_ms: p99, max_ms: max };
    return [name, { calls, errors, ...times, calls_per_second: callsPerSecond ?? null }] as const;
  });
  return {
    start_ms: startMs,
    latency: Object.fromEntries(measured),
    memory: memory
      ? {
          before_bytes: memory.before,
          after_bytes: memory.after,
          calls: memory.calls,
          bytes_per_call: memory.bytesPerCall,
        }
      : null,
  };
}

function renderDeclaration({ server, declaration, changed }: DeclarationView): Declaration {
  const { safeTools, cases, approval } = declaration;
  return {
    server: server.name,
    server_id: server.id,
    safe_tools: [...safeTools],
    cases: cases.map((declared) => ({
      name: declared.name,
      tool: declared.tool,
      arguments: { ...declared.arguments },
      expect_error: declared.expectError,
      contains: declared.contains,
      matches: declared.matches,
      structured_schema: declared.structuredSchema && { ...declared.structuredSchema },
      timeout: declared.timeoutMs === null ? null : declared.timeoutMs / 1000,
    })),
    approved: approval && {
      tools: Object.keys(approval.tools).sort(),
      approved_at: isoTime(approval.at),
      approved_by: approval.by,
      changed: changed && [...changed],
    },
  };
}
