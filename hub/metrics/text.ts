import { inTurn } from '../domain/event-loop.js';
import type { Exemplar, Family, Labels, Sample } from './series.js';

/** The forms in which metrics are shown. */
export const contentTypes = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const;

export type Form = keyof typeof contentTypes;

/** The size of a chunk, characters. */
const chunkLength = 64 * 1024;
/** How long one request may block the event loop at a time, milliseconds. */
const turnMs = 4;

/** Families in Prometheus' text form, or as OpenMetrics 1.0. `timed`: with the time of each sample. */
export function* linesOf(families: Iterable<Family>, form: Form, { timed = false } = {}): Generator<string> {
  for (const family of families) {
    let isFirst = true;
    for (const sample of family.samples()) {
      if (!sample) {
        yield '';
        continue;
      }
      if (isFirst) yield headOf(family, form);
      isFirst = false;
      yield lineOf(family.name, sample, form, timed);
    }
    // A family without a series is still announced if its type is known.
    if (isFirst && family.help !== '') yield headOf(family, form);
  }
  if (form === 'openMetrics') yield '# EOF\n';
}

function headOf({ name, help, type }: Family, form: Form): string {
  const isOpen = form === 'openMetrics';
  // OpenMetrics names a family of counters without the suffix of its series, and calls a missing type `unknown`.
  const isCounter = type === 'counter' && name.endsWith('_total');
  const shown = isOpen && isCounter ? name.slice(0, -'_total'.length) : name;
  const told = isOpen && (type === 'untyped' || (type === 'counter' && !isCounter)) ? 'unknown' : type;
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `${help === '' ? '' : `# HELP ${shown} ${escaped}\n`}# TYPE ${shown} ${told}\n`;
}

function lineOf(name: string, { suffix, labels, value, timeMs, exemplar }: Sample, form: Form, timed: boolean): string {
  const time = !timed || timeMs === undefined ? '' : ` ${form === 'openMetrics' ? timeMs / 1000 : timeMs}`;
  return `${name}${suffix}${labelsText(labels)} ${numberText(value)}${time}${form === 'openMetrics' && !timed && exemplar ? exemplarText(exemplar) : ''}\n`;
}

function exemplarText({ traceId, value, timeMs }: Exemplar): string {
  return ` # {trace_id="${traceId}"} ${numberText(value)} ${timeMs / 1000}`;
}

function labelsText(labels: Labels): string {
  if (labels.length === 0) return '';
  let text = '{';
  for (const [name, value] of labels) text += `${text.length > 1 ? ',' : ''}${name}="${escapedValue(value)}"`;
  return `${text}}`;
}

function escapedValue(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"') : value;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** The form that a client prefers, by its header `Accept`: OpenMetrics only if the client names it. */
export function formFor(accept: string): Form {
  const weights = { text: 0, openMetrics: 0 };
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...params] = range.split(';').map((part) => part.trim());
    const weight = Number(params.find((param) => param.startsWith('q='))?.slice(2) ?? 1) || 0;
    const form = type === 'application/openmetrics-text' ? 'openMetrics' : 'text';
    weights[form] = Math.max(weights[form], weight);
  }
  return weights.openMetrics > 0 && weights.openMetrics >= weights.text ? 'openMetrics' : 'text';
}

/** Joins pieces of text to chunks. The work of all requests goes on in turns of the event loop. */
export async function* inTurns(pieces: Iterable<string>): AsyncGenerator<string> {
  const iterator = pieces[Symbol.iterator]();
  /** Takes pieces for one turn, and a chunk at most. */
  const taken = () => {
    const endsAt = performance.now() + turnMs;
    let text = '';
    for (let piece = iterator.next(); ; piece = iterator.next()) {
      if (piece.done) return { text, isLast: true };
      text += piece.value;
      if (text.length >= chunkLength || performance.now() >= endsAt) return { text, isLast: false };
    }
  };
  for (let isLast = false; !isLast; ) {
    const part = await inTurn(taken);
    isLast = part.isLast;
    if (part.text !== '') yield part.text;
  }
}
