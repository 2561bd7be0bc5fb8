/**
 * Characters that change how the text around them is shown, or show nothing: control and format characters, the marks and overrides of writing
 * direction among them, lone surrogates, private use, and the separators of lines and paragraphs.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu;

/** Whether nothing in a text is hidden from its reader: the rule for names. */
export function isVisible(text: string): boolean {
  return text.search(hidden) < 0;
}

/** Text as a terminal or a page may show it: a hidden character is written as `\u{202e}`. */
export function shown(text: string): string {
  return text.replace(hidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
