import { type Counts, type SuiteResult as FoundBySuite, testTypes } from '@roundhouse/proto/suite-result';
import { oneOf, optional, type Shape } from '../agents/shape.js';

/** The types that a client may ask for: one type, or all of them. */
export const askedTypes = [...testTypes, 'all'] as const;
export type AskedType = (typeof askedTypes)[number];

/** An agent's result about one server: its answer to `RunSuite`. `none`: the server could not be tested. */
export type SuiteResult = Omit<FoundBySuite, 'subject'> & { readonly subject: FoundBySuite['subject'] | 'none' };

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
