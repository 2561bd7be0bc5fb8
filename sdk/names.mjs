// How operations are named in every SDK: the rule is one, only the spelling (camelCase, snake_case, PascalCase) differs.

/** The words of a name in any of the usual forms: `listApiKeys`, `api-keys`. @param {string} name @returns {string[]} in lower case */
export function wordsOf(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

/** @param {string} word in any case @returns {string} in the singular */
export function singular(word) {
  if (/ies$/i.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|us|is)$/i.test(word)) return word;
  if (/(?:ch|sh|x|ss)es$/i.test(word)) return word.slice(0, -2);
  return word.replace(/s$/i, '');
}

/**
 * The methods of a noun: the words of each operation without the words that name the noun, in singular or plural (`listTools` of `tools` is
 * `list`). The first word, the verb, stays (`updateServer` of `updates`). All words stay if two methods would have the same name.
 * @param {string} tag the noun
 * @param {readonly string[]} ids its operation ids
 * @returns {Map<string, string[]>} operation id → words of the method
 */
export function methodsOf(tag, ids) {
  const noun = new Set(wordsOf(tag).map(singular));
  const short = new Map(ids.map((id) => [id, wordsOf(id).filter((word, at) => at === 0 || !noun.has(singular(word)))]));
  const uses = (/** @type {readonly string[]} */ words) =>
    [...short.values()].filter((other) => other.join(' ') === words.join(' ')).length;
  return new Map([...short].map(([id, words]) => [id, uses(words) > 1 ? wordsOf(id) : words]));
}
