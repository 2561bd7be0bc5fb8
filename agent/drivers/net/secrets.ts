import { withoutNumbers } from '@roundhouse/proto/json';
import { decodings } from '@roundhouse/proto/json-escapes';
import { type Found, SecretMatcher, SHORTEST } from '@roundhouse/proto/secret-matcher';

/** The longest received secret that is searched for, characters: an HTTP server accepts no longer header. */
const longestReceived = 16_384;

/** The most received secrets that are searched for: a token may still be in an answer after it was replaced. */
const mostReceived = 32;

/**
 * Secrets that are removed from shown texts, in all forms in which programs print them. The secrets of a registration are given. Tokens are
 * received later, and the oldest tokens are forgotten.
 */
export class Secrets {
  readonly #given: readonly string[];
  #received: readonly string[] = [];
  /** The matcher's work is linear in the text, even for the tokens of a hostile authorization server. */
  #matcher = new SecretMatcher();
  /** Given secrets that the matcher leaves out. */
  readonly #short: readonly string[];

  constructor(given: readonly string[] = []) {
    this.#given = given.flatMap(formsOf);
    this.#short = longestFirst(this.#given.filter(({ length }) => length < SHORTEST));
    this.#learn(this.#given);
  }

  /** Learns received secrets. It does not look for short ones: a text without each `a` is unreadable. */
  learn(...received: readonly (string | undefined)[]): void {
    const isUsable = (text: string | undefined): text is string =>
      text !== undefined && text.length >= SHORTEST && text.length <= longestReceived;
    const fresh = received.filter(isUsable).filter((text) => !this.#received.includes(text));
    if (fresh.length === 0) return;
    this.#received = [...new Set([...fresh, ...this.#received])].slice(0, mostReceived);
    this.#learn([...this.#given, ...this.#received.flatMap(formsOf)]);
  }

  #learn(forms: readonly string[]): void {
    this.#matcher = new SecretMatcher();
    for (const form of forms) this.#matcher.add(form);
  }

  /** The text without secrets; the same text if it has none. */
  readonly hide = (text: string): string => {
    const found = [...this.#matcher.find(text)];
    for (const decoded of decodings(text))
      for (const { start, end } of this.#matcher.find(decoded.text))
        found.push({ start: decoded.placeOf(start), end: decoded.placeOf(end) });
    const rest = without(text, found);
    return this.#short.reduce((left, form) => (left.includes(form) ? left.replaceAll(form, '[secret]') : left), rest);
  };
}

function without(text: string, found: readonly Found[]): string {
  if (found.length === 0) return text;
  let rest = '';
  let from = 0;
  for (const { start, end } of found.toSorted((a, b) => a.start - b.start)) {
    // Places of a text and of its decoded forms overlap.
    if (start >= from) rest += `${text.slice(from, start)}[secret]`;
    from = Math.max(from, end);
  }
  return rest + text.slice(from);
}

/** A JSON value without secrets; the same value if it has none. */
export function hidden(hide: Secrets['hide'], value: unknown): unknown {
  const json = JSON.stringify(value) ?? '';
  return hide(json) === json ? value : parsedWithout(hide, json);
}

/** The text of a JSON value without secrets; the same text if it has none. A value that cannot be kept becomes a string. */
export function hiddenJson(hide: Secrets['hide'], json: string): string {
  return hide(json) === json ? json : JSON.stringify(parsedWithout(hide, json));
}

function parsedWithout(hide: Secrets['hide'], json: string): unknown {
  try {
    return JSON.parse(hide(withoutNumbers(json, (number) => hide(number) !== number, '[secret]')));
  } catch {
    // A secret with quotes was removed together with parts of the JSON structure.
    return '[secret]';
  }
}

/** The longest form comes first, because one secret may be part of another. */
function longestFirst(forms: readonly string[]): string[] {
  return [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
}

/** The forms in which HTTP's Basic authentication sends a user and a password: unchanged, and encoded as RFC 6749 encodes a client's. */
export function basicForms(user: string, password: string): string[] {
  if (password === '') return [];
  const encoded = [user, password].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return [`${user}:${password}`, encoded.join(':')].map((pair) => Buffer.from(pair).toString('base64'));
}

/** How a secret may be printed: as it is, inside JSON, in a URL or a form, and in base64. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Without the padding, so that `Zm8` is removed as well as `Zm8=`.
  const [base64, base64url] = [bytes.toString('base64').replace(/(?<!=)=+$/, ''), bytes.toString('base64url')];
  // Half a surrogate pair is never sent: the bytes have a replacement for it.
  const encoded = [encodeURIComponent(bytes.toString()), new URLSearchParams({ '': secret }).toString().slice(1)];
  return [secret, JSON.stringify(secret).slice(1, -1), ...encoded, base64, base64url];
}
