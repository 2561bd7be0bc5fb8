import type { MessageInitShape } from '@bufbuild/protobuf';
import { FailureCode, type FailureSchema, Outcome } from '@roundhouse/proto/agent/v1/command';
import { failureBound, longestText, problemOf } from '@roundhouse/proto/bounds';
import type { Logger } from '@roundhouse/proto/log';
import { AgentFailure, type FailureKind } from '../../failure.js';

const codes: Readonly<Record<FailureKind, FailureCode>> = {
  invalid_argument: FailureCode.INVALID_ARGUMENT,
  unimplemented: FailureCode.UNIMPLEMENTED,
  not_found: FailureCode.NOT_FOUND,
  disconnected: FailureCode.DISCONNECTED,
  timeout: FailureCode.TIMEOUT,
  cancelled: FailureCode.CANCELLED,
  upstream: FailureCode.UPSTREAM,
  refused: FailureCode.REFUSED,
  overloaded: FailureCode.OVERLOADED,
  internal: FailureCode.INTERNAL,
  lost: FailureCode.LOST,
  conflict: FailureCode.CONFLICT,
};

/** When the failure came: before the command began, after that, or after its end. The hub's view of the outcome depends on it. */
export type Progressed = 'not_run' | 'begun' | 'dropped';

/** Failures that leave open whether the command took effect. */
const unsure: ReadonlySet<FailureKind> = new Set(['timeout', 'cancelled', 'lost']);

/**
 * A failure as the hub gets it. An error other than AgentFailure is a fault of this program: it is logged here, and the hub does not get
 * its text.
 */
export function toWireFailure(
  error: unknown,
  progressed: Progressed,
  log: Logger,
): MessageInitShape<typeof FailureSchema> {
  if (!(error instanceof AgentFailure)) {
    log.error({ event: 'operation.failed', err: error }, 'operation failed unexpectedly');
    return { code: FailureCode.INTERNAL, message: 'the operation failed inside the agent', outcome: Outcome.UNKNOWN };
  }
  const outcome =
    progressed === 'not_run' || error.details.outcome === 'not_run'
      ? Outcome.NOT_RUN
      : progressed === 'dropped' || unsure.has(error.kind)
        ? Outcome.UNKNOWN
        : Outcome.UNSPECIFIED;
  const message = error.message.slice(0, longestText);
  return { code: codes[error.kind], message, details: encodeDetails(error.details), outcome };
}

/** The details as JSON. Details that the hub would not read are left out: first the `data` of a server's error, then all. */
function encodeDetails(details: Readonly<Record<string, unknown>>): Uint8Array {
  if (Object.keys(details).length === 0) return new Uint8Array();
  return encoded(details) ?? encoded(withoutData(details)) ?? new Uint8Array();
}

function encoded(details: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  try {
    const json = Buffer.from(JSON.stringify(details));
    return problemOf(json, failureBound) === undefined ? json : undefined;
  } catch {
    // A value that JSON cannot hold, or that nests too deep, must not cost the answer.
    return undefined;
  }
}

function withoutData({ jsonrpc, ...rest }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof jsonrpc !== 'object' || jsonrpc === null) return rest;
  const { code, message } = jsonrpc as { readonly code?: unknown; readonly message?: unknown };
  return { ...rest, jsonrpc: { code, message, dataOmitted: true } };
}
