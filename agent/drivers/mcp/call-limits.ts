import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { GateLimits } from './call-gate.js';
import type { McpLimits } from './limits.js';

/** How many calls a server gets at a time: the limits of its registration, else of the agent. */
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
