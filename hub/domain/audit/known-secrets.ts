import { createHmac, randomBytes } from 'node:crypto';
import { SecretMatcher, SHORTEST } from '@roundhouse/proto/secret-matcher';
import { looksSecret, numberForms, urlPasswords } from '@roundhouse/proto/secret-names';

/**
 * The owner of a secret: the id of the record that holds it, {@link SHARED}, or {@link personalScope}. A secret of a record without a
 * personal owner counts in the record's own scope and among the shared secrets.
 */
export type SecretScope = string;

/** The secrets that admins and operators gave to the hub. */
export const SHARED: SecretScope = 'shared';

const PERSONAL = 'personal:';

/** The secrets of one person's own servers. The redactor looks for them only in texts about these servers and in texts of this person. */
export function personalScope(ownerId: string): SecretScope {
  return `${PERSONAL}${ownerId}`;
}

/** The redactor looks for a shorter value only if its name looks like a secret's: it looks for `production`, and not for `prod`. */
const SHORTEST_UNNAMED = 8;
/** The shortest line of a long value, such as a key in PEM form, that the redactor also looks for by itself: programs print line by line. */
const SHORTEST_LINE = 16;
/** The most texts to look for because of one sealed text: whole values first, then their lines. */
const MOST_OF_RECORD = 1024;
/** The most texts of one scope. A scope with more forgets the oldest ones. */
const MOST_OF_SCOPE = 4 * MOST_OF_RECORD;

/** The secrets to look for, by scope. It holds no text in the clear (see {@link SecretMatcher}). */
export class KnownSecrets {
  readonly #scopes = new Map<SecretScope, KnownScope>();
  /** Sealed texts are known by digests under a key of this process. */
  readonly #digestKey = randomBytes(32);

  /** Learns a sealed text: a single secret, or JSON with secrets by name. A known text costs only one digest. */
  learn(plain: string, scope: SecretScope): void {
    const digest = createHmac('sha256', this.#digestKey).update(plain).digest('base64');
    const scopes = scope.startsWith(PERSONAL) ? [scope] : [...new Set([scope, SHARED])];
    const without = scopes.map((name) => this.#scope(name)).filter((known) => !known.has(digest));
    if (without.length === 0) return;
    const texts = textsOf(plain);
    for (const known of without) known.add(digest, texts);
  }

  matchers(scope: SecretScope): readonly SecretMatcher[] {
    return this.#scopes.get(scope)?.matchers ?? [];
  }

  #scope(name: SecretScope): KnownScope {
    const known = this.#scopes.get(name) ?? new KnownScope(name === SHARED ? Number.POSITIVE_INFINITY : MOST_OF_SCOPE);
    this.#scopes.set(name, known);
    return known;
  }
}

/** The texts of one scope, in two generations: at the bound the older one is forgotten. */
class KnownScope {
  matchers: readonly [SecretMatcher] | readonly [SecretMatcher, SecretMatcher] = [new SecretMatcher()];
  readonly #most: number;
  readonly #digests = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }

  add(digest: string, texts: ReadonlySet<string>): void {
    if (this.matchers[0].size + texts.size > this.#most) {
      this.matchers = [new SecretMatcher(), this.matchers[0]];
      this.#digests.clear();
    }
    this.#digests.add(digest);
    for (const text of texts) this.matchers[0].add(text);
  }
}

function textsOf(plain: string): ReadonlySet<string> {
  const values = valuesOf(plain);
  const texts = new Set<string>();
  for (const part of [wholesOf, linesOf])
    for (const { name, value } of values) {
      const shortest = looksSecret(name) ? SHORTEST : SHORTEST_UNNAMED;
      for (const text of part(value)) {
        if (text.length < shortest) continue;
        for (const form of [text, ...formsOf(text)]) texts.add(form);
        if (texts.size >= MOST_OF_RECORD) return texts;
      }
    }
  return texts;
}

interface Named {
  readonly name: string;
  readonly value: string;
}

function valuesOf(plain: string): Named[] {
  if (plain.startsWith('{')) {
    try {
      const found: Named[] = [];
      collect(JSON.parse(plain), '', found);
      return found;
    } catch {
      // Not JSON: a single secret.
    }
  }
  return named('secret', plain);
}

function collect(value: unknown, name: string, found: Named[]): void {
  if (typeof value === 'string') found.push(...named(name, value));
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) collect(item, key, found);
}

/** A value, and the password in it if it is a URL: a program may print the password alone. */
function named(name: string, value: string): Named[] {
  return [{ name, value }, ...urlPasswords(value).map((password) => ({ name: 'password', value: password }))];
}

function wholesOf(value: string): string[] {
  // `Bearer …`: the word before a header's secret is no secret, and a program may print the secret without it.
  const [, bare] = /^\S+ (\S+)$/.exec(value) ?? [];
  return [value, ...(bare === undefined ? [] : [bare, ...passwordOf(value)]), ...keysOf(value), ...numberForms(value)];
}

/** The user and the password of HTTP's Basic authentication, and the password by itself. */
function passwordOf(value: string): string[] {
  const [, encoded = ''] = /^basic ([A-Za-z0-9+/]+=*)$/i.exec(value) ?? [];
  const pair = Buffer.from(encoded, 'base64').toString();
  const colon = pair.indexOf(':');
  return colon < 0 ? [] : [pair, pair.slice(colon + 1)];
}

function linesOf(value: string): string[] {
  return value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE) : [];
}

/** A webhook's secret without its prefix, and as the text that a client may have given. */
function keysOf(value: string): string[] {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+)=*$/.exec(value) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const text = bytes.toString();
  return encoded === '' ? [] : Buffer.from(text).equals(bytes) ? [encoded, text] : [encoded];
}

/** A text of these characters looks the same inside JSON and inside a URL, and each character is one byte. */
const SAME_EVERYWHERE = /^[\w.~-]*$/;

/** How a text looks inside JSON, inside a URL, and in base64. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  // Without the padding, so that `Zm8` is removed as well as `Zm8=`.
  const encoded = [bytes.toString('base64').replace(/(?<!=)=+$/, ''), bytes.toString('base64url')];
  if (SAME_EVERYWHERE.test(text)) return encoded;
  const json = JSON.stringify(text).slice(1, -1);
  // In JSON that is itself a string of JSON, as logs have it.
  const twice = JSON.stringify(json).slice(1, -1);
  return [json, twice, urlForm(text), ...encoded].flatMap((form) => [form, bytesOf(form)]).concat(bytesOf(text));
}

/** The UTF-8 bytes of a text, one character for each byte: the form in which the redactor searches streams. */
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
