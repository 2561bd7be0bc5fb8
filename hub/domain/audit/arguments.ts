import { isSecretField, looksSecret, mayNameSecrets, withoutAssigned } from '@roundhouse/proto/secret-names';
import { REDACTED, type Redactor } from './redactor.js';

/** Arguments with longer JSON are shortened, characters. */
const WHOLE = 4096;
/** In shortened arguments: the longest text, and the most items of an array or object. */
const TEXT = 256;
const ITEMS = 32;
const DEPTH = 6;
/** The most characters of shortened arguments, roughly. */
const BUDGET = 4096;

export type Arguments = Readonly<Record<string, unknown>>;

/**
 * The arguments of a tool call as the audit log keeps them: secrets replaced by `[REDACTED]`, long ones shortened. This is nearly always
 * the same object: one search of its JSON text shows that it holds no secret.
 *
 * @param json the same arguments as `JSON.stringify` gives them
 */
export function auditedArguments(args: Arguments, json: string, redactor: Redactor): Arguments {
  if (json.length <= WHOLE)
    return mayNameSecrets(json) || redactor.touches(json) ? (redactor.value(args) as Arguments) : args;
  return new Shortening(redactor).object(args);
}

/** Shortens a value: the search for secrets in a text goes past the cut, so that no part of a secret is left. */
class Shortening {
  readonly #redactor: Redactor;
  #left = BUDGET;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  object(value: Arguments, depth = 0): Arguments {
    const names = Object.keys(value);
    const kept: Record<string, unknown> = {};
    for (const name of names.slice(0, ITEMS)) {
      if (this.#left <= 0) break;
      const item = value[name];
      const shown = this.#text(name);
      Object.defineProperty(kept, shown, {
        value: isSecretField(name, item) ? REDACTED : this.#value(item, depth + 1),
        enumerable: true,
      });
    }
    const left = names.length - Object.keys(kept).length;
    return left > 0 ? { ...kept, '…': `${left} more` } : kept;
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null) {
      this.#left -= 8;
      return this.#redactor.strings(value);
    }
    if (depth >= DEPTH) return '…';
    if (!Array.isArray(value)) return this.object(value as Arguments, depth);
    const kept: unknown[] = [];
    for (const item of value.slice(0, ITEMS)) {
      if (this.#left <= 0) break;
      kept.push(this.#value(item, depth + 1));
    }
    const left = value.length - kept.length;
    return left > 0 ? [...kept, `… ${left} more`] : kept;
  }

  #text(text: string): string {
    const length = Math.max(0, Math.min(TEXT, this.#left));
    const shown = this.#redactor.beginning(text, length);
    this.#left -= shown.length + 4;
    return text.length <= length ? shown : `${shown}… ${text.length - length} more characters`;
  }
}

/** How much of a command line an audit entry keeps: words, and characters of each. */
const WORDS = 32;
const LENGTH = 256;

/** A command line without known secrets, and without the values of flags and assignments whose name looks like a secret's. */
export function maskedWords(words: readonly string[], redactor: Pick<Redactor, 'text'>): string[] {
  return words.map((word, at) => {
    const before = words[at - 1] ?? '';
    const isFlag = before.startsWith('-') && !before.includes('=');
    if (isFlag && !word.startsWith('-') && looksSecret(before.replace(/^-+/, ''))) return REDACTED;
    return redactor.text(withoutAssigned(word, REDACTED));
  });
}

/** A command line as an audit entry keeps it: masked, and the start of a long one. */
export function auditedWords(words: readonly string[], redactor: Pick<Redactor, 'text'>): string[] {
  const shown = maskedWords(words.slice(0, WORDS), redactor).map((word) => word.slice(0, LENGTH));
  return words.length > WORDS ? [...shown, `… ${words.length - WORDS} more`] : shown;
}

/** How much of a statement an audit entry keeps, characters. */
const STATEMENT = 1000;
/** Where a text begins in a statement of SQL; some databases quote it by `"`, PostgreSQL also by `$$` or `$word$`. */
const literal = /['"]|\$\w*\$/;

/**
 * A statement of SQL as an audit entry keeps it. A statement that names a password or another secret ends before its first literal: where a
 * quoted text ends depends on the database and its settings.
 */
export function auditedStatement(statement: string): string {
  const names = statement.match(/\w+/g) ?? [];
  const namesSecret = names.some((name) => looksSecret(name) || name.toLowerCase() === 'identified');
  const first = namesSecret ? statement.search(literal) : -1;
  return (first < 0 ? statement : statement.slice(0, first) + REDACTED).slice(0, STATEMENT);
}
