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
  /** Results of commands that belong to other agents, or to none. */
  foreignResults: number;
  transfers: number;
  /** Connections of returning agents that went on where the last one had broken off. */
  resumptions: number;
  /** Commands that were sent again after a lost link, because they had not arrived or may run twice. */
  resent: number;
  /** Calls without a valid certificate. */
  refusedPeers: number;
  refusedEnrollments: number;
  enrollments: number;
  /** Streams closed for breaking the protocol, for any reason. */
  violations: number;
  /** The part of these that were closed for sending more than an agent may. */
  floods: number;
  /** Connections closed because too many had not shown a certificate. */
  turnedAway: number;
  /** Agents that were told to come back later, because too many came at once. */
  postponed: number;
}

export type Counters = Omit<FleetStats, 'agents' | 'pending'>;

export function newCounters(): Counters {
  return {
    commands: 0,
    results: 0,
    lateResults: 0,
    foreignResults: 0,
    transfers: 0,
    resumptions: 0,
    resent: 0,
    refusedPeers: 0,
    refusedEnrollments: 0,
    enrollments: 0,
    violations: 0,
    floods: 0,
    turnedAway: 0,
    postponed: 0,
  };
}
