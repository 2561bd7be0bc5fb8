/** Invisible characters, or characters that change how a text looks. */
interface HiddenKind {
  readonly name: string;
  readonly pattern: RegExp;
  /** Whether the characters have a proper use at their place. */
  readonly proper?: (text: string, at: number, found: string) => boolean;
}

const pictograph = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f|\u20e3)$/u;
/** Scripts whose letters are joined or kept apart by invisible characters. */
const joining =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

const kinds: readonly HiddenKind[] = [
  {
    name: 'tag characters',
    pattern: /[\u{e0000}-\u{e007f}]+/gu,
    // The flags of England, Scotland and Wales consist of these characters.
    proper: (text, at, found) => /\u{1f3f4}$/u.test(text.slice(Math.max(0, at - 2), at)) && [...found].length <= 7,
  },
  { name: 'bidirectional overrides and embeddings', pattern: /[\u202a-\u202e\u2066-\u2069]/gu },
  {
    name: 'bidirectional marks',
    pattern: /[\u200e\u200f\u061c]/gu,
    proper: (text) => rightToLeft.test(text),
  },
  {
    name: 'zero-width joiners',
    pattern: /[\u200c\u200d]+/gu,
    proper: (text, at, found) => {
      const [before, after] = [
        text.slice(Math.max(0, at - 2), at),
        text.slice(at + found.length, at + found.length + 2),
      ];
      if (found.length > 1) return false;
      if (joining.test(before)) return true;
      return found === '\u200d' && pictograph.test(before) && /^\p{Extended_Pictographic}|^[♀♂⚕]/u.test(after);
    },
  },
  {
    name: 'zero-width and invisible characters',
    pattern:
      /(?:[\u200b\u2060-\u2065\u206a-\u206f\ufeff\u00ad\u115f\u1160\u180e\u3164\uffa0\ufff0-\ufffb]|\u034f|\u17b4|\u17b5|\u180b|\u180c|\u180d|\u180f)+/gu,
  },
  {
    name: 'variation selectors',
    pattern: /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]+/gu,
    // One selector after a visible character chooses its form. Several together can hide a text.
    proper: (text, at, found) => [...found].length === 1 && at > 0 && /\S$/u.test(text.slice(0, at)),
  },
  { name: 'control characters', pattern: /[^\P{Cc}\t\n\r]+/gu },
  { name: 'private-use characters', pattern: /\p{Co}+/gu },
];

/** The hidden characters of a text, by kind; `undefined` if the text has no hidden characters. */
export function hiddenText(text: string): { readonly name: string; readonly shown: string } | undefined {
  for (const { name, pattern, proper } of kinds) {
    for (const match of text.matchAll(pattern)) {
      const [found] = match;
      if (proper?.(text, match.index, found)) continue;
      const points = [...found].slice(0, 8).map((character) => `U+${hex(character)}`);
      const read = [...found].map(tagLetter).join('');
      return { name, shown: `${points.join(' ')}${read === '' ? '' : `, which reads '${read.slice(0, 200)}'`}` };
    }
  }
  return undefined;
}

/** A text without its hidden characters, tag characters as the letters that they stand for. */
export function withoutHidden(text: string): string {
  const readable = text.replace(/[\u{e0020}-\u{e007e}]/gu, tagLetter);
  return kinds.reduce((rest, { pattern }) => rest.replace(pattern, ''), readable);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** The letter that a tag character stands for; empty for others. */
function tagLetter(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return point >= 0xe0020 && point <= 0xe007e ? String.fromCharCode(point - 0xe0000) : '';
}
