// The Python names of things.
import { methodsOf, wordsOf } from '../../names.mjs';

const keywords = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import in is ' +
    'lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

/** Whether Python takes it as a name. @param {string} name */
export const isName = (name) => /^[A-Za-z_]\w*$/.test(name) && !keywords.has(name);

/** `listTools` → `list_tools`; `from` → `from_`. @param {string} name */
export function snake(name) {
  const joined = wordsOf(name).join('_');
  return keywords.has(joined) ? `${joined}_` : joined;
}

/** `api-keys` → `ApiKeys`. @param {string} name */
export const pascal = (name) =>
  wordsOf(name)
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join('');

/**
 * Names the methods of a noun.
 * @param {string} tag
 * @param {readonly string[]} operationIds
 * @returns {Map<string, string>} operationId → method
 */
export function methodNames(tag, operationIds) {
  return new Map([...methodsOf(tag, operationIds)].map(([id, words]) => [id, snake(words.join('_'))]));
}

/** A text as the content of double quotes. @param {string} text */
export const quoted = (text) => JSON.stringify(text);

/** A doc comment, one line or several. @param {readonly string[]} lines @param {string} indent */
export function docComment(lines, indent) {
  const safe = lines.map((line) => line.replaceAll('\\', '\\\\').replaceAll('"""', "'''").trimEnd());
  if (safe.length === 1) return `${indent}"""${safe[0]?.replace(/"$/, '\\"')}"""\n`;
  return `${indent}"""${safe.map((line, at) => (at === 0 || line === '' ? line : indent + line)).join('\n')}\n${indent}"""\n`;
}
