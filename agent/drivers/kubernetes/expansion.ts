/**
 * Whether Kubernetes may put another text in the place of a part of this text: `$(NAME)` becomes the value of a variable. `$$(NAME)` is an
 * escape, and no such part.
 */
export function expands(text: string): boolean {
  return /(?<!\$)(?:\$\$)*\$\(/.test(text);
}

/** A text with its escapes as Kubernetes reads them: `$$` is a `$`. */
export function unescaped(text: string): string {
  return text.replaceAll('$$', () => '$');
}
