/** The kinds of tests, in the order in which they run. */
export const testTypes = ['unit', 'integration', 'performance', 'security'] as const;
export type TestType = (typeof testTypes)[number];

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
  /** The finding, for people. */
  readonly error: string;
  /** The messages that were sent and received, shortened; no secrets. */
  readonly trace: string;
}

/** A test that did not run. */
export interface Skipped {
  readonly test: string;
  readonly type: TestType;
  readonly reason: string;
}

/** A test that found nothing; told where a run is verbose. */
export interface Passed {
  readonly test: string;
  readonly type: TestType;
  readonly durationMs: number;
}

/** Latency of one tool, or of `ping`. Times in milliseconds. */
export interface Latency {
  readonly calls: number;
  readonly errors: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Calls in a second, several being under way at once; absent where it was not measured. */
  readonly callsPerSecond?: number;
}

/** The measurements of the performance tests. */
export interface Figures {
  /** By the name of the tool; `ping` is MCP's own. */
  readonly latency: Readonly<Record<string, Latency>>;
  /** Of all processes of the instance together, bytes; absent where it cannot be measured. */
  readonly memory?: {
    readonly before: number;
    readonly after: number;
    readonly calls: number;
    readonly bytesPerCall: number;
  };
  /** From the start of the instance to its answer to `initialize`, milliseconds. */
  readonly startMs: number;
}

/** The findings about one server: the answer to `RunSuite`. */
export interface SuiteResult {
  /** The version of the server's source; empty for none. */
  readonly version: string;
  /** `instance`: tested in an instance of its own, with its credentials blanked; `remote`: by its protocol and its descriptions. */
  readonly subject: 'instance' | 'remote';
  /** The variables whose values were blanked. */
  readonly blanked: readonly string[];
  readonly tests: Counts;
  /** The first ones; all are counted. */
  readonly failures: readonly Failure[];
  readonly skipped: readonly Skipped[];
  readonly passed?: readonly Passed[];
  readonly figures?: Figures;
  readonly durationMs: number;
}
