/**
 * Characters that change how the text around them is shown, or show nothing: control and format characters, the marks and overrides of writing
 * direction among them, lone surrogates, private use, the separators of lines and paragraphs, fillers, variation selectors, and the empty
 * Braille pattern. U+FE0F is visible after a pictograph that is shown as text without it: it makes the pictograph an emoji.
 */
const hidden =
  /(?!(?<=\p{Extended_Pictographic})(?<!\p{Emoji_Presentation})\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

/** The refusal of a text that is not visible as it is. */
export const MUST_BE_VISIBLE = 'must have no control, direction or other invisible characters';

/** Whether nothing in a text is hidden from its reader: the rule for names. */
export function isVisible(text: string): boolean {
  return text.search(hidden) < 0;
}

/** Text as a terminal or a page may show it: a hidden character is written as `\u{202e}`. */
export function shown(text: string): string {
  return text.replace(hidden, written);
}

/** The same for text of several lines: line ends and tabs stay. */
export function shownLines(text: string): string {
  return text.replace(hidden, (character) => (/[\n\t]/.test(character) ? character : written(character)));
}

/** JSON text with the same value, for a terminal: hidden characters in its strings are escapes. Line ends and tabs between tokens stay. */
export function shownJson(json: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(hidden, (character) =>
    /[\n\t]/.test(character) ? character : character.split('').map(escaped).join(''),
  );
}

/** A line of a log (JSON) for a program that shows its strings as they are: hidden characters in them are written out. */
export function shownLog(line: string): string {
  const write = (_: string, value: unknown) => (typeof value === 'string' ? shownLines(value) : value);
  return `${JSON.stringify(JSON.parse(line, write))}\n`;
}

/** Text from outside, fit to be kept: without hidden characters, of bounded length. */
export function printable(text: string, maxLength: number): string {
  return text.replace(hidden, '').slice(0, maxLength);
}

function written(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
