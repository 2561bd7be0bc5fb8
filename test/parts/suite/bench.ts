import { fileURLToPath } from 'node:url';
import { create } from '@bufbuild/protobuf';
import { type ServerSpec, ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import { StartSlots } from '@roundhouse/proto/start-slots';
import { type SuiteResult, testTypes } from '@roundhouse/proto/suite-result';
import type { Test } from 'tap';
import { createLogs } from '../../../agent/drivers/logs/logs.js';
import { Authorizations } from '../../../agent/drivers/mcp/authorization/authorizations.js';
import { GrantsInMemory } from '../../../agent/drivers/mcp/authorization/grant.js';
import { openSecondInstance } from '../../../agent/drivers/mcp/instances/second-instance.js';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import { Unfinished } from '../../../agent/drivers/mcp/transports/unfinished.js';
import { createSources } from '../../../agent/drivers/sources/sources.js';
import type { SuiteRequest } from '../../../agent/drivers/suite/bench.js';
import type { Known } from '../../../agent/drivers/suite/lists.js';
import { runSuite } from '../../../agent/drivers/suite/suite.js';
import { silentLog, tempFolder } from '../agent/harness.js';

/** The path of a server of `test/fixtures/faulty-servers`. */
export function faulty(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/faulty-servers/${name}.mjs`, import.meta.url));
}

/** The specification of a server that node runs. */
export function nodeServer(args: readonly string[], env: Readonly<Record<string, string>> = {}): ServerSpec {
  const transport = { case: 'stdio' as const, value: { command: process.execPath, args: [...args], env } };
  return create(ServerSpecSchema, { id: 's1', name: 'one', revision: 1n, connected: true, transport });
}

export interface Options extends Partial<SuiteRequest> {
  readonly known?: Known;
  readonly signal?: AbortSignal;
  /** The agent's data folder; default: a new one. */
  readonly dataDir?: string;
  /** Told before each test: how many there were, and its name. */
  readonly progress?: (done: number, test: string) => void;
}

/** Runs the suite against a server, verbosely. */
export async function suite(t: Test, spec: ServerSpec, options: Options = {}): Promise<SuiteResult> {
  const {
    dataDir = tempFolder(t),
    known,
    signal = new AbortController().signal,
    progress = () => {},
    ...request
  } = options;
  const logs = createLogs({ dataDir, log: silentLog });
  const sources = createSources({ dataDir, log: silentLog });
  t.teardown(async () => {
    await sources.close();
    await logs.close();
  });
  const context = {
    dataDir,
    logs,
    sources,
    limits: defaultLimits,
    authorizations: new Authorizations(new GrantsInMemory(), () => {}),
    slots: new StartSlots(4, defaultLimits.startHoldMs),
    unfinished: new Unfinished(defaultLimits),
    ready: Promise.resolve(),
    refused: () => undefined,
    version: '0.0.0',
    log: silentLog,
  };
  const wanted: SuiteRequest = {
    types: testTypes,
    timeoutMs: 60_000,
    safeTools: [],
    cases: [],
    approved: new Map(),
    verbose: true,
    refused: () => undefined,
    ...request,
  };
  return runSuite(spec, wanted, {
    open: (how) => openSecondInstance(spec, context, how),
    known,
    dataDir,
    signal,
    progress,
  });
}

/** The findings, as `type test: error`. */
export function findings({ failures }: SuiteResult): string[] {
  return failures.map(({ type, test, error }) => `${type} ${test}: ${error}`);
}
