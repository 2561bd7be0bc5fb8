import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { JobRecord } from '../../domain/jobs/record.js';
import type { DeclaredCase } from '../../domain/suites/declaration.js';
import type { DeclarationView } from '../../domain/suites/declarations.js';
import type { ServerResult } from '../../domain/suites/result.js';
import type { TestFilter } from '../../domain/suites/suites.js';
import { type AskedType, type Figures, passRate } from '../../domain/suites/types.js';
import type { Handlers } from '../../http/endpoint.js';
import { renderJob } from './job-fields.js';
import { originOf } from './origin.js';
import type { Declaration, ServerTests, testEndpoints } from './tests.js';

export function testHandlers({ suites, declarations }: Domain): Handlers<typeof testEndpoints> {
  return {
    async runTests({ body }, context) {
      const { test_type: testType, timeout: timeoutSeconds, servers, verbose, parallel } = body;
      const input = { testType: testType as AskedType, servers, verbose, parallel, timeoutSeconds };
      const job = await suites.start(originOf(context), input);
      context.audit.written = true;
      const startedAt = isoTime(job.startedAt ?? job.createdAt);
      return { test_id: job.id, status: 'running', test_type: testType, servers, started_at: startedAt };
    },

    getTest({ params }, context) {
      const { job, params: asked, summary, results } = suites.get(originOf(context), params.test_id ?? '');
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

    getTestHistory({ query }, context) {
      const { server, test_type: testType, status, limit, offset } = query;
      const filter: TestFilter = {
        ...(server === undefined ? {} : { server }),
        ...(testType === undefined ? {} : { testType: testType as AskedType }),
        ...(status === undefined ? {} : { status }),
      };
      const { runs, total } = suites.history(originOf(context), filter, limit, offset);
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

    getDeclaration: ({ params }, context) => renderDeclaration(declarations.get(originOf(context), params.server_name)),

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
      const view = await declarations.declare(originOf(context), params.server_name, input);
      context.audit.written = true;
      return renderDeclaration(view);
    },

    async approveTools({ params, body }, context) {
      const view = await declarations.approve(originOf(context), params.server_name, body.tools);
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

function renderFigures({ latency, memory, startMs }: Figures): NonNullable<ServerTests['figures']> {
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
