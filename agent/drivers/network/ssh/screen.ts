// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals speak in control characters
const ansi = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()#][0-9A-Za-z]|[ -/]?[0-Z\\-~])/g;

/** A mark in place of a pager's line. The characters with which the device wipes that line follow it. */
export const pagerMark = '\ue000';
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals speak in control characters
const wipe = /\ue000(?:\x08+ *\x08*|\r? +\r|\x1b\[[0-9;]*[A-Za-z])*\r?(?!\n)/g;

/**
 * How many characters of an output are overwritten as on a screen, which takes an array element for each. The rest loses its control
 * characters.
 */
const mostOverwritten = 4 * 1024 * 1024;

/** Characters that a terminal does not simply show. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals speak in control characters
const special = /[\r\x00-\x08\x1b\x7f\ue000]/;

/** Characters that a terminal carries out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals speak in control characters
const unshown = /[\r\x00-\x08\x7f]/;
const allUnshown = new RegExp(unshown, 'g');

/** Text without colours and other escape sequences. */
export function withoutEscapes(text: string): string {
  return text.includes('\x1b') ? text.replace(ansi, '') : text;
}

/** A device's output as a terminal shows it: no escape sequences, backspaces and carriage returns carried out, `\n` as line end. */
export function screenText(raw: string): string {
  const lines = raw.replaceAll('\r\n', '\n');
  if (!special.test(lines)) return lines;
  const unpaged = raw.includes(pagerMark) ? raw.replace(wipe, '').replaceAll(pagerMark, '') : raw;
  const text = withoutEscapes(unpaged).replace(/(?<!\r)\r+\n/g, '\n');
  if (!unshown.test(text)) return text;
  let left = mostOverwritten;
  const shown = text.split('\n').map((line) => {
    if (!unshown.test(line)) return line;
    left -= line.length;
    return left < 0 ? line.replaceAll(allUnshown, '') : overwritten(line);
  });
  return shown.join('\n');
}

/** A line after its backspaces and carriage returns. */
function overwritten(line: string): string {
  if (!unshown.test(line)) return line;
  const cells: string[] = [];
  let at = 0;
  let wiped = false;
  for (const char of line) {
    if (char === '\b') {
      at = Math.max(0, at - 1);
      wiped = true;
    } else if (char === '\r') {
      at = 0;
      wiped = true;
    } else if (char >= ' ' && char !== '\x7f') {
      cells[at++] = char;
    } else if (char === '\t') {
      cells[at++] = char;
    }
  }
  const text = cells.join('');
  // Blanks that only wiped other characters are no text.
  return wiped ? text.trimEnd() : text;
}

/** The last line of a device's output, as a terminal would show it. */
export function lastLine(tail: string): string {
  const shown = tail.slice(tail.lastIndexOf('\n') + 1);
  if (!special.test(shown)) return shown;
  const line = withoutEscapes(shown);
  return overwritten(line.replace(/(?<!\r)\r+$/, ''));
}

/** A message that a device may write at any time: `*Mar  1 00:01:02.003: %LINK-3-UPDOWN: …`. */
const syslogLine =
  /^(?:<\d+>)?(?:\d+:\s)?(?:[*.]?(?:\w{3}\s+\d{1,2}(?:\s\d{4})?|\d{4}\s\w{3}\s+\d{1,2})\s[\d:.]+(?:\s\w{1,6})?(?:\s[\w.-]+)?:?\s)?%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+:/;

/** Whether a line is a device's log message. */
export function isSyslog(line: string): boolean {
  return syslogLine.test(line);
}

/** How far into the output an echo may begin, characters. */
const farthest = 16 * 1024;
/** How many characters are compared, because an echo may begin at many positions. */
const mostCompared = 256 * 1024;

/**
 * The position after the echo of the sent text; -1 while the echo is not complete. The device may wrap the echo at its line's end, scroll
 * it sideways, or write a message before it.
 */
export function afterEcho(text: string, sent: string): number {
  // The usual case: the echo is unchanged, and the text begins with it.
  if (sent !== '' && text.startsWith(sent) && text.startsWith('\r\n', sent.length)) return sent.length + 2;
  const letters = sent.replace(/\s+/g, '');
  if (letters === '') return text.indexOf('\n') + 1 || -1;
  const first = letters.charAt(0);
  let compared = 0;
  for (let from = text.indexOf(first); from >= 0 && from < farthest; from = text.indexOf(first, from + 1)) {
    if (compared > mostCompared) return -1;
    const { end, at } = match(text, from, letters);
    compared += at - from;
    if (end < 0) continue;
    const lineEnd = text.indexOf('\n', end);
    // A later echo would end later, too. So this function reads a text without another line once, and not once for each beginning.
    if (lineEnd < 0) return -1;
    // The letters must end a line.
    if (!/[^\s\b]/.test(text.slice(end, lineEnd))) return lineEnd + 1;
  }
  return -1;
}

/**
 * The end of the letters that begin here. Blanks, wraps and backspaces between them are skipped; -1 if there are other characters.
 * `at`: how far the text was compared.
 */
function match(text: string, from: number, letters: string): { readonly end: number; readonly at: number } {
  let at = from;
  for (const letter of letters) {
    while (at < text.length && text.charAt(at) !== letter) {
      if (!/[\s\b$<]/.test(text.charAt(at))) return { end: -1, at };
      at++;
    }
    if (at >= text.length) return { end: -1, at };
    at++;
  }
  return { end: at, at };
}
