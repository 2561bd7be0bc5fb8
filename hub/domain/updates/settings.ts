/** The settings of updates. */
export interface UpdateSettings {
  /** Updates and rollbacks that run at once; others wait. */
  readonly maxConcurrent: number;
  /** How long a step waits for an agent that went away before it fails, milliseconds. */
  readonly awayMs: number;
  /** How long a check may keep its caller waiting, milliseconds. */
  readonly checkMs: number;
}

export const defaultUpdateSettings: UpdateSettings = { maxConcurrent: 5, awayMs: 300_000, checkMs: 30_000 };
