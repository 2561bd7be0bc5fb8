// The TypeScript names of things.
import { wordsOf, methodsOf as wordsOfMethods } from '../../names.mjs';

/** @param {readonly string[]} words in lower case @returns {string} in camelCase */
export function camel(words) {
  return words.map((word, at) => (at === 0 ? word : capital(word))).join('');
}

/** @param {string} text @returns {string} in PascalCase */
export function pascal(text) {
  return wordsOf(text).map(capital).join('');
}

/**
 * @param {string} tag the noun
 * @param {readonly string[]} ids its operation ids
 * @returns {Map<string, string>} operation id → method
 */
export function methodsOf(tag, ids) {
  return new Map([...wordsOfMethods(tag, ids)].map(([id, words]) => [id, camel(words)]));
}

/** @param {string} word */
const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
