import { readFileSync } from 'node:fs';

/** The text of the README. */
export const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The README's blocks of shell commands, in their order. */
export function shellBlocks(): string[] {
  return Array.from(readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, block = '']) => block);
}
