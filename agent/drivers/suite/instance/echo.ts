import type { Canary } from './canaries.js';

/** A canary that the server has shown. */
export interface Echo {
  readonly name: string;
  /** The form of the canary: `plain`, `base64`, … */
  readonly form: string;
  /** `message` or `stderr`. */
  readonly where: string;
  /** The test that ran. */
  readonly during: string;
}

/** The least number of random characters of a value: a shorter one may occur by chance. */
const leastDrawn = 6;
/** How much of one text is searched, characters. */
const longestText = 8 * 1024 * 1024;

/**
 * Searches all output of a server for canaries, also in base64, hexadecimal, percent-encoding and reversed. A program that got only
 * canaries can show no other secrets of its environment.
 */
export class EchoWatch {
  readonly #needles: readonly { readonly name: string; readonly form: string; readonly text: string }[];
  readonly #echoes = new Map<string, Echo>();
  readonly #names: ReadonlyMap<string, string>;

  constructor(canaries: readonly Canary[]) {
    const usable = canaries.filter(({ value }) => value.replace(/[^a-z0-9]/gi, '').length >= leastDrawn);
    this.#needles = usable.flatMap(({ name, value }) => formsOf(value).map(([form, text]) => ({ name, form, text })));
    this.#names = new Map(usable.map(({ name, value }) => [value, name]));
  }

  /** The names of the values that the test looks for. */
  get names(): readonly string[] {
    return [...new Set(this.#names.values())];
  }

  /** The first echo of each value. */
  get echoes(): readonly Echo[] {
    return [...this.#echoes.values()];
  }

  heard(text: string, where: string, during: string): void {
    const looked = text.length > longestText ? text.slice(0, longestText) : text;
    const texts = looked.includes('\\u') || looked.includes('\\/') ? [looked, unescaped(looked)] : [looked];
    for (const { name, form, text: needle } of this.#needles) {
      if (this.#echoes.has(name) || !texts.some((each) => each.includes(needle))) continue;
      this.#echoes.set(name, { name, form, where, during });
    }
  }

  /** A text with the names of canaries in their place. */
  hide(text: string): string {
    let hidden = text;
    for (const { name, form, text: needle } of this.#needles)
      hidden = hidden.replaceAll(needle, `[value of ${name}${form === 'plain' ? '' : `, ${form}`}]`);
    return hidden;
  }
}

function formsOf(value: string): (readonly [form: string, text: string])[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString('hex');
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const forms: (readonly [string, string])[] = [
    ['plain', value],
    ['plain', JSON.stringify(value).slice(1, -1)],
    ['reversed', [...value].reverse().join('')],
    ['percent-encoded', encodeURIComponent(value)],
    ['percent-encoded', percent],
    ['percent-encoded', percent.toUpperCase()],
    ['hexadecimal', hex],
    ['hexadecimal', hex.toUpperCase()],
    // The text before the value shifts the groups of three bytes.
    ...[0, 1, 2].flatMap((shift) => [
      ['base64', encodedCore(bytes, shift, 'base64')] as const,
      ['base64', encodedCore(bytes, shift, 'base64url')] as const,
    ]),
  ];
  const seen = new Set<string>();
  return forms.filter(([, text]) => {
    if (text.length < leastDrawn || seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

/** The characters that depend only on the value, if `shift` bytes precede it. */
function encodedCore(value: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(shift), value])
    .toString(encoding)
    .replaceAll('=', '');
  const begin = Math.ceil((shift * 4) / 3);
  const end = Math.floor(((shift + value.length) * 8) / 6);
  return text.slice(begin, end);
}

function unescaped(text: string): string {
  return text
    .replaceAll('\\/', '/')
    .replace(/\\u([0-9a-f]{4})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
