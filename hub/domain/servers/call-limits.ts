/** How many calls one server may get at a time; the agent enforces it. */
export interface CallLimits {
  readonly maxConcurrentCalls: number;
  /** Calls that wait for a place; beyond that they are refused. 0: none may wait. */
  readonly maxQueue: number;
  /** A larger result fails its call. */
  readonly maxResultBytes: number;
  /** Calls that may start within a second, with bursts of as many; `null` for no limit. */
  readonly callsPerSecond: number | null;
}

export const defaultCallLimits: CallLimits = {
  maxConcurrentCalls: 256,
  maxQueue: 1024,
  maxResultBytes: 32 * 1024 * 1024,
  callsPerSecond: null,
};

/** The limits of a registration; an absent limit is the default. */
export function callLimits({ limits }: { readonly limits?: Partial<CallLimits> | undefined }): CallLimits {
  return { ...defaultCallLimits, ...limits };
}
