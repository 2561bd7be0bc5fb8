// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

/** The defaults of the client; times are in milliseconds. */
export const defaults = {
  /** how long a call may take; more than the 60 s that a tool call has by default. */
  timeoutMs: 75000,
  /** how much longer than its own limit a call may take whose body names one (`timeoutMs`, or `timeout` in seconds). */
  timeoutMarginMs: 15000,
  /** how often a call is sent again at most, where that is safe. */
  retries: 2,
  /** the longest wait before a call is sent again; if the hub asks for more, the call fails at once. */
  maxRetryWaitMs: 60000,
  /** the wait before the first retry where the hub names none; it doubles each time. */
  firstBackoffMs: 500,
  /** the longest of these waits. */
  maxBackoffMs: 8000,
} as const;

/** Codes of failures that are no answer of the hub. */
export const clientCodes = {
  /** The hub did not answer, or the connection broke before the answer was complete. `details.outcome` of a call that changes something is `not_run` or `unknown`. */
  CONNECTION_FAILED: 'CONNECTION_FAILED',
  /** The time of the call, or of a wait for a job, is over. */
  CALL_TIMEOUT: 'CALL_TIMEOUT',
  /** The answer is not of the documented form, such as a proxy’s. */
  INVALID_ANSWER: 'INVALID_ANSWER',
  /** The hub ended a stream or a socket for a reason that another connection does not cure. */
  STREAM_CLOSED: 'STREAM_CLOSED',
  /** The program does not take the events of a socket fast enough. */
  SLOW_READER: 'SLOW_READER',
  /** There is no WebSocket here: Node 20 needs the package `ws`. */
  NO_WEBSOCKET: 'NO_WEBSOCKET',
} as const;

export type ClientCode = keyof typeof clientCodes;
