import { withoutNumbers } from '@roundhouse/proto/json';
import { type Decoded, decodings } from '@roundhouse/proto/json-escapes';
import { type Found, SHORTEST } from '@roundhouse/proto/secret-matcher';
import { isSecretField, withoutAssigned } from '@roundhouse/proto/secret-names';
import { DomainError } from '../errors.js';
import { Turns } from '../event-loop.js';
import { KnownSecrets, personalScope, type SecretScope, SHARED } from './known-secrets.js';

/** Replaces a secret. */
export const REDACTED = '[REDACTED]';

/** The redactor drops deeper values. */
const MAX_DEPTH = 64;

/** Names of fields that programs read: a value of a person, such as `description`, must not change them. A secret in such a name is only letters. */
const PLAIN_NAME = /^[$_A-Za-z]{1,32}$/;

/**
 * The most characters that a redactor compares to find out which secrets the caller has sent: 50 ms in the worst case. After that it removes a
 * secret without this check.
 */
const MOST_STEPS = 512 * 1024 * 1024;

/** The characters that a cut in the middle of an escape may add to the decoded text, on all levels. */
const CUT_ESCAPE = 32;

/** Keywords of JSON Schema and of tools' definitions: programs read their values, and a value of a person must not change them. */
const KEYWORDS: ReadonlySet<string> = new Set(['name', 'type', 'format', 'required', '$schema', '$id', '$ref']);

/**
 * Removes sealed values from all texts that the hub stores or shows: audit entries, events, states, errors, logs.
 *
 * It looks for the secrets of its scopes only. A text of a server is searched for that server's secrets: if it were searched for all
 * secrets, a person who guesses a secret of another server would see which guess was taken out, and a value that one person chose would be
 * missing in the texts of all others.
 *
 * A secret that was replaced or deleted stays known until the hub restarts: it may still be valid at its service. The redactor never
 * looks for values shorter than six characters, and for values shorter than eight only if their name looks like a secret's: taking `true`
 * or `prod` out of every text would hide nothing and make all of it unreadable.
 */
export class Redactor {
  readonly #known: KnownSecrets;
  readonly #scopes: readonly SecretScope[];
  readonly #given: string;
  /** Whether the caller has sent a secret, as far as it is known. Each tool call has redactors of its own, and nearly none of them asks. */
  #wasGiven: Map<string, boolean> | undefined;
  #steps = 0;

  /** Without `scopes` it looks for the shared secrets. */
  constructor(known = new KnownSecrets(), scopes: readonly SecretScope[] = [SHARED], given = '') {
    this.#known = known;
    this.#scopes = scopes;
    this.#given = given;
  }

  /** How many texts it looks for. */
  get size(): number {
    let size = 0;
    for (const matcher of this.#matchers()) size += matcher.size;
    return size;
  }

  /** Learns a sealed text: a single secret, or JSON with secrets by name. */
  learn(plain: string, scope: SecretScope = SHARED): void {
    this.#known.learn(plain, scope);
  }

  /** A redactor for these scopes only. */
  of(...scopes: readonly SecretScope[]): Redactor {
    return new Redactor(this.#known, scopes, this.#given);
  }

  /** A redactor for these scopes in addition. */
  with(...scopes: readonly SecretScope[]): Redactor {
    const further = scopes.filter((scope) => !this.#scopes.includes(scope));
    return further.length === 0 ? this : this.of(...this.#scopes, ...further);
  }

  /** A redactor that keeps the caller's own texts: if it removed a guessed secret from an echo, the caller would know that the guess is right. */
  except(given: string): Redactor {
    // An echo may have other JSON escapes than the caller's text.
    return new Redactor(
      this.#known,
      this.#scopes,
      [given, ...[...decodings(given)].map(({ text }) => text)].join('\n'),
    );
  }

  /** Whether a text holds a secret, as it is or in JSON escapes. */
  touches(text: string): boolean {
    if (this.#given !== '') return this.find(text).length > 0;
    if (this.#holds(text)) return true;
    if (text.includes('\\')) for (const decoded of decodings(text)) if (this.#holds(decoded.text)) return true;
    return false;
  }

  /** Whether bytes hold a secret, one character for each byte. */
  touchesBytes(bytes: Buffer): boolean {
    for (const matcher of this.#matchers()) if (matcher.touchesBytes(bytes)) return true;
    return bytes.includes('\\') && this.touches(bytes.toString('latin1'));
  }

  /** The text without the secrets in it; the same text if it holds none. */
  text(text: string): string {
    if (text.length < SHORTEST || !this.touches(text)) return text;
    let rest = '';
    let from = 0;
    for (const { start, end } of this.find(text)) {
      rest += text.slice(from, start) + REDACTED;
      from = end;
    }
    return rest + text.slice(from);
  }

  /**
   * The first `length` characters of a text, without the secrets in them. The rest of a long text costs no search, except as much of it as a
   * secret that begins before the cut can take.
   */
  beginning(text: string, length: number): string {
    if (text.length <= length) return this.text(text).slice(0, length);
    let rest = '';
    let from = 0;
    for (const { start, end } of this.find(this.#searched(text, length))) {
      if (start >= length) break;
      rest += text.slice(from, start) + REDACTED;
      from = end;
    }
    return (rest + text.slice(from, Math.max(from, length))).slice(0, length);
  }

  /** The beginning of a text that holds each secret whole that begins before `length`, in JSON escapes too. */
  #searched(text: string, length: number): string {
    let longest = 0;
    for (const matcher of this.#matchers()) longest = Math.max(longest, matcher.longest);
    for (let margin = longest + CUT_ESCAPE; ; margin *= 2) {
      const part = text.slice(0, length + margin);
      const decoded = [...decodings(part)].at(-1)?.text ?? part;
      if (part.length === text.length || decoded.length >= length + longest + CUT_ESCAPE) return part;
    }
  }

  /** Where secrets are in a text, as they are or in JSON escapes, in order; no two places overlap. */
  find(text: string): readonly Found[] {
    const found: Found[] = [];
    this.#findIn({ text, placeOf: (at) => at }, found);
    for (const decoded of decodings(text)) this.#findIn(decoded, found);
    return joined(found);
  }

  #findIn({ text, placeOf }: Decoded, all: Found[]): void {
    const found: Found[] = [];
    for (const scope of this.#scopes)
      for (const matcher of this.#known.matchers(scope)) if (matcher.touches(text)) found.push(...matcher.find(text));
    for (const { start, end } of joined(found))
      if (this.#given === '' || !this.#isGiven(text.slice(start, end)))
        all.push({ start: placeOf(start), end: placeOf(end) });
  }

  #holds(text: string): boolean {
    // Each text passes here: a generator would cost more than most searches.
    for (const scope of this.#scopes)
      for (const matcher of this.#known.matchers(scope)) if (matcher.touches(text)) return true;
    return false;
  }

  /**
   * JSON text without secrets in its strings, numbers and names of fields. The structure stays, and names of letters only do, whatever the
   * secrets are.
   */
  json(text: string): string {
    if (!this.touches(text)) return text;
    try {
      return JSON.stringify(this.#leaves(this.#parsed(text), 0));
    } catch {
      return JSON.stringify(REDACTED);
    }
  }

  /** The same for a JSON value that is parsed already. */
  strings(value: unknown): unknown {
    return this.#leaves(value, 0);
  }

  /** As {@link strings}, in turns with other work. @throws the reason of the signal of the turns */
  stringsInTurns(value: unknown, turns = new Turns()): Promise<unknown> {
    return this.#leavesInTurns(value, 0, turns);
  }

  /** The same for a tool's definition: the values of keywords that programs read stay, too. */
  definition(text: string): string {
    return this.touches(text) ? JSON.stringify(this.#leaves(this.#parsed(text), 0, KEYWORDS)) : text;
  }

  /** A copy of a JSON value without secrets: known ones wherever they are, and the values of fields whose name looks like a secret's. */
  value(value: unknown): unknown {
    return this.#copy(value, 0);
  }

  /** The same for the details of an error or an event. */
  details(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return this.#copy(details, 0) as Readonly<Record<string, unknown>>;
  }

  /** The details of an audit entry: without secrets as {@link Redactor.details}, and without values that texts assign to names of secrets. */
  audited(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const text = (given: string) => this.text(withoutAssigned(given, REDACTED));
    return this.#copy(details, 0, text) as Readonly<Record<string, unknown>>;
  }

  /** The error as a client may see it: message and details without secrets; the same error if it holds none. */
  error<E>(error: E): E | DomainError {
    if (!(error instanceof DomainError)) return error;
    const details = JSON.stringify(error.details);
    if (!this.touches(error.message) && !this.touches(details)) return error;
    return new DomainError(
      error.code,
      this.text(error.message),
      this.#leaves(error.details, 0) as typeof error.details,
    );
  }

  #copy(value: unknown, depth: number, text = (given: string) => this.text(given)): unknown {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null) return this.#withoutText(value);
    if (depth >= MAX_DEPTH) return REDACTED;
    if (Array.isArray(value)) return value.map((item) => this.#copy(item, depth + 1, text));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        this.text(name),
        isSecretField(name, item) ? REDACTED : this.#copy(item, depth + 1, text),
      ]),
    );
  }

  /** Known secrets only: an error that says which `token` it did not expect stays readable. */
  #leaves(value: unknown, depth: number, kept?: ReadonlySet<string>): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return this.#withoutText(value);
    if (depth >= MAX_DEPTH) return REDACTED;
    if (Array.isArray(value)) return value.map((item) => this.#leaves(item, depth + 1, kept));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        PLAIN_NAME.test(name) ? name : this.text(name),
        kept?.has(name) && isKeywordValue(item) ? item : this.#leaves(item, depth + 1, kept),
      ]),
    );
  }

  async #leavesInTurns(value: unknown, depth: number, turns: Turns): Promise<unknown> {
    if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return this.#leaves(value, depth);
    const changed: [string, unknown][] = [];
    for (const [name, item] of Object.entries(value)) {
      if (turns.due) await turns.next();
      const isWhole = typeof item !== 'object' || item === null;
      const leaf = isWhole ? this.#leaves(item, depth + 1) : await this.#leavesInTurns(item, depth + 1, turns);
      changed.push([PLAIN_NAME.test(name) ? name : this.text(name), leaf]);
    }
    return Array.isArray(value) ? changed.map(([, item]) => item) : Object.fromEntries(changed);
  }

  /** A value of JSON that is no text: programs print a secret of digits as a number. `true`, `false` and `null` are too short for a secret. */
  #withoutText(value: unknown): unknown {
    return typeof value === 'number' && this.touches(String(value)) ? REDACTED : value;
  }

  /** Parses JSON. A number that holds a secret becomes a text before: the parser would round it, and leave most digits of the secret. */
  #parsed(json: string): unknown {
    return JSON.parse(withoutNumbers(json, (number) => this.touches(number), REDACTED));
  }

  #isGiven(text: string): boolean {
    this.#wasGiven ??= new Map();
    const known = this.#wasGiven.get(text);
    if (known !== undefined) return known;
    const escaped = JSON.stringify(text).slice(1, -1);
    const forms = escaped === text ? [text] : [text, escaped];
    // At worst, a search compares the whole text at each place.
    this.#steps += forms.reduce((sum, { length }) => sum + length, 0) * this.#given.length;
    const isGiven = this.#steps <= MOST_STEPS && forms.some((form) => this.#given.includes(form));
    this.#wasGiven.set(text, isGiven);
    return isGiven;
  }

  *#matchers() {
    for (const scope of this.#scopes) yield* this.#known.matchers(scope);
  }
}

/** Passes on an agent's messages during a call as JSON text without secrets; absent without a listener. */
export function cleaned(
  redactor: Redactor,
  tell: ((json: string) => void) | undefined,
): ((json: Uint8Array) => void) | undefined {
  return tell && ((json) => tell(redactor.json(Buffer.from(json).toString())));
}

function isKeywordValue(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
}

/** Overlapping places as one, in order. */
function joined(found: Found[]): Found[] {
  found.sort((a, b) => a.start - b.start);
  const all: Found[] = [];
  for (const { start, end } of found) {
    const last = all.at(-1);
    if (last && start < last.end) all[all.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else all.push({ start, end });
  }
  return all;
}

/** The parts of a server that determine its secrets. */
export interface SecretHolder {
  readonly id: string;
  readonly ownerId?: string | undefined;
  /** Ids of the external databases that its environment names. */
  readonly databases?: readonly string[] | undefined;
}

/** The scope of a server's own secrets. */
export function secretScope({ id, ownerId }: Pick<SecretHolder, 'id' | 'ownerId'>): SecretScope {
  return ownerId === undefined ? id : personalScope(ownerId);
}

/** The scopes of all secrets that a server has: its own, and those of the databases that its environment names. */
export function secretScopes(server: SecretHolder): SecretScope[] {
  return [secretScope(server), ...(server.databases ?? [])];
}

/**
 * The redactor for texts of a server, its log included. It looks for the secrets that the server has, and for no others: a caller of the
 * server's tools can make it print guesses of other secrets, and a reader would see which guess is missing.
 */
export function redactorOf(redactor: Redactor, server: SecretHolder): Redactor {
  return redactor.of(...secretScopes(server));
}
