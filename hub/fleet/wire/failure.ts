import { Metadata, type status } from '@grpc/grpc-js';
import { type Failure, FailureCode, Outcome } from '@roundhouse/proto/agent/v1/command';
import { failureBound, problemOf } from '@roundhouse/proto/bounds';
import { Bucket } from '@roundhouse/proto/bucket';
import { returnAfterTrailer } from '@roundhouse/proto/frames';
import type { LogFacts, Logger } from '@roundhouse/proto/log';
import { DomainError, type ErrorCode } from '../../domain/errors.js';
import { startsObject, toText } from './bounds.js';
import type { Stream } from './stream.js';

const codes: Readonly<Record<FailureCode, ErrorCode>> = {
  [FailureCode.UNSPECIFIED]: 'internal',
  [FailureCode.INVALID_ARGUMENT]: 'invalid_input',
  [FailureCode.UNIMPLEMENTED]: 'unimplemented',
  [FailureCode.NOT_FOUND]: 'not_found',
  [FailureCode.DISCONNECTED]: 'server_disconnected',
  [FailureCode.TIMEOUT]: 'timeout',
  [FailureCode.CANCELLED]: 'cancelled',
  [FailureCode.UPSTREAM]: 'upstream_failed',
  [FailureCode.REFUSED]: 'refused',
  [FailureCode.OVERLOADED]: 'unavailable',
  [FailureCode.INTERNAL]: 'internal',
  [FailureCode.LOST]: 'agent_unreachable',
  [FailureCode.CONFLICT]: 'conflict',
};

/** The domain's error for an agent's failure. A code that this hub does not know is `internal`. */
export function toDomainError(failure: Failure): DomainError {
  const code = codes[failure.code] ?? 'internal';
  const details = parseDetails(failure.details);
  const message = toText(failure.message) || 'The agent gave no reason';
  if (failure.outcome === Outcome.NOT_RUN) details.outcome = 'not_run';
  if (failure.outcome === Outcome.UNKNOWN) details.outcome = 'unknown';
  if (code === 'unavailable') {
    const wait = details.retryAfterMs;
    details.retryAfter = typeof wait === 'number' && wait > 0 ? Math.ceil(wait / 1000) : 1;
  }
  if (code === 'invalid_input' && typeof details.field !== 'string') {
    const problem = { field: 'arguments', error: message };
    Object.assign(details, problem, { problems: [problem] });
  }
  return new DomainError(code, message, details);
}

/** The details of an agent's failure; none if they are not a JSON object, or beyond the bound. */
function parseDetails(json: Uint8Array): Record<string, unknown> {
  if (!startsObject(json) || problemOf(json, failureBound) !== undefined) return {};
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString());
}

/** The error if the agent of a command is not connected, or was lost. */
export function unreachable(
  outcome: 'not_run' | 'unknown',
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): DomainError {
  return new DomainError('agent_unreachable', message, { ...details, outcome });
}

/**
 * Ends a stream with a status. Safe on an ended stream. Further data of the other side is dropped.
 * @param returnAfterMs When the agent should dial again.
 */
export function refuse(call: Stream, code: status, details: string, returnAfterMs?: number): void {
  if (call.writableEnded || call.destroyed) return;
  const metadata = new Metadata();
  if (returnAfterMs !== undefined) metadata.set(returnAfterTrailer, String(Math.round(returnAfterMs)));
  // grpc-js takes a stream's status as an error event: its own listener ends the stream with it.
  call.emit('error', Object.assign(new Error(details), { code, details, metadata }));
}

/**
 * Logs refusals. A stranger or an agent can call without limit, so the log takes at most ten refusals a second, with the number of refusals
 * left out.
 */
export class RefusalLog {
  readonly #log: Logger;
  readonly #bucket = new Bucket(10, 5);
  #suppressed = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  warn(facts: LogFacts, message: string): void {
    if (!this.#bucket.take(1)) {
      this.#suppressed++;
      return;
    }
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    this.#log.warn(suppressed > 0 ? { ...facts, suppressed } : facts, message);
  }
}
