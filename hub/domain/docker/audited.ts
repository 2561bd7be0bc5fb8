import type { ConnectedAgent } from '../agents/fleet.js';
import { changeAudit, type RequestOrigin } from '../audit/audit.js';
import { REDACTED, type Redactor } from '../audit/redactor.js';
import { looksSecret } from '../audit/secret-names.js';
import type { Store } from '../store.js';

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

/** The same as an audit entry tells it: not all of a long one. */
export function auditedWords(words: readonly string[], redactor: Pick<Redactor, 'text'>): string[] {
  const shown = maskedWords(words.slice(0, WORDS), redactor).map((word) => word.slice(0, LENGTH));
  return words.length > WORDS ? [...shown, `… ${words.length - WORDS} more`] : shown;
}

/** A change at an engine. */
interface Changed {
  /** Such as `container.stop`; its first word is the resource's kind. */
  readonly action: string;
  readonly id: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes the entry of a change that succeeded, on disk before the answer. The engine keeps the state; the hub keeps who changed it. */
export async function noteChange(
  store: Pick<Store, 'apply'>,
  origin: RequestOrigin,
  { site, name: agent }: ConnectedAgent,
  { action, id, details }: Changed,
): Promise<void> {
  const [type = action] = action.split('.', 1);
  await store.apply({ writes: [changeAudit(origin, action, { type, id }, { ...details, site, agent })] });
}
