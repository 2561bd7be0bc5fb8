/**
 * The spans of recorded traces. While work goes on, a span only notes what happens: most calls are not recorded, so this code is rarely in the
 * processor's caches, and each line of it costs a call far more than a benchmark of spans alone shows. Secrets are taken out, and the form of
 * OpenTelemetry's SDK is made, for many ended spans at once.
 */
import { randomFillSync } from 'node:crypto';
import {
  createTraceState,
  type HrTime,
  SpanKind as SdkKind,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Attributes, Span, SpanKind, Trace } from './tracing.js';

export interface SpanOptions {
  readonly resource: Resource;
  readonly scope: { readonly name: string; readonly version: string };
  /** Takes secrets out of names and attributes. */
  readonly clean: (text: string) => string;
  /** Gets each span some time after its end. */
  readonly onEnd: (span: ReadableSpan) => void;
}

/** The longest name and the longest text of an attribute, in characters. A span's name may hold the name of a tool. */
const LONGEST_TEXT = 256;
const MOST_EVENTS = 32;
/** So many ended spans are handed over at once, at the latest after {@link HELD_MS}. */
const MOST_HELD = 128;
const HELD_MS = 1000;
/** A difference above this is a step of the machine's clock. A smaller one is its resolution, and spans of one trace must not be moved by it. */
const CLOCK_STEP_MS = 20;

const kinds: Readonly<Record<SpanKind, SdkKind>> = {
  server: SdkKind.SERVER,
  client: SdkKind.CLIENT,
  internal: SdkKind.INTERNAL,
};

/** Makes spans, and hands over those that have ended. */
export class Spans {
  readonly #options: SpanOptions;
  #ended: RecordedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds from the start of `performance.now()` to 1970. */
  #epoch = 0;

  constructor(options: SpanOptions) {
    this.#options = options;
  }

  /**
   * @param attributes belong to the span from now on
   * @param startedAt `performance.now()` at the beginning
   * @param linked a place in another trace, or elsewhere in this one, that belongs to the work as well
   */
  begin(
    name: string,
    kind: SpanKind,
    parent?: Trace,
    attributes: Attributes = {},
    startedAt = performance.now(),
    linked?: Trace,
  ): Span {
    return new RecordedSpan(this, name, kind, parent, attributes, startedAt, linked);
  }

  ended(span: RecordedSpan): void {
    this.#ended.push(span);
    if (this.#ended.length >= MOST_HELD) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), HELD_MS).unref();
  }

  /** Hands over the spans that have ended. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const spans = this.#ended;
    this.#ended = [];
    const epoch = Date.now() - performance.now();
    if (Math.abs(epoch - this.#epoch) > CLOCK_STEP_MS) this.#epoch = epoch;
    for (const span of spans) this.#options.onEnd(this.#readable(span));
  }

  #readable(span: RecordedSpan): ReadableSpan {
    const { resource, scope } = this.#options;
    const { parent, linked, startedAt, endedAt, error } = span;
    const context = contextOf(span);
    const attributes = this.#cleaned(span.attributes);
    return {
      name: this.#text(span.name),
      kind: kinds[span.kind],
      spanContext: () => context,
      ...(parent ? { parentSpanContext: contextOf(parent) } : {}),
      startTime: hrTime(this.#epoch + startedAt),
      endTime: hrTime(this.#epoch + endedAt),
      duration: hrTime(endedAt - startedAt),
      status: { code: error === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
      attributes: error === undefined ? attributes : { ...attributes, 'error.type': error },
      links: linked ? [{ context: contextOf(linked) }] : [],
      events: span.events.map(({ name, at }) => ({ name, time: hrTime(this.#epoch + at) })),
      ended: true,
      resource,
      instrumentationScope: scope,
      droppedAttributesCount: 0,
      droppedEventsCount: span.droppedEvents,
      droppedLinksCount: 0,
    };
  }

  #cleaned(attributes: Attributes): Record<string, string | number | boolean> {
    const cleaned: Record<string, string | number | boolean> = {};
    for (const [name, value] of Object.entries(attributes))
      cleaned[name] = typeof value === 'string' ? this.#text(value) : value;
    return cleaned;
  }

  #text(text: string): string {
    return this.#options.clean(text).slice(0, LONGEST_TEXT);
  }
}

class RecordedSpan implements Span {
  readonly traceId: string;
  readonly spanId = randomHex(16);
  readonly tracestate: string;
  readonly events: { readonly name: string; readonly at: number }[] = [];
  droppedEvents = 0;
  endedAt = -1;
  error: string | undefined;

  constructor(
    readonly spans: Spans,
    public name: string,
    readonly kind: SpanKind,
    readonly parent: Trace | undefined,
    public attributes: Attributes,
    readonly startedAt: number,
    readonly linked: Trace | undefined,
  ) {
    this.traceId = parent === undefined ? randomHex(32) : traceIdOf(parent);
    this.tracestate = parent?.tracestate ?? '';
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-01`;
  }

  get span(): Span {
    return this;
  }

  begin(name: string, kind: SpanKind, attributes?: Attributes, client?: Trace): Span {
    return this.spans.begin(name, kind, client ?? this, attributes, undefined, client && this);
  }

  rename(name: string): void {
    if (this.endedAt < 0) this.name = name;
  }

  set(attributes: Attributes): void {
    if (this.endedAt < 0) this.attributes = { ...this.attributes, ...attributes };
  }

  event(name: string): void {
    if (this.endedAt >= 0) return;
    if (this.events.length < MOST_EVENTS) this.events.push({ name, at: performance.now() });
    else this.droppedEvents += 1;
  }

  end(error?: string): void {
    if (this.endedAt >= 0) return;
    this.endedAt = performance.now();
    this.error = error;
    this.spans.ended(this);
  }
}

const traceIdOf = ({ traceparent }: Trace): string => traceparent.slice(3, 35);

function contextOf(place: Trace): SpanContext {
  const traceId = traceIdOf(place);
  const spanId = place.traceparent.slice(36, 52);
  const state = place.tracestate === '' ? {} : { traceState: createTraceState(place.tracestate) };
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: !(place instanceof RecordedSpan), ...state };
}

export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1_000_000)];
}

const POOL_BYTES = 1024;
const bytes = Buffer.alloc(POOL_BYTES);
let pool = '';
let poolAt = 0;

/** An id of that many characters. */
function randomHex(length: number): string {
  if (poolAt + length > pool.length) {
    pool = randomFillSync(bytes).toString('hex');
    poolAt = 0;
  }
  poolAt += length;
  return pool.slice(poolAt - length, poolAt);
}
