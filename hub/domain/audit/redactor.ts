import { DomainError } from '../errors.js';
import { type Found, SecretMatcher, SHORTEST } from './secret-matcher.js';
import { isSecretField, looksSecret } from './secret-names.js';

/** Replaces a secret. */
export const REDACTED = '[REDACTED]';

/** Values shorter than this are looked for only where their name says that they are secret: `production` is, `prod` is not. */
const SHORTEST_UNNAMED = 8;
/** Lines of a longer value (a key in PEM form) that are looked for by themselves too: programs print line by line. */
const SHORTEST_LINE = 16;
/** The redactor drops deeper values. */
const MAX_DEPTH = 64;

/**
 * Takes sealed values out of whatever is kept or shown: audit entries, events, states, errors, logs.
 *
 * It learns every text that the store seals or unseals, of every owner, and holds no text in the clear (see {@link SecretMatcher}).
 * A secret that was replaced or deleted stays known until the hub restarts: it may well still be good at its service. It never looks for
 * values shorter than six characters, and for values shorter than eight only if their name looks like a secret's: taking `true` or
 * `prod` out of every text would hide nothing and make all of it unreadable.
 */
export class Redactor {
  readonly #matcher = new SecretMatcher();

  /** How many texts it looks for. */
  get size(): number {
    return this.#matcher.size;
  }

  /** Learns a text as it was sealed: a secret by itself, or JSON with secrets by name. */
  learn(plain: string): void {
    if (plain.startsWith('{')) {
      try {
        this.#learnAll(JSON.parse(plain), '');
        return;
      } catch {
        // Not JSON after all: a secret by itself.
      }
    }
    this.#learnValue(plain, 'secret');
  }

  /** Whether a text holds a secret. */
  touches(text: string): boolean {
    return this.#matcher.touches(text);
  }

  /** The text without the secrets in it; the same one where there are none. */
  text(text: string): string {
    if (!this.#matcher.touches(text)) return text;
    let rest = '';
    let from = 0;
    for (const { start, end } of this.#matcher.find(text)) {
      rest += text.slice(from, start) + REDACTED;
      from = end;
    }
    return rest + text.slice(from);
  }

  /** Where secrets are in a text. */
  find(text: string): readonly Found[] {
    return this.#matcher.find(text);
  }

  /** A copy of a JSON value without secrets: known ones wherever they are, and the values of fields whose name looks like a secret's. */
  value(value: unknown): unknown {
    return this.#copy(value, 0);
  }

  /** The same for the details of an error or an event. */
  details(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return this.#copy(details, 0) as Readonly<Record<string, unknown>>;
  }

  /** The error as a client may see it: message and details without secrets; the same error if it holds none. */
  error<E>(error: E): E | DomainError {
    if (!(error instanceof DomainError)) return error;
    const details = JSON.stringify(error.details);
    if (!this.touches(error.message) && !this.touches(details)) return error;
    return new DomainError(error.code, this.text(error.message), this.#known(error.details, 0) as typeof error.details);
  }

  #copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return REDACTED;
    if (Array.isArray(value)) return value.map((item) => this.#copy(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        this.text(name),
        isSecretField(name, item) ? REDACTED : this.#copy(item, depth + 1),
      ]),
    );
  }

  /** Known secrets only: an error that says which `token` it did not expect stays readable. */
  #known(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return REDACTED;
    if (Array.isArray(value)) return value.map((item) => this.#known(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [this.text(name), this.#known(item, depth + 1)]),
    );
  }

  #learnAll(value: unknown, name: string): void {
    if (typeof value === 'string') this.#learnValue(value, name);
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) this.#learnAll(item, key);
  }

  #learnValue(value: string, name: string): void {
    const shortest = looksSecret(name) ? SHORTEST : SHORTEST_UNNAMED;
    // `Bearer …`: the word before a header's secret is no secret, and a program may print the secret without it.
    const [, bare] = /^\S+ (\S+)$/.exec(value) ?? [];
    const lines = value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE) : [];
    for (const text of [value, ...(bare === undefined ? [] : [bare]), ...lines, ...keysOf(value)]) {
      if (text.length < shortest) continue;
      this.#matcher.add(text);
      for (const form of formsOf(text)) if (form !== text) this.#matcher.add(form);
    }
  }
}

/** A webhook's secret without its prefix, and as the text that a client may have given. */
function keysOf(value: string): string[] {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+)=*$/.exec(value) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const text = bytes.toString();
  return encoded === '' ? [] : Buffer.from(text).equals(bytes) ? [encoded, text] : [encoded];
}

/** How a text looks inside JSON and inside a URL. */
function formsOf(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  // In JSON that is itself a string of JSON, as logs have it.
  const twice = JSON.stringify(json).slice(1, -1);
  return [json, twice, urlForm(text)].flatMap((form) => [form, bytesOf(form)]).concat(bytesOf(text));
}

/** A text as its UTF-8 bytes, one character each: how streams of bytes are looked through. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function urlForm(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half a surrogate pair: no URL can hold it.
    return text;
  }
}
