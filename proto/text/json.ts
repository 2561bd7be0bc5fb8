/**
 * Cuts raw pieces out of JSON text that `JSON.parse` has accepted already, so that the receiver gets the text that was sent,
 * byte for byte: numbers such as `1.0` or `12345678901234567890` do not survive parsing and writing.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * The text of one member's value in a JSON object, without surrounding white space; `undefined` if the object has no such member.
 * Of members with the same name the last one counts, as with `JSON.parse`.
 * @param text valid JSON whose value is an object.
 */
export function memberText(text: string, name: string): string | undefined {
  return memberTexts(text, [name])[0];
}

/** The same for several members, in one pass: the texts stand in the order of the names. */
export function memberTexts(text: string, names: readonly string[]): (string | undefined)[] {
  const found = names.map((): string | undefined => undefined);
  let at = afterSpace(text, afterSpace(text, 0) + 1);
  while (text.charCodeAt(at) === quote) {
    const keyEnd = stringEnd(text, at);
    // White space, a colon, white space.
    const start = afterSpace(text, afterSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    for (const [i, name] of names.entries()) if (isKey(text, at, keyEnd, name)) found[i] = text.slice(start, end);
    at = afterSpace(text, end);
    if (text.charCodeAt(at) !== comma) break;
    at = afterSpace(text, at + 1);
  }
  return found;
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

function isEmptyObject(object: string): boolean {
  return afterSpace(object, 1) === object.length - 1;
}

function isKey(text: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length + 2) return text.startsWith(name, start + 1);
  const escaped = text.indexOf('\\', start);
  return escaped >= 0 && escaped < end && JSON.parse(text.slice(start, end)) === name;
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

function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return stringEnd(text, start);
  if (first === openBrace || first === openBracket) return nestedEnd(text, start);
  for (let i = start; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === comma || c === closeBrace || c === closeBracket || c <= 0x20) return i;
  }
  return text.length;
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
