import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { type SuiteResult, type TestType, testTypes } from '@roundhouse/proto/suite-result';
import { SchemaWork } from '@roundhouse/proto/work';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import { type Bench, remoteReason, type SuiteRequest } from './bench.js';
import { type Open, Subject } from './instance/instance.js';
import { integrationTests } from './integration.js';
import { type Known, Lists } from './lists.js';
import { performanceTests } from './performance.js';
import { Recorder } from './recorder.js';
import { definitionTests, securityTests } from './security/security.js';
import { definitionChecks, unitTests } from './unit.js';

export interface SuiteContext {
  readonly open: Open;
  /** The running server's description of itself; `undefined` while it is not connected. */
  readonly known: Known | undefined;
  /** The agent's data folder; `tmp/` in it is used. */
  readonly dataDir: string;
  /** Aborts the whole run. */
  readonly signal: Cancellation;
  /** Called before each test with the number of tests so far, and its name. */
  readonly progress: (done: number, test: string) => void;
}

const suites: Readonly<Record<TestType, (bench: Bench) => Promise<void>>> = {
  unit: unitTests,
  integration: integrationTests,
  performance: performanceTests,
  security: securityTests,
};

/**
 * Tests one server without harm. A server that runs as a process is tested in a second instance with blanked credentials. Of a remote server
 * only the protocol and the descriptions are tested. The suite calls only tools that are declared safe, or that a declared case names.
 * @throws AgentFailure if the run is cancelled; findings about the server are in the result.
 */
export async function runSuite(spec: ServerSpec, request: SuiteRequest, context: SuiteContext): Promise<SuiteResult> {
  const begin = performance.now();
  const stop = new AbortController();
  const cancel = () => stop.abort(context.signal.reason);
  if (context.signal.aborted) cancel();
  context.signal.addEventListener('abort', cancel);
  const limit = new AgentFailure('timeout', `the limit of ${request.timeoutMs / 1000} s for this server was reached`);
  const timer = setTimeout(() => stop.abort(limit), request.timeoutMs);
  const subject = new Subject(spec, context.open, context.dataDir, stop.signal);
  const schemas = new SchemaWork();
  stop.signal.addEventListener('abort', () => schemas.end());
  const recorder = new Recorder({
    signal: stop.signal,
    trace: () => subject.trace,
    hide: (text) => subject.watch.hide(text),
    progress: (done, test) => {
      subject.during = test;
      context.progress(done, test);
    },
  });
  const bench: Bench = {
    request,
    subject,
    lists: new Lists(subject),
    recorder,
    schemas,
    static: subject.own ? undefined : remoteReason,
    figures: { latency: {} },
    signal: stop.signal,
  };
  try {
    await subject.prepare();
    if (await starts(bench)) {
      for (const type of testTypes) if (request.types.includes(type)) await suites[type](bench);
    } else if (context.known !== undefined) {
      const still = { ...bench, lists: new Lists(subject, context.known) };
      if (request.types.includes('unit')) await definitionChecks(still);
      if (request.types.includes('security')) await definitionTests(still);
    }
  } finally {
    clearTimeout(timer);
    schemas.end();
    context.signal.removeEventListener('abort', cancel);
    await subject.close();
  }
  if (context.signal.aborted) throw context.signal.reason;
  const measured = Object.keys(bench.figures.latency).length > 0;
  return {
    version: subject.version,
    subject: subject.own ? 'instance' : 'remote',
    blanked: subject.blanked,
    ...recorder.result(request.verbose),
    ...(measured ? { figures: { ...bench.figures, startMs: subject.startMs } } : {}),
    durationMs: Math.round(performance.now() - begin),
  };
}

/** Whether the server can be tested. A server that does not start without its credentials is no finding. */
async function starts({ subject, recorder, request, signal }: Bench): Promise<boolean> {
  try {
    await subject.peer();
    return true;
  } catch (error) {
    if (!(error instanceof AgentFailure)) throw error;
    const [first = 'unit'] = request.types;
    if (subject.blanked.length === 0 && !signal.aborted) {
      const test = subject.own ? 'test_start' : 'test_connect';
      await recorder.test(first, test, () => {
        throw error;
      });
    }
    const reason = signal.aborted
      ? `it did not start in time: ${error.message}`
      : subject.blanked.length > 0
        ? `it does not start with its credentials blanked (${subject.blanked.join(', ')}): ${error.message}`
        : `it did not start: ${error.message}`;
    for (const type of testTypes) if (request.types.includes(type)) recorder.skip(type, `test_${type}`, reason);
    return false;
  }
}
