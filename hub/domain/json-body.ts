import { jsonCost } from '@roundhouse/proto/json-cost';
import { DomainError } from './errors.js';

/** How deep a JSON body may nest. */
export const BODY_DEPTH = 64;

/** The work for a longer text is measured before it is parsed, characters. A shorter text blocks the event loop for 30 ms at most. */
const LARGE = 256 * 1024;
/** The most work in a larger text; see {@link jsonCost}. It takes a parser about 20 ms. */
const MOST_WORK = 100_000;

/**
 * Parses a JSON body. A member `__proto__` is an ordinary member and changes no prototype.
 * @throws DomainError `malformed` for text that is not JSON or nests deeper than `depthLimit`, `payload_too_large` for too many values.
 */
export function parseJson(text: string, depthLimit = BODY_DEPTH): unknown {
  // Fewer characters than levels: cannot be too deep.
  if (text.length > depthLimit && depth(text, depthLimit) > depthLimit)
    throw new DomainError('malformed', `The JSON body nests deeper than ${depthLimit} levels`);
  if (text.length > LARGE) checkWork(text);
  try {
    return JSON.parse(text);
  } catch {
    const at = faultOf(text);
    const before = text.slice(0, at).split('\n');
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    throw new DomainError('malformed', `The body is not valid JSON: see line ${line}, column ${column}`, {
      line,
      column,
    });
  }
}

/** @throws DomainError */
function checkWork(text: string): void {
  const work = jsonCost(text, MOST_WORK);
  // The search for the place of the fault would take too long.
  if (work === undefined) throw new DomainError('malformed', 'The body is not valid JSON');
  if (work <= MOST_WORK) return;
  const message = `The JSON body has too many values for its size: a body of more than ${LARGE} characters may have ${MOST_WORK}`;
  throw new DomainError('payload_too_large', message, { limit: MOST_WORK });
}

const QUOTE = 34;
const BACKSLASH = 92;

/** How deep brackets nest outside strings; stops counting above `limit`. The parser finds broken JSON. */
function depth(text: string, limit: number): number {
  let level = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
      continue;
    }
    if (code === 123 || code === 91) {
      level += 1;
      if (level > deepest) deepest = level;
      if (deepest > limit) return deepest;
    } else if (code === 125 || code === 93) level -= 1;
  }
  return deepest;
}

/** Where the string that opens at `start` closes. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

const BLANK = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The token that may come next in JSON text. */
type Place = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma';

/** The place of the first fault in a text. The parser's messages do not always name it. */
function faultOf(text: string): number {
  const open: ('{' | '[')[] = [];
  let place: Place = 'value';
  let end = 0;
  for (;;) {
    const start = end + matched(BLANK, text, end);
    const sign = text.charAt(start);
    const kind = sign === '"' ? 'string' : '{}[]:,'.includes(sign) ? sign : 'scalar';
    end =
      start +
      (kind === 'string' ? stringAt(text, start) : kind === 'scalar' ? matched(SCALAR, text, start) : sign.length);
    const next: Place | undefined = end === start ? undefined : after(place, kind, open);
    if (next === undefined) return start;
    place = next;
  }
}

/** The place after a token; `undefined` if the token may not stand there. */
function after(place: Place, token: string, open: ('{' | '[')[]): Place | undefined {
  if (place === 'colon') return token === ':' ? 'value' : undefined;
  if (place === 'key' || place === 'first key') {
    if (token === 'string') return 'colon';
    return place === 'first key' && token === '}' ? closed(open) : undefined;
  }
  if (place === 'comma') {
    const within = open.at(-1);
    if (token === ',' && within !== undefined) return within === '{' ? 'key' : 'value';
    return (token === '}' && within === '{') || (token === ']' && within === '[') ? closed(open) : undefined;
  }
  if (token === '{' || token === '[') {
    open.push(token);
    return token === '{' ? 'first key' : 'first value';
  }
  if (token === ']' && place === 'first value') return closed(open);
  return token === 'string' || token === 'scalar' ? 'comma' : undefined;
}

function closed(open: unknown[]): Place {
  open.pop();
  return 'comma';
}

/** How long the match of a sticky pattern is. */
function matched(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** The length of the string at a place; 0 if there is no valid string. */
function stringAt(text: string, start: number): number {
  const string = text.slice(start, endOfString(text, start) + 1);
  try {
    JSON.parse(string);
    return string.length;
  } catch {
    return 0;
  }
}
