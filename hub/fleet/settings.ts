/** What can be tuned at the hub's end of the link. Times in milliseconds, sizes in bytes. */
export interface FleetSettings {
  /** How often each side sends a heartbeat. */
  readonly heartbeatIntervalMs: number;
  /** Without a frame for this long either side takes the link for dead. */
  readonly silenceLimitMs: number;
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
  /** Frames that are ready together travel in one message up to this size. */
  readonly batchBytes: number;
  /** What may wait for a slow agent before new commands are refused. */
  readonly queueBytes: number;
  readonly queueFrames: number;
  /** Streams at once in one connection. */
  readonly maxStreams: number;
}

export const defaultFleetSettings: FleetSettings = {
  heartbeatIntervalMs: 5_000,
  silenceLimitMs: 20_000,
  helloTimeoutMs: 10_000,
  deadlineSlackMs: 500,
  certificateDays: 30,
  maxMessageBytes: 16 * 1024 * 1024,
  maxResultBytes: 64 * 1024 * 1024,
  batchBytes: 256 * 1024,
  queueBytes: 8 * 1024 * 1024,
  queueFrames: 20_000,
  maxStreams: 1024,
};
