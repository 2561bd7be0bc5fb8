const MiB = 1024 ** 2;

/** How much is kept for clients that may come back to it, characters: of all callers, and of one. */
export interface KeptLimits {
  readonly all: number;
  readonly ofCaller: number;
}

/** For finished streams, and as much again for results that have yet to be asked for. */
export const defaultKept: KeptLimits = { all: 256 * MiB, ofCaller: 64 * MiB };
