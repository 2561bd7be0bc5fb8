import { metricsIntervalMs } from '@roundhouse/proto/agent-metrics';
import { maxMessageBytes } from '@roundhouse/proto/frames';
import { defaultOutboxLimits, type OutboxLimits } from '@roundhouse/proto/outbox';
import { unsolicitedBytesPerSecond } from '@roundhouse/proto/unsolicited';

/** Settings of the hub's end of the link. Times in milliseconds, sizes in bytes. */
export interface FleetSettings extends OutboxLimits {
  /** How often each side sends a heartbeat. */
  readonly heartbeatIntervalMs: number;
  /** How often agents report their metrics. */
  readonly metricsIntervalMs: number;
  /** After this time without a frame, either side considers the link dead. */
  readonly silenceLimitMs: number;
  /**
   * How long the commands of an agent wait for its return after its connection was closed. Short: the
   * death of its process looks the same, and a living agent dials again at once.
   */
  readonly closedGraceMs: number;
  /** How long they wait after the agent fell silent: then the network is the likely cause, and the agent has not noticed yet. */
  readonly silentGraceMs: number;
  /** Commands that may wait for the return of one agent. */
  readonly maxWaiting: number;
  /** How long a stream may take to send its first message. */
  readonly helloTimeoutMs: number;
  /** The time after the agent's own limit when the hub gives a command up. */
  readonly deadlineSlackMs: number;
  /** Lifetime of an agent's certificate, in days. */
  readonly certificateDays: number;
  /** Largest message that either side takes. */
  readonly maxMessageBytes: number;
  /** Largest result of a command that is not a stream. */
  readonly maxResultBytes: number;
  /** The most results that are collected from data streams at once. Their largest share of memory is this number times `maxResultBytes`. */
  readonly maxCollecting: number;
  /** The most of these results of one agent. */
  readonly maxCollectingOfAgent: number;
  /** A result that makes no progress for this time is given up. A link that was lost is back by then, or its commands are given up. */
  readonly collectStallMs: number;
  /** The most streams at once in one connection. */
  readonly maxStreams: number;
  /**
   * The most bytes that the hub keeps of incomplete messages of one agent. An agent has begun one message of the largest size in its
   * control stream, and a chunk of at most 64 KiB in each data stream that is being read; of the other data streams the hub keeps 16 KiB at
   * most.
   */
  readonly unfinishedBytes: number;
  /**
   * The calls per second of one agent over all its connections, and the calls that it may make at once. An agent makes one call for each
   * connection, for each result of more than 256 KiB and for each log or terminal that it sends. After a lost link it opens all data streams
   * again, {@link maxStreams} of them at most.
   */
  readonly callsPerSecond: number;
  readonly callsAtOnce: number;
  /** The most open calls of one agent. After a renewal of its certificate an agent has streams in two connections. */
  readonly openCalls: number;
  /**
   * The most connections of one agent; beyond them the hub closes the oldest. An agent has two, four while it renews its certificate, and the
   * hub may keep lost connections for a while.
   */
  readonly agentConnections: number;
  /** The most data of one connection, and of one stream, that may be on its way to the hub before the hub reads it. */
  readonly windowBytes: number;
  /** The frames and bytes per second that an agent may send by itself; four times as much at once. */
  readonly floodFrames: number;
  readonly floodBytes: number;
  /** The agents that are admitted at once, and the agents that may wait. The hub tells all others to come back later. */
  readonly admitting: number;
  readonly admissionQueue: number;
  /** The connections without a valid certificate that are served at once, and those that may wait. */
  readonly strangers: number;
  readonly strangerQueue: number;
  /** The hub closes the connection of a stranger after this time. */
  readonly strangerMs: number;
}

export const defaultFleetSettings: FleetSettings = {
  heartbeatIntervalMs: 5_000,
  metricsIntervalMs,
  silenceLimitMs: 20_000,
  closedGraceMs: 1_000,
  silentGraceMs: 10_000,
  maxWaiting: 2_000,
  helloTimeoutMs: 10_000,
  deadlineSlackMs: 500,
  certificateDays: 30,
  maxMessageBytes,
  maxResultBytes: 64 * 1024 * 1024,
  maxCollecting: 8,
  maxCollectingOfAgent: 2,
  collectStallMs: 30_000,
  ...defaultOutboxLimits,
  maxStreams: 1024,
  unfinishedBytes: 48 * 1024 * 1024,
  callsPerSecond: 500,
  callsAtOnce: 1100,
  openCalls: 2100,
  agentConnections: 32,
  windowBytes: 4 * 1024 * 1024,
  floodFrames: 5_000,
  floodBytes: unsolicitedBytesPerSecond,
  admitting: 16,
  admissionQueue: 512,
  strangers: 64,
  strangerQueue: 2_000,
  strangerMs: 20_000,
};
