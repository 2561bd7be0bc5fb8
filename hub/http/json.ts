import { DomainError } from '../domain/errors.js';

/**
 * Parses a JSON body. A member called `__proto__` becomes a member like any other and touches no prototype.
 * @throws DomainError `malformed` for what is not JSON or nests deeper than `depthLimit`.
 */
export function parseJson(text: string, depthLimit: number): unknown {
  // Fewer characters than levels: cannot be too deep.
  if (text.length > depthLimit && depth(text, depthLimit) > depthLimit)
    throw new DomainError('malformed', `The JSON body nests deeper than ${depthLimit} levels`);
  try {
    return JSON.parse(text);
  } catch {
    throw new DomainError('malformed', 'The body is not valid JSON');
  }
}

const QUOTE = 34;
const BACKSLASH = 92;

/** How deep brackets nest outside strings; stops counting above `limit`. Broken JSON is the parser's to find. */
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
