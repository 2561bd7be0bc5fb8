import type { Failure, Passed, Skipped, SuiteResult, TestType } from '@roundhouse/proto/suite-result';
import { TaskError } from '@roundhouse/proto/work';
import { AgentFailure } from '../../failure.js';

/** Thrown by a test for a finding. */
export class Finding extends Error {
  override readonly name = 'Finding';

  /** @param trace the messages that were sent and received; default: the last messages */
  constructor(
    message: string,
    readonly trace?: string,
  ) {
    super(message);
  }
}

/** Thrown by a test that cannot be run. */
export class Skip extends Error {
  override readonly name = 'Skip';
}

/** The most entries of each list that are kept; all are counted. */
const most = { failures: 100, skipped: 200, passed: 500 } as const;
/** A longer text is cut, characters. */
const longest = { name: 200, error: 600, trace: 2000 } as const;
/** The most text of all traces together; later traces are left out. */
const traceBudget = 100_000;

export interface RecorderOptions {
  /** Aborted when the tests have to stop; `reason` is an AgentFailure. */
  readonly signal: AbortSignal;
  /** The last messages of the peer. */
  readonly trace: () => string;
  /** Removes canaries from a text. */
  readonly hide: (text: string) => string;
  /** Called before each test, and after the last one, with the number of tests so far. */
  readonly progress: (done: number, test: string) => void;
}

/** Runs tests one after the other, and keeps their outcomes. */
export class Recorder {
  /** The test that runs. */
  current = '';
  readonly #options: RecorderOptions;
  readonly #failures: Failure[] = [];
  readonly #skipped: Skipped[] = [];
  readonly #passed: Passed[] = [];
  readonly #counts = { passed: 0, failed: 0, skipped: 0 };
  #traced = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get done(): number {
    const { passed, failed, skipped } = this.#counts;
    return passed + failed + skipped;
  }

  get failed(): number {
    return this.#counts.failed;
  }

  /** Runs one test: it passes unless it throws. */
  async test(type: TestType, name: string, work: () => Promise<void> | void): Promise<void> {
    const { signal, progress } = this.#options;
    if (signal.aborted) {
      this.skip(type, name, `it was not run: ${reasonOf(signal)}`);
      return;
    }
    this.current = name;
    progress(this.done, name);
    const begin = performance.now();
    try {
      await work();
      this.#pass(type, name, performance.now() - begin);
    } catch (error) {
      if (error instanceof Skip) this.skip(type, name, error.message);
      else if (signal.aborted) this.skip(type, name, `it was cut off: ${reasonOf(signal)}`);
      // The test of the definition reports this, too.
      else if (error instanceof TaskError) this.skip(type, name, error.message);
      else if (error instanceof Finding || error instanceof AgentFailure) this.#fail(type, name, error);
      // The server's message is nested too deeply for recursive code.
      else if (error instanceof RangeError) this.#fail(type, name, new Finding('it is nested too deeply', ''));
      else throw error;
    } finally {
      this.current = '';
    }
  }

  skip(type: TestType, name: string, reason: string): void {
    this.#counts.skipped += 1;
    const { hide } = this.#options;
    if (this.#skipped.length < most.skipped)
      this.#skipped.push({ test: cut(hide(name), longest.name), type, reason: cut(hide(reason), longest.error) });
  }

  /** The results of all tests. */
  result(verbose: boolean): Pick<SuiteResult, 'tests' | 'failures' | 'skipped' | 'passed'> {
    return {
      tests: { total: this.done, ...this.#counts },
      failures: this.#failures,
      skipped: this.#skipped,
      ...(verbose ? { passed: this.#passed } : {}),
    };
  }

  #pass(type: TestType, name: string, tookMs: number): void {
    this.#counts.passed += 1;
    if (this.#passed.length >= most.passed) return;
    const test = cut(this.#options.hide(name), longest.name);
    this.#passed.push({ test, type, durationMs: Math.round(tookMs * 10) / 10 });
  }

  #fail(type: TestType, name: string, error: Finding | AgentFailure): void {
    this.#counts.failed += 1;
    if (this.#failures.length >= most.failures) return;
    const { hide } = this.#options;
    const told = (error instanceof Finding ? error.trace : undefined) ?? this.#options.trace();
    const trace = this.#traced >= traceBudget ? '' : cut(hide(told), longest.trace);
    this.#traced += trace.length;
    this.#failures.push({
      test: cut(hide(name), longest.name),
      type,
      error: cut(hide(error.message), longest.error),
      trace,
    });
  }
}

/** A text for people: shortened, and without characters that hide text or disturb a terminal. */
function cut(text: string, length: number): string {
  const visible = text
    .slice(0, length)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029]/gu, (character) =>
      character === '\n' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
  return text.length > length ? `${visible} … [cut: ${text.length} characters]` : visible;
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** A value in the form of a trace. */
export function shown(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '(nested too deeply to be shown)';
  }
}
