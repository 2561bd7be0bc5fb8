/** Counters of one hub's link since its start. */
export interface FleetStats {
  /** Agents connected now. */
  agents: number;
  /** Commands waiting for their answer now. */
  pending: number;
  commands: number;
  results: number;
  /** Results of commands that had already been given up. */
  lateResults: number;
  /** Results of commands that were never the sender's. */
  foreignResults: number;
  transfers: number;
  /** Calls by somebody without a valid certificate. */
  refusedPeers: number;
  refusedEnrollments: number;
  enrollments: number;
  /** Streams closed for breaking the protocol. */
  violations: number;
}

export type Counters = Omit<FleetStats, 'agents' | 'pending'>;

export function newCounters(): Counters {
  return {
    commands: 0,
    results: 0,
    lateResults: 0,
    foreignResults: 0,
    transfers: 0,
    refusedPeers: 0,
    refusedEnrollments: 0,
    enrollments: 0,
    violations: 0,
  };
}
