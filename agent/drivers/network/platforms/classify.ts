import type { CommandClass } from './platform.js';

/**
 * Classes commands by their first words. `keeps`: the words that a command that only shows something begins with, alternatives of a regular
 * expression; they count as whole words, or `p` for `ping` would let `python` and `poweroff` through. `writes`: what makes a change of it
 * all the same, such as sending its output into a file.
 */
export function classifier(keeps: string, writes: RegExp): (command: string) => CommandClass {
  const reads = new RegExp(`^(?:${keeps})(?: |$)`, 'i');
  return (command) => (reads.test(command) && !writes.test(command) ? 'read' : 'change');
}

/** Where an output is piped on to one of these words, which may be shortened to so many characters, and which a file's name follows. */
export function pipedTo(...words: readonly (readonly [full: string, least: number])[]): string {
  return `\\|\\s*(?:${words.map(([full, least]) => word(full, least)).join('|')}) `;
}

/** The beginning of a word that is long enough to mean it: `word('show', 2)` fits `sh`, `sho` and `show`. */
export function word(full: string, least: number): string {
  const rest = [...full.slice(least)].reduceRight((inner, letter) => `(?:${letter}${inner})?`, '');
  return `${full.slice(0, least)}${rest}`;
}
