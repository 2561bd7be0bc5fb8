/** Text from outside, fit to be shown and logged: no control characters, of bounded length. */
export function printable(text: string, maxLength: number): string {
  return text.replace(/\p{C}/gu, '').slice(0, maxLength);
}
