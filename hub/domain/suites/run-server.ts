import { agentReturned } from '../agents/agent-return.js';
import { ask } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import type { SuiteOperation, TestType } from '../agents/fleet-suites.js';
import type { Redactor } from '../audit/redactor.js';
import { redactorOf } from '../audit/secret-scopes.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, type ErrorCode } from '../errors.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Declaration } from './declaration.js';
import { type SuiteResult, suiteResult } from './types.js';

/** Extra time of the agent besides its tests, to begin and to end its processes, milliseconds. */
export const SLACK_MS = 30_000;

export interface ServerRunParts {
  readonly registry: Pick<ServerRegistry, 'byId'>;
  readonly fleet: () => Fleet;
  readonly redactor: Redactor;
  readonly declared: (serverId: string) => Declaration;
}

/** The tests of one server. */
export interface ServerRun {
  readonly serverId: string;
  readonly types: readonly TestType[];
  readonly timeoutMs: number;
  readonly verbose: boolean;
  readonly signal: Cancellation;
  /** An earlier attempt was broken off: the agent may need a moment to come back. */
  readonly resumed: boolean;
}

/** Failures that say nothing about the server: its tests are left out, not failed. */
const notItsFault: ReadonlySet<ErrorCode> = new Set(['refused', 'unimplemented']);

/** Has a server's agent test it. If the agent cannot, the result has the reason. @throws DomainError if the run is cancelled */
export async function runServer(parts: ServerRunParts, run: ServerRun): Promise<SuiteResult> {
  const begin = Date.now();
  const [first = 'unit'] = run.types;
  const server = parts.registry.byId(run.serverId);
  const outcome = (part: Pick<SuiteResult, 'tests'> & Partial<SuiteResult>): SuiteResult => {
    const empty = { version: '', subject: 'none', blanked: [], failures: [], skipped: [] } as const;
    return { ...empty, durationMs: Date.now() - begin, ...part };
  };
  const skipped = (reason: string) => {
    const all = run.types.map((type) => ({ test: `test_${type}`, type, reason }));
    return outcome({ tests: { total: all.length, passed: 0, failed: 0, skipped: all.length }, skipped: all });
  };
  if (!server) return skipped('the server was deleted before its tests began');
  const fleet = parts.fleet();
  try {
    if (run.resumed) await agentReturned(fleet, server.agentId, run.signal);
    const operation = operationOf(run, parts.declared(server.id));
    const options = { kind: 'once', timeoutMs: run.timeoutMs + SLACK_MS, signal: run.signal } as const;
    const result = await ask<SuiteResult>(fleet, server.agentId, operation, suiteResult, options);
    return redactorOf(parts.redactor, server).value(result) as SuiteResult;
  } catch (error) {
    if (run.signal.aborted || !(error instanceof DomainError)) throw error;
    if (notItsFault.has(error.code)) return skipped(error.message);
    const failure = { test: 'test_reachable', type: first, error: error.message, trace: '' };
    return outcome({ tests: { total: 1, passed: 0, failed: 1, skipped: 0 }, failures: [failure] });
  }
}

function operationOf(run: ServerRun, { safeTools, cases, approval }: Declaration): SuiteOperation {
  const { serverId, types, timeoutMs, verbose } = run;
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const approved = Object.entries(approval?.tools ?? {}).map(([name, text]) => [name, Buffer.from(text)] as const);
  return {
    case: 'runSuite',
    value: {
      serverId,
      types,
      timeoutMs,
      verbose,
      safeTools,
      cases: cases.map(({ arguments: args, structuredSchema, timeoutMs: limitMs, ...declared }) => ({
        ...declared,
        arguments: json(args),
        structuredSchema: structuredSchema ? json(structuredSchema) : new Uint8Array(),
        timeoutMs: limitMs ?? 0,
      })),
      approvedTools: Object.fromEntries(approved),
    },
  };
}
