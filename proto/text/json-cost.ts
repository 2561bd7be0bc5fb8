import { isUtf8 } from 'node:buffer';

/** Deeper JSON is refused: code that walks a value calls itself once for each level. */
const mostLevels = 1000;
/** Further members of one object cost a parser more: it has to make a table of their names. */
const cheapMembers = 1000;
const dearMember = 8;

/** The event loop reads foreign JSON of so much work at most, unless its reader has a bound of its own: a parser takes about 10 ms. */
export const mostReadValues = 100_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const openBracket = 0x5b;

const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const escapedUnit = /u[0-9a-fA-F]{4}/y;
/** Whether a sign may stand behind a backslash, by its code. */
const isEscaped = Array.from({ length: 0x80 }, (_, code) => '"\\/bfnrt'.includes(String.fromCharCode(code)));

/**
 * How much work a parser has with a JSON text: one for each value, and {@link dearMember} for each further member of an object with more
 * than {@link cheapMembers}. `undefined` if the text is not JSON, or nests deeper than 1,000 levels. It makes no values, so it needs a fraction
 * of a parser's time and no memory.
 * @param most the reading ends as soon as the work is more than this
 */
export function jsonCost(text: string, most = Number.POSITIVE_INFINITY): number | undefined {
  /** The signs of the brackets that are open, and how many members each has so far. */
  const open: number[] = [];
  const members: number[] = [];
  let cost = 0;
  let at = afterSpace(text, 0);
  while (at >= 0) {
    const sign = text.charCodeAt(at);
    cost += 1;
    if (cost > most) return cost;
    if (sign === openBrace || sign === openBracket) {
      at = afterSpace(text, at + 1);
      if (text.charCodeAt(at) !== closing(sign)) {
        if (open.push(sign) > mostLevels) return undefined;
        members.push(1);
        if (sign === openBrace) at = keyEnd(text, at);
        continue;
      }
      at += 1;
    } else {
      at = sign === quote ? stringEnd(text, at) : scalarEnd(text, at);
      if (at < 0) return undefined;
    }

    // A value has ended, and perhaps the arrays and objects around it.
    for (;;) {
      at = afterSpace(text, at);
      const within = open.at(-1);
      if (within === undefined) return at === text.length ? cost : undefined;
      const next = text.charCodeAt(at);
      at += 1;
      if (next === comma) break;
      if (next !== closing(within)) return undefined;
      open.pop();
      members.pop();
    }
    at = afterSpace(text, at);
    if (open.at(-1) === openBracket) continue;
    const count = (members.pop() ?? 0) + 1;
    members.push(count);
    if (count > cheapMembers) cost += dearMember - 1;
    at = keyEnd(text, at);
  }
  return undefined;
}

/**
 * Whether a text cannot be read because it nests deeper than 1,000 levels. Costs little where a text has few brackets. A text that is not
 * JSON may count as too deep.
 */
export function nestsTooDeep(text: string): boolean {
  if (text.length < 2 * mostLevels) return false;
  let brackets = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign !== openBrace && sign !== openBracket) continue;
    brackets += 1;
    if (brackets > mostLevels) return jsonCost(text) === undefined;
  }
  return false;
}

/** The cost of bytes that must be JSON on one line; `undefined` also if they are not UTF-8, or hold a line break. @param most as for `jsonCost` */
export function jsonLineCost(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): number | undefined {
  if (!isUtf8(bytes)) return undefined;
  // A byte for a character: in JSON, characters beyond ASCII stand in strings alone, and all of their bytes are beyond ASCII, too.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.includes('\n') || text.includes('\r') ? undefined : jsonCost(text, most);
}

/** In ASCII the sign that closes stands two places behind the sign that opens. */
function closing(sign: number): number {
  return sign + 2;
}

/** The index of the value behind the key and the colon at `at`; -1 if there are none. */
function keyEnd(text: string, at: number): number {
  const end = text.charCodeAt(at) === quote ? stringEnd(text, at) : -1;
  if (end < 0) return -1;
  const sign = afterSpace(text, end);
  return text.charCodeAt(sign) === colon ? afterSpace(text, sign + 1) : -1;
}

/** The index behind the string that begins at `start`; -1 if it is no good one. */
function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === quote) return i + 1;
    if (code < 0x20) return -1;
    if (code !== backslash) continue;
    i += 1;
    if (isEscaped[text.charCodeAt(i)]) continue;
    escapedUnit.lastIndex = i;
    if (!escapedUnit.test(text)) return -1;
    i = escapedUnit.lastIndex - 1;
  }
  return -1;
}

function scalarEnd(text: string, at: number): number {
  scalar.lastIndex = at;
  return scalar.test(text) ? scalar.lastIndex : -1;
}

function afterSpace(text: string, at: number): number {
  let i = at;
  for (let code = text.charCodeAt(i); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; ) {
    i += 1;
    code = text.charCodeAt(i);
  }
  return i;
}
