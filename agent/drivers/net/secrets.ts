import { type Found, SecretMatcher, SHORTEST } from '@roundhouse/proto/secret-matcher';

/** The longest received secret that is looked for, characters: an HTTP server takes no longer header. */
const longestReceived = 16_384;

/** As many received secrets are looked for: a token may still be in an answer after it was replaced. */
const mostReceived = 32;

/**
 * Secrets that are taken out of shown texts, in all the forms in which programs print them. Secrets of a registration are given; tokens are
 * received later, and the oldest ones are forgotten.
 */
export class Secrets {
  readonly #given: readonly string[];
  #received: readonly string[] = [];
  /** The matcher's work is linear in the text, whatever a hostile authorization server gives for a token. */
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

  /** The text without the secrets; the same one where there are none. */
  readonly hide = (text: string): string => {
    const rest = without(text, this.#matcher.find(text));
    return this.#short.reduce((left, form) => (left.includes(form) ? left.replaceAll(form, '[secret]') : left), rest);
  };
}

function without(text: string, found: readonly Found[]): string {
  if (found.length === 0) return text;
  let rest = '';
  let from = 0;
  for (const { start, end } of found) {
    rest += `${text.slice(from, start)}[secret]`;
    from = end;
  }
  return rest + text.slice(from);
}

/** A JSON value without secrets; the same one where there are none. */
export function hidden(hide: Secrets['hide'], value: unknown): unknown {
  const json = JSON.stringify(value) ?? '';
  const rest = hide(json);
  if (rest === json) return value;
  try {
    return JSON.parse(rest);
  } catch {
    // A secret that holds quotes took some of the structure along.
    return '[secret]';
  }
}

/** One secret may be part of another. */
function longestFirst(forms: readonly string[]): string[] {
  return [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
}

/** The forms in which HTTP's Basic authentication sends a user and a password, encoded as they are and as RFC 6749 encodes a client's. */
export function basicForms(user: string, password: string): string[] {
  if (password === '') return [];
  const encoded = [user, password].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return [`${user}:${password}`, encoded.join(':')].map((pair) => Buffer.from(pair).toString('base64'));
}

/** How a secret may be printed: as it is, inside JSON, in a URL or a form, and in base64. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Without the padding: of `Zm8=` the text without it is taken out, too.
  const [base64, base64url] = [bytes.toString('base64').replace(/(?<!=)=+$/, ''), bytes.toString('base64url')];
  // Half a character is not sent either: the bytes have a replacement for it.
  const encoded = [encodeURIComponent(bytes.toString()), new URLSearchParams({ '': secret }).toString().slice(1)];
  return [secret, JSON.stringify(secret).slice(1, -1), ...encoded, base64, base64url];
}
