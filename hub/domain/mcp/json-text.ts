/**
 * Changes single members in JSON text and leaves all else as it was written, byte for byte. The text must be valid JSON: what
 * comes from agents was checked there.
 */

const quote = 0x22;
const backslash = 0x5c;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the value of an object's member stands; of several with one name the last counts, as with `JSON.parse`. */
export function memberSpan(text: string, name: string, from = 0): Span | undefined {
  let found: Span | undefined;
  let at = afterSpace(text, afterSpace(text, from) + 1);
  while (text.charCodeAt(at) === quote) {
    const keyEnd = stringEnd(text, at);
    const start = afterSpace(text, afterSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    if (isKey(text, at, keyEnd, name)) found = { start, end };
    at = afterSpace(text, end);
    if (text[at] !== ',') break;
    at = afterSpace(text, at + 1);
  }
  return found;
}

/** The text of a member's value. */
export function memberText(text: string, name: string): string | undefined {
  const span = memberSpan(text, name);
  return span && text.slice(span.start, span.end);
}

/** Where the elements of an array stand. @param from where the array begins */
export function elementSpans(text: string, from = 0): Span[] {
  const found: Span[] = [];
  let at = afterSpace(text, afterSpace(text, from) + 1);
  while (text[at] !== ']' && at < text.length) {
    const end = valueEnd(text, at);
    found.push({ start: at, end });
    at = afterSpace(text, end);
    if (text[at] === ',') at = afterSpace(text, at + 1);
  }
  return found;
}

export function elementTexts(text: string): string[] {
  return elementSpans(text).map(({ start, end }) => text.slice(start, end));
}

/** An object with a member's value replaced, or added where it was not there. @param value JSON text */
export function withMember(object: string, name: string, value: string): string {
  const span = memberSpan(object, name);
  if (span) return object.slice(0, span.start) + value + object.slice(span.end);
  const last = object.lastIndexOf('}');
  const separator = afterSpace(object, afterSpace(object, 0) + 1) === last ? '' : ',';
  return `${object.slice(0, last)}${separator}${JSON.stringify(name)}:${value}}`;
}

/** An object in whose array member each element is replaced by what `change` makes of its text. */
export function withElements(object: string, name: string, change: (element: string) => string): string {
  const span = memberSpan(object, name);
  if (!span || object[span.start] !== '[') return object;
  const changed = elementSpans(object, span.start).map(({ start, end }) => change(object.slice(start, end)));
  return `${object.slice(0, span.start)}[${changed.join(',')}]${object.slice(span.end)}`;
}

function isKey(text: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length + 2) return text.startsWith(name, start + 1);
  const escaped = text.indexOf('\\', start);
  return escaped >= 0 && escaped < end && JSON.parse(text.slice(start, end)) === name;
}

function afterSpace(text: string, at: number): number {
  for (let i = at; ; i += 1) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
  }
}

/** The index behind the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  if (first === '{' || first === '[') return nestedEnd(text, start);
  for (let i = start; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x2c || c === 0x7d || c === 0x5d || c <= 0x20) return i;
  }
  return text.length;
}

function nestedEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; ) {
    const c = text[i];
    if (c === '"') {
      i = stringEnd(text, i);
      continue;
    }
    if (c === '{' || c === '[') depth += 1;
    else if (c === '}' || c === ']') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
    i += 1;
  }
  return text.length;
}
