import type { CommandClass } from './platform.js';

/**
 * Classes commands by their beginning. `keeps`: what a command that only shows something may begin with. `writes`: what makes a change of
 * it all the same, such as sending its output into a file.
 */
export function classifier(keeps: RegExp, writes: RegExp): (command: string) => CommandClass {
  return (command) => (keeps.test(command) && !writes.test(command) ? 'read' : 'change');
}

/** The beginning of a word that is long enough to mean it: `word('show', 2)` fits `sh`, `sho` and `show`. */
export function word(full: string, least: number): string {
  const rest = [...full.slice(least)].reduceRight((inner, letter) => `(?:${letter}${inner})?`, '');
  return `${full.slice(0, least)}${rest}`;
}
