// The Go names for the names in the API documents.
import { wordsOf } from '../../names.mjs';

/** Words that Go writes in capitals. */
const initialisms = new Set(
  'api cpu csv db html http id ip json jwt mcp oauth sql sse ssh tls ttl uri url uuid websocket xml yaml'.split(' '),
);
const spelled = new Map([
  ['oauth', 'OAuth'],
  ['websocket', 'WebSocket'],
]);

/** @param {string} word @returns {string} */
function capital(word) {
  const lower = word.toLowerCase();
  if (initialisms.has(lower)) return spelled.get(lower) ?? lower.toUpperCase();
  if (lower.endsWith('s') && initialisms.has(lower.slice(0, -1))) return `${capital(lower.slice(0, -1))}s`;
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}

/** An exported Go name. @param {string} name */
export function exported(name) {
  return wordsOf(name).map(capital).join('');
}

const taken = new Set(
  'api body break case chan const continue ctx default defer else fallthrough for func go goto if import interface map opts package params range return select struct switch type var'.split(
    ' ',
  ),
);

/** A Go name of a function's parameter. @param {string} name */
export function local(name) {
  const [first = '', ...rest] = wordsOf(name);
  const joined = first + rest.map(capital).join('');
  return taken.has(joined) ? `${joined}Name` : joined;
}
