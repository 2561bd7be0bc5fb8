/**
 * The traces of hub and agent, without OpenTelemetry: `telemetry.ts` records spans, and is loaded only where an operator wants that. No store of
 * the runtime (`AsyncLocalStorage`) holds the current span. The cancellation of the work carries it instead, so that a call whose trace is not
 * recorded costs one look at a member.
 */

export type SpanKind = 'server' | 'client' | 'internal';

/** Names and numbers that people may read: never arguments, results or texts of errors. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** The place of some work in a trace (W3C Trace Context). */
export interface Trace {
  /** Goes on to other programs. */
  readonly traceparent: string;
  /** The same; empty for none. */
  readonly tracestate: string;
  /** The work at this place; absent if the trace is not recorded here. */
  readonly span?: Span | undefined;
}

/** Some work that is recorded. */
export interface Span extends Trace {
  readonly traceId: string;
  readonly spanId: string;
  readonly span: Span;
  /**
   * Begins a span below this one.
   * @param client the place that the message of a client names: the span is below it, and linked to this one
   */
  begin(name: string, kind: SpanKind, attributes?: Attributes, client?: Trace): Span;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** Notes that something has happened. */
  event(name: string): void;
  /** Ends it; only the first call counts. @param error the code of the failure, such as `timeout`; absent if the work succeeded */
  end(error?: string): void;
}

/** Begins traces. */
export interface Tracer {
  /**
   * Begins the first span of a request or a job, if it is to be recorded: the operator's settings decide, and the client's wish counts only if
   * they say so.
   * @param client the place in the client's trace, if the client named one
   * @param startedAt `performance.now()` at the beginning; default: now
   */
  start(name: string, kind: SpanKind, client?: Trace, attributes?: Attributes, startedAt?: number): Span | undefined;
  /** Begins a span of a trace that the hub records. */
  resume(hub: Trace, name: string, kind: SpanKind, attributes?: Attributes): Span;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]*)?$/;
const VERSION_00_LENGTH = 55;
const LONGEST_PARENT = 256;
/** Printable ASCII, as long as the recommendation asks programs to pass on. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** A W3C `traceparent` that can be passed on, or `''`: a broken one starts a new trace, as the recommendation has it. */
export function traceparentOf(header: string): string {
  if (header === '' || header.length > LONGEST_PARENT || !TRACEPARENT.test(header)) return '';
  return header.startsWith('00-') && header.length !== VERSION_00_LENGTH ? '' : header;
}

/** The place in another program's trace; `undefined` if its `traceparent` is broken. A broken `tracestate` is left out. */
export function traceFrom(traceparent: unknown, tracestate: unknown): Trace | undefined {
  if (typeof traceparent !== 'string' || traceparentOf(traceparent) === '') return undefined;
  const state = typeof tracestate === 'string' && TRACESTATE.test(tracestate) ? tracestate : '';
  return { traceparent, tracestate: state };
}

/** The fields of a log line about the work of a span. */
export function idsOf({ traceId, spanId }: Span): { readonly trace_id: string; readonly span_id: string } {
  return { trace_id: traceId, span_id: spanId };
}

/** Ends the span of some work with the work. @param codeOf the code of a failure */
export function spanning<T>(span: Span, work: Promise<T>, codeOf: (error: unknown) => string): Promise<T> {
  work.then(
    () => span.end(),
    (error: unknown) => span.end(codeOf(error)),
  );
  return work;
}

/** Whether an operator wants traces and metrics by OTLP, by the variables of the OpenTelemetry specification. */
export function wantsTelemetry(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '') !== '' && env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true';
}
