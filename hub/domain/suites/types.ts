import { type TestType, testTypes } from '../agents/fleet.js';
import { oneOf, optional, type Shape } from '../agents/shape.js';

/** The types that a client may ask for: one type, or all of them. */
export const askedTypes = [...testTypes, 'all'] as const;
export type AskedType = (typeof askedTypes)[number];

/** Tests by outcome. */
export interface Counts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test that found something. */
export interface Failure {
  readonly test: string;
  readonly type: TestType;
  readonly error: string;
  /** The sent and received messages, shortened. */
  readonly trace: string;
}

export interface Skipped {
  readonly test: string;
  readonly type: TestType;
  readonly reason: string;
}

/** The latency of one tool, or of `ping`. Times in milliseconds. */
export interface Latency {
  readonly calls: number;
  readonly errors: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly callsPerSecond?: number;
}

export interface Figures {
  readonly latency: Readonly<Record<string, Latency>>;
  /** Bytes, of all processes of the instance. */
  readonly memory?: {
    readonly before: number;
    readonly after: number;
    readonly calls: number;
    readonly bytesPerCall: number;
  };
  readonly startMs: number;
}

/** An agent's result about one server: its answer to `RunSuite`. */
export interface SuiteResult {
  /** Empty for a server without a source. */
  readonly version: string;
  /** `instance`: an instance of its own with blanked credentials; `remote`: by protocol only; `none`: the server could not be tested. */
  readonly subject: 'instance' | 'remote' | 'none';
  /** Variables whose values were blanked. */
  readonly blanked: readonly string[];
  readonly tests: Counts;
  /** The first failures; the count covers all. The same holds for the lists below. */
  readonly failures: readonly Failure[];
  readonly skipped: readonly Skipped[];
  readonly passed?: readonly { readonly test: string; readonly type: TestType; readonly durationMs: number }[];
  readonly figures?: Figures;
  readonly durationMs: number;
}

const type = oneOf(...testTypes);

/** How the hub reads it. */
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
