import type { HealthCheck } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../../failure.js';
import type { Connection } from '../connection/connection.js';
import type { HealthThresholds, McpLimits } from '../limits.js';

/** Health checks that are kept. */
const pingsKept = 20;

/** The health of a server over its connections. A new {@link Health} watches each of them. */
export class HealthWatch {
  #health: Health | undefined;
  #pings: PingResult[] = [];
  #reportedMs = Number.NEGATIVE_INFINITY;

  /** @param changed called when the health in a report has changed; for new health checks alone it is called from time to time. */
  constructor(
    private config: HealthCheck | undefined,
    private readonly limits: Pick<McpLimits, 'health' | 'healthReportMs'>,
    private readonly changed: () => void,
  ) {}

  /** Why the connection counts as degraded; empty if it does not. */
  get reason(): string {
    return this.#health?.reason ?? '';
  }

  /** The last health checks, oldest first. */
  get pings(): readonly PingResult[] {
    return this.#pings;
  }

  configure(config: HealthCheck | undefined): void {
    if (sameCheck(config, this.config)) return;
    this.config = config;
    this.#health?.configure(config);
  }

  watch(connection: Connection): void {
    this.rest();
    this.#health = new Health(this.config, this.limits.health, {
      ping: (timeoutMs) => connection.ping(timeoutMs),
      heard: () => connection.heard,
      checked: (result) => this.#checked(result),
      degraded: () => this.#tell(),
      down: (reason) => connection.giveUp(reason),
    });
  }

  /** The connection has ended. */
  rest(): void {
    this.#health?.stop();
    this.#health = undefined;
  }

  /** See {@link Health.called}. */
  called(failure: unknown, tookMs: number): void {
    this.#health?.called(failure, tookMs);
  }

  #checked(result: PingResult): void {
    this.#pings = [...this.#pings, result].slice(-pingsKept);
    if (performance.now() - this.#reportedMs >= this.limits.healthReportMs) this.#tell();
  }

  #tell(): void {
    this.#reportedMs = performance.now();
    this.changed();
  }
}

function sameCheck(a: HealthCheck | undefined, b: HealthCheck | undefined): boolean {
  return a?.enabled === b?.enabled && a?.intervalMs === b?.intervalMs && a?.timeoutMs === b?.timeoutMs;
}

/** One health check. */
interface PingResult {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Answered in time. */
  readonly passed: boolean;
  readonly durationMs: number;
}

const medianOf = 5;
const medianFrom = 3;

/** How to ping the server, and how to report the results. */
export interface HealthPorts {
  /** Resolves when a ping is answered, with a result or an error. @throws AgentFailure */
  ping(timeoutMs: number): Promise<void>;
  /** Messages received from the server so far: each is a sign of life. */
  heard(): number;
  /** A health check is over. */
  checked(result: PingResult): void;
  /** The reason for the state `degraded` has changed; empty: the server is not degraded any more. */
  degraded(reason: string): void;
  /** The server does not answer. */
  down(reason: string): void;
}

/**
 * Watches one connection: pings it as its registration says, and counts its failures. Without health checks there are no pings, but errors
 * are counted.
 */
class Health {
  readonly #errors: ErrorRate;
  readonly #latencies: number[] = [];
  #failing = false;
  #slow = false;
  #unanswered = 0;
  #reason = '';
  #timer: NodeJS.Timeout | undefined;
  #recheck: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private config: HealthCheck | undefined,
    private readonly thresholds: HealthThresholds,
    private readonly ports: HealthPorts,
  ) {
    this.#errors = new ErrorRate(thresholds.windowMs);
    this.#schedule();
  }

  /** Why the server counts as degraded; empty if it does not. */
  get reason(): string {
    return this.#reason;
  }

  configure(config: HealthCheck | undefined): void {
    this.config = config;
    clearTimeout(this.#timer);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#recheck);
  }

  /** Counts the end of a call: its failure, if any, and its duration. */
  called(failure: unknown, tookMs: number): void {
    if (failure === undefined) {
      this.#errors.count(true);
      return;
    }
    if (!isServersFault(failure)) return;
    // A call with a shorter time limit than a health check says nothing about the server.
    if ((failure as AgentFailure).kind === 'timeout' && tookMs < (this.config?.timeoutMs || 5000)) return;
    this.#errors.count(false);
    this.#look();
  }

  #schedule(): void {
    const { config } = this;
    if (config?.enabled !== true || this.#stopped) return;
    const ms = this.#unanswered > 0 ? 0 : Math.max(100, config.intervalMs || 30_000);
    this.#timer = setTimeout(() => void this.#ping(config), ms).unref();
  }

  async #ping(config: HealthCheck): Promise<void> {
    const timeoutMs = config.timeoutMs || 5000;
    const timeMs = Date.now();
    const begun = performance.now();
    const heard = this.ports.heard();
    const failure = await this.ports.ping(timeoutMs).then(
      () => undefined,
      (error: unknown) => error,
    );
    // The connection has ended, or the registration has changed: this result does not count.
    if (this.#stopped || config !== this.config) return;
    const durationMs = Math.round(performance.now() - begun);
    const passed = failure === undefined;
    this.#latencies.push(passed ? durationMs : Math.max(timeoutMs, durationMs));
    if (this.#latencies.length > medianOf) this.#latencies.shift();
    if (passed || this.ports.heard() > heard) this.#unanswered = 0;
    else this.#unanswered += 1;
    this.ports.checked({ timeMs, passed, durationMs });
    if (this.#unanswered >= this.thresholds.pingsToDown) {
      this.ports.down(`${this.#unanswered} pings in a row had no answer: ${messageOf(failure)}`);
      return;
    }
    this.#look(passed ? '' : `a ping had no answer: ${messageOf(failure)}`);
    this.#schedule();
  }

  /** Compares the measurements with the thresholds. */
  #look(missed = ''): void {
    const { thresholds } = this;
    const { total, failed } = this.#errors.read();
    const rate = total === 0 ? 0 : failed / total;
    this.#failing = this.#failing
      ? rate > thresholds.errorRateBack
      : total >= thresholds.leastCalls && rate >= thresholds.errorRate;
    const median = medianFrom <= this.#latencies.length ? medianOfAll(this.#latencies) : 0;
    this.#slow = median > (this.#slow ? thresholds.latencyBackMs : thresholds.latencyMs);
    const percent = Math.round(thresholds.errorRate * 100);
    // The reasons have no changing numbers, because each change of the reason makes an event.
    if (this.#failing) this.#say(`${percent} % or more of its calls failed within ${thresholds.windowMs / 1000} s`);
    else if (this.#slow) this.#say(`its answers to pings take longer than ${thresholds.latencyMs} ms`);
    else this.#say(missed);
    clearTimeout(this.#recheck);
    if (this.#failing) this.#recheck = setTimeout(() => this.#look(), thresholds.windowMs / 6).unref();
  }

  #say(reason: string): void {
    if (reason === this.#reason || this.#stopped) return;
    this.#reason = reason;
    this.ports.degraded(reason);
  }
}

/** Codes of JSON-RPC with which a server says that the caller asked wrongly. */
const callersFault = new Set([-32700, -32600, -32601, -32602]);

/** Whether a failed call says something about the server's health. A cancelled or wrong call does not. */
function isServersFault(failure: unknown): boolean {
  if (!(failure instanceof AgentFailure)) return true;
  if (failure.kind === 'timeout' || failure.kind === 'internal') return true;
  if (failure.kind !== 'upstream') return false;
  const code = (failure.details.jsonrpc as { readonly code?: unknown } | undefined)?.code;
  return typeof code !== 'number' || !callersFault.has(code);
}

function medianOfAll(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

/** The slices of the window: the oldest slice is dropped as a whole. */
const slices = 6;

/** How many of a server's answers were failures, over a moving window of time. */
class ErrorRate {
  readonly #good = new Float64Array(slices);
  readonly #bad = new Float64Array(slices);
  #slice = 0;

  /** @param windowMs milliseconds. */
  constructor(private readonly windowMs: number) {}

  count(good: boolean, now = performance.now()): void {
    const at = this.#advance(now);
    const counts = good ? this.#good : this.#bad;
    counts[at] = (counts[at] ?? 0) + 1;
  }

  /** The counts within the window. */
  read(now = performance.now()): { readonly total: number; readonly failed: number } {
    this.#advance(now);
    const sum = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);
    const failed = sum(this.#bad);
    return { total: failed + sum(this.#good), failed };
  }

  #advance(now: number): number {
    const slice = Math.floor(now / (this.windowMs / slices));
    const passed = Math.min(slices, slice - this.#slice);
    for (let i = 1; i <= passed; i++) {
      const at = (slice - passed + i) % slices;
      this.#good[at] = 0;
      this.#bad[at] = 0;
    }
    this.#slice = slice;
    return slice % slices;
  }
}
