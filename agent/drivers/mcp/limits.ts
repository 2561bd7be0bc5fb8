import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { toolsBound } from '@roundhouse/proto/bounds';

/** Bounds on the resources that a server may take. Times in milliseconds, sizes in bytes. */
export interface McpLimits {
  /** From the start of the process (or request) to the answer to `initialize`. */
  readonly initializeMs: number;
  /** For each page of a tool list. */
  readonly listMs: number;
  /** The agent ends a server whose standard output has text, but no valid message within this time. */
  readonly noiseMs: number;
  /** The same, for the first lines without a valid message. */
  readonly noiseLines: number;
  /** The size of one message of a server. */
  readonly messageBytes: number;
  /** The unfinished messages of one server together, and those of all servers: each stream may keep one. */
  readonly unfinishedServerBytes: number;
  readonly unfinishedBytes: number;
  /** How many bytes a server that does not read may leave unread. */
  readonly unsentBytes: number;
  /** Pages of one tool list. */
  readonly toolPages: number;
  /** Tools of one list. It is the hub's limit, too. */
  readonly tools: number;
  /** Tools of one list together: bytes of their definitions, and values in them. */
  readonly toolListBytes: number;
  readonly toolListValues: number;
  /** The least time between two readings of a tool list that keeps changing. */
  readonly relistMs: number;
  /** Upper ends of the first and the longest pause before a reconnect; the actual pause is drawn between 0 and them. */
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** How long a connection must last for the backoff to start from the beginning when it breaks. */
  readonly stableMs: number;
  /** Servers that start at once. */
  readonly startsAtOnce: number;
  /** A start that takes longer does not count as one of them any more. */
  readonly startHoldMs: number;
  /** Without a limit in the registration: calls of one server at once, and calls that wait. */
  readonly maxConcurrent: number;
  readonly maxQueue: number;
  /** Without a limit in the registration: the size of the result of one call. */
  readonly resultBytes: number;
  readonly health: HealthThresholds;
  /** The least time between two reports that have only new health checks. */
  readonly healthReportMs: number;
}

export const defaultThresholds: HealthThresholds = {
  windowMs: 60_000,
  leastCalls: 10,
  errorRate: 0.25,
  errorRateBack: 0.05,
  latencyMs: 1000,
  latencyBackMs: 500,
  pingsToDown: 3,
};

const MiB = 1024 * 1024;

export const defaultLimits: McpLimits = {
  initializeMs: 30_000,
  listMs: 30_000,
  noiseMs: 10_000,
  noiseLines: 64,
  messageBytes: 64 * MiB,
  unfinishedServerBytes: 256 * MiB,
  unfinishedBytes: 512 * MiB,
  unsentBytes: 64 * MiB,
  toolPages: 1000,
  tools: toolsBound.tools,
  toolListBytes: toolsBound.bytes,
  toolListValues: toolsBound.values,
  relistMs: 250,
  backoffFirstMs: 1000,
  backoffMaxMs: 60_000,
  stableMs: 30_000,
  startsAtOnce: 4,
  startHoldMs: 5000,
  maxConcurrent: 256,
  maxQueue: 1024,
  resultBytes: 32 * MiB,
  health: defaultThresholds,
  healthReportMs: 60_000,
};

export interface GateLimits {
  readonly maxConcurrent: number;
  readonly maxQueue: number;
  /** Calls that may start within a second, and at once after a pause; 0 for no limit. */
  readonly perSecond: number;
}

/** When a connected server counts as degraded, and when it stops. Times in milliseconds. */
export interface HealthThresholds {
  /** The window over which errors are counted. */
  readonly windowMs: number;
  /** Degraded: the window has at least this many calls, and this part of them failed by the server's fault … */
  readonly leastCalls: number;
  readonly errorRate: number;
  /** … until it is no more than this. */
  readonly errorRateBack: number;
  /** Degraded: the median of the last pings (of the last five, from three on) took longer than this … */
  readonly latencyMs: number;
  /** … until it is no more than this. */
  readonly latencyBackMs: number;
  /** Down: this many pings have no answer, and the server sends no other message meanwhile. After the first, pings follow at once. */
  readonly pingsToDown: number;
}

/** How many calls a server gets at a time, by its registration or else by the agent's limits. */
export function gateLimits({ limits }: ServerSpec, defaults: McpLimits): GateLimits {
  return {
    maxConcurrent: limits?.maxConcurrent || defaults.maxConcurrent,
    maxQueue: limits?.maxQueue ?? defaults.maxQueue,
    perSecond: limits?.perSecond ?? 0,
  };
}

/** The largest result of a call, bytes. */
export function resultBytes({ limits }: ServerSpec, defaults: McpLimits): number {
  return Number(limits?.maxResultBytes ?? 0n) || defaults.resultBytes;
}
