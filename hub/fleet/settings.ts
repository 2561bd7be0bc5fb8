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
  /** Without a frame for this long either side takes the link for dead. */
  readonly silenceLimitMs: number;
  /**
   * How long the commands of an agent wait for its return after its connection was closed. Short: the
   * death of its process looks the same, and a living agent dials again at once.
   */
  readonly closedGraceMs: number;
  /** How long they wait after the agent fell silent: then it is the network, and the agent has yet to notice. */
  readonly silentGraceMs: number;
  /** Commands that may wait for the return of one agent. */
  readonly maxWaiting: number;
  /** How long a stream may take to send its first message. */
  readonly helloTimeoutMs: number;
  /** How much later than the agent's own limit the hub gives a command up. */
  readonly deadlineSlackMs: number;
  /** Lifetime of an agent's certificate, in days. */
  readonly certificateDays: number;
  /** Largest message that either side takes. */
  readonly maxMessageBytes: number;
  /** Largest result of a command that is not a stream. */
  readonly maxResultBytes: number;
  /** Results that are being put together from data streams at once: times `maxResultBytes`, their largest share of memory. */
  readonly maxCollecting: number;
  /** Of these, so many may be of one agent. */
  readonly maxCollectingOfAgent: number;
  /** A result that makes no progress for so long is given up. A link that was lost is back by then, or its commands are given up. */
  readonly collectStallMs: number;
  /** Streams at once in one connection. */
  readonly maxStreams: number;
  /**
   * The hub keeps so much of messages that an agent has begun and not ended. An agent has begun one message of the largest size in its control
   * stream, and a chunk of at most 64 KiB in each data stream that is being read; of the other data streams the hub keeps 16 KiB at most.
   */
  readonly unfinishedBytes: number;
  /** So much of one connection, and of one stream, may be on its way to the hub before the hub reads it. */
  readonly windowBytes: number;
  /** Frames and bytes per second that an agent may send of its own accord; four times as much at once. */
  readonly floodFrames: number;
  readonly floodBytes: number;
  /** Agents that are admitted at once, and how many more may wait for that; the rest is told to come back later. */
  readonly admitting: number;
  readonly admissionQueue: number;
  /** Connections that have not shown a valid certificate: so many are served at once, and so many more may wait. */
  readonly strangers: number;
  readonly strangerQueue: number;
  /** A stranger is sent away after this time. */
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
  windowBytes: 4 * 1024 * 1024,
  floodFrames: 5_000,
  floodBytes: unsolicitedBytesPerSecond,
  admitting: 16,
  admissionQueue: 512,
  strangers: 64,
  strangerQueue: 2_000,
  strangerMs: 20_000,
};
