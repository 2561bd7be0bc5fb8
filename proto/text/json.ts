/**
 * Cuts raw pieces out of valid JSON text, or changes single members and leaves all else as it was written, byte for byte: numbers such as
 * `1.0` or `12345678901234567890` do not survive parsing and writing. The time of each function grows in proportion to the text. On text
 * that is no JSON a function may answer wrongly or throw, but it ends.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
/** `\\u0061` is the longest way to write a character of a name. */
const longestEscape = 6;

/**
 * The text of one member's value in a JSON object, without surrounding white space; `undefined` if the object has no such member.
 * Of members with the same name the last one counts, as with `JSON.parse`.
 * @param text valid JSON whose value is an object.
 */
export function memberText(text: string, name: string): string | undefined {
  return textAt(text, memberPlaces(text, [name]), 0);
}

/** The same for several members, in one pass: the texts stand in the order of the names. */
export function memberTexts(text: string, names: readonly string[]): (string | undefined)[] {
  const places = memberPlaces(text, names);
  return names.map((_, i) => textAt(text, places, i));
}

/** Where the values of members begin and end: two numbers for each name, -1 for a member that the object does not have. */
function memberPlaces(text: string, names: readonly string[]): number[] {
  const places = new Array<number>(2 * names.length).fill(-1);
  let at = afterSpace(text, afterSpace(text, 0) + 1);
  while (text.charCodeAt(at) === quote) {
    const keyEnd = stringEnd(text, at);
    // White space, a colon, white space.
    const start = afterSpace(text, afterSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    for (let i = 0; i < names.length; i++) {
      if (!isKey(text, at, keyEnd, names[i] as string)) continue;
      places[2 * i] = start;
      places[2 * i + 1] = end;
    }
    at = afterSpace(text, end);
    if (text.charCodeAt(at) !== comma) break;
    at = afterSpace(text, at + 1);
  }
  return places;
}

function textAt(text: string, places: readonly number[], i: number): string | undefined {
  const start = places[2 * i] as number;
  return start < 0 ? undefined : text.slice(start, places[2 * i + 1]);
}

/**
 * The texts of the elements of a JSON array.
 * @param text valid JSON whose value is an array.
 */
export function elementTexts(text: string): string[] {
  const found: string[] = [];
  let at = afterSpace(text, afterSpace(text, 0) + 1);
  while (text.charCodeAt(at) !== closeBracket && at < text.length) {
    const end = valueEnd(text, at);
    found.push(text.slice(at, end));
    at = afterSpace(text, end);
    if (text.charCodeAt(at) === comma) at = afterSpace(text, at + 1);
  }
  return found;
}

/** An object with a member's value replaced, or added where it was not there. @param value JSON text */
export function withMember(object: string, name: string, value: string): string {
  return withChanged(object, { [name]: () => value });
}

/** An object with several members replaced or added, in one pass. Each change gets the member's text, if the object has it. */
export function withChanged(
  object: string,
  changes: Readonly<Record<string, (old: string | undefined) => string>>,
): string {
  const names = Object.keys(changes);
  const places = memberPlaces(object, names);
  const found = Object.entries(changes).map(([name, change], i) => {
    const value = change(textAt(object, places, i));
    return { name, value, start: places[2 * i] as number, end: places[2 * i + 1] as number };
  });
  let text = '';
  let from = 0;
  const replaced = found.filter(({ start }) => start >= 0);
  for (const { start, end, value } of replaced.sort((a, b) => a.start - b.start)) {
    text += object.slice(from, start) + value;
    from = end;
  }
  text += object.slice(from);
  const added = found.flatMap(({ name, start, value }) => (start < 0 ? [`${JSON.stringify(name)}:${value}`] : []));
  return added.length === 0 ? text : withMembers(text.trim(), added.join(','));
}

/** An object with each element of its array member replaced by the result of `change`. */
export function withElements(object: string, name: string, change: (element: string) => string): string {
  const list = memberText(object, name);
  return list?.startsWith('[') ? withMember(object, name, `[${elementTexts(list).map(change).join(',')}]`) : object;
}

/**
 * Adds members at the end of a JSON object.
 * @param object the text of a JSON object without white space around it.
 * @param members such as `"isError":false`.
 */
export function withMembers(object: string, members: string): string {
  const last = object.length - 1;
  return isEmptyObject(object) ? `{${members}}` : `${object.slice(0, last)},${members}}`;
}

/**
 * Adds an object's members at the end of another.
 * @param object @param other texts of JSON objects without white space around them.
 */
export function withMembersOf(object: string, other: string): string {
  return isEmptyObject(other) ? object : withMembers(object, other.slice(1, -1));
}

/** JSON without line breaks: they can only stand between tokens. So it can be put into line-based formats. */
export function onOneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replace(/[\r\n]/g, ' ') : json;
}

/**
 * JSON text in which a string replaces some of its numbers; everything else stays as it is. A parser rounds long numbers, so a search after it
 * would not find the digits that the text has.
 * @param isReplaced gets each number as the text has it
 */
export function withoutNumbers(json: string, isReplaced: (number: string) => boolean, replacement: string): string {
  const string = JSON.stringify(replacement);
  const parts: string[] = [];
  for (let at = 0; at < json.length; ) {
    const found = json.indexOf('"', at);
    const begin = found < 0 ? json.length : found;
    const between = json.slice(at, begin);
    parts.push(between.replace(/-?\d[-+.\w]*/g, (number) => (isReplaced(number) ? string : number)));
    at = begin < json.length ? stringEnd(json, begin) : begin;
    parts.push(json.slice(begin, at));
  }
  return parts.join('');
}

function isEmptyObject(object: string): boolean {
  return afterSpace(object, 1) === object.length - 1;
}

function isKey(text: string, start: number, end: number, name: string): boolean {
  const length = end - start - 2;
  if (length === name.length) return text.startsWith(name, start + 1);
  if (length < name.length || length > name.length * longestEscape) return false;
  const key = text.slice(start, end);
  return key.includes('\\') && JSON.parse(key) === name;
}

function afterSpace(text: string, at: number): number {
  for (let i = at; ; i++) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
  }
}

/** The index behind the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** The index behind the value that begins at `start`: always a later one. @throws SyntaxError if no value begins there. */
function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return stringEnd(text, start);
  if (first === openBrace || first === openBracket) return nestedEnd(text, start);
  let end = start;
  while (end < text.length && !endsScalar(text.charCodeAt(end))) end++;
  if (end === start) throw new SyntaxError(`no JSON value at character ${start}`);
  return end;
}

function endsScalar(c: number): boolean {
  return c === comma || c === closeBrace || c === closeBracket || c <= 0x20;
}

function nestedEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; ) {
    const c = text.charCodeAt(i);
    if (c === quote) {
      i = stringEnd(text, i);
      continue;
    }
    if (c === openBrace || c === openBracket) depth++;
    else if ((c === closeBrace || c === closeBracket) && --depth === 0) return i + 1;
    i++;
  }
  return text.length;
}

/** JSON with the keys of every object sorted: two values that mean the same give the same text. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as Readonly<Record<string, unknown>>;
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`);
  return `{${members.join(',')}}`;
}

/** A copy of an object without its members that are `undefined`. */
export function withoutUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
