/** How far into the output an echo may begin, characters. */
const farthest = 16 * 1024;

/**
 * The position after the echo of the sent text; -1 while the echo is not complete. The device may wrap the echo at its line's end, scroll
 * it sideways, or write a message before it.
 */
export function afterEcho(text: string, sent: string): number {
  // The usual case: as it was sent, and nothing before it.
  if (sent !== '' && text.startsWith(sent) && text.startsWith('\r\n', sent.length)) return sent.length + 2;
  const letters = sent.replace(/\s+/g, '');
  if (letters === '') return text.indexOf('\n') + 1 || -1;
  const first = letters.charAt(0);
  for (let from = text.indexOf(first); from >= 0 && from < farthest; from = text.indexOf(first, from + 1)) {
    const end = match(text, from, letters);
    if (end < 0) continue;
    const lineEnd = text.indexOf('\n', end);
    // The letters in the middle of a line are no echo.
    if (lineEnd >= 0 && !/[^\s\b]/.test(text.slice(end, lineEnd))) return lineEnd + 1;
  }
  return -1;
}

/** Where the letters end that begin here, whatever blanks, wraps and backspaces stand between them; -1: others are in between. */
function match(text: string, from: number, letters: string): number {
  let at = from;
  for (const letter of letters) {
    while (at < text.length && text.charAt(at) !== letter) {
      if (!/[\s\b$<]/.test(text.charAt(at))) return -1;
      at++;
    }
    if (at >= text.length) return -1;
    at++;
  }
  return at;
}
