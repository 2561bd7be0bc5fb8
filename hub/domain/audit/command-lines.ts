import { REDACTED, type Redactor } from './redactor.js';
import { looksSecret } from './secret-names.js';

/** How much of a command line an audit entry keeps: words, and characters of each. */
const WORDS = 32;
const LENGTH = 256;

/** `NAME=value` anywhere in a word: a shell's script is one word. */
const assignment = /(^|[\s"';&|(])([\w.-]+)=("[^"]*"|'[^']*'|[^\s"';&|)]+)/g;

/** A command line without known secrets, and without the words that stand where a secret would. */
export function maskedWords(words: readonly string[], redactor: Pick<Redactor, 'text'>): string[] {
  return words.map((word, at) => {
    const before = words[at - 1] ?? '';
    const isFlag = before.startsWith('-') && !before.includes('=');
    if (isFlag && !word.startsWith('-') && looksSecret(before.replace(/^-+/, ''))) return REDACTED;
    const masked = word.replace(assignment, (whole, start: string, name: string) =>
      looksSecret(name) ? `${start}${name}=${REDACTED}` : whole,
    );
    return redactor.text(masked);
  });
}

/** A command line as an audit entry keeps it: masked, and the start of a long one. */
export function auditedWords(words: readonly string[], redactor: Pick<Redactor, 'text'>): string[] {
  const shown = maskedWords(words.slice(0, WORDS), redactor).map((word) => word.slice(0, LENGTH));
  return words.length > WORDS ? [...shown, `… ${words.length - WORDS} more`] : shown;
}
