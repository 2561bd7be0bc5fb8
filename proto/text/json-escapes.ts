/** So many times may a text be JSON inside a string of JSON: a result that is JSON, in the JSON of a message, in the JSON of a log. */
const MOST_LEVELS = 3;

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** The code units that the letters after a backslash stand for, by the code unit of the letter; 0 for any other letter. */
const meanings = new Uint16Array(128);
for (const pair of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'])
  meanings[pair.charCodeAt(0)] = pair.charCodeAt(1);

/** A text with its JSON escapes decoded. */
export interface Decoded {
  readonly text: string;
  /** Where a place of the decoded text is in the first text. */
  readonly placeOf: (at: number) => number;
}

/**
 * A text as readers of its JSON see it: with its JSON escapes decoded, then with those of the JSON inside, as long as there are any.
 * Programs write the same character in many ways (`&` as `\u0026`, `/` as `\/`), so a search of the text as it is does not find it.
 */
export function* decodings(text: string): Generator<Decoded> {
  let outer: Decoded = { text, placeOf: (at) => at };
  for (let level = 0; level < MOST_LEVELS && outer.text.includes('\\'); level += 1) {
    const inner = decoded(outer);
    if (inner.text.length === outer.text.length) return;
    yield inner;
    outer = inner;
  }
}

function decoded(outer: Decoded): Decoded {
  const text = withoutEscapes(outer.text);
  let places: ArrayLike<number> | undefined;
  const placeOf = (at: number) => {
    // Most texts hold no secret, and need no places.
    places ??= placesIn(outer.text, text.length);
    return outer.placeOf(places[at] ?? outer.text.length);
  };
  return { text, placeOf };
}

/** Room for the code units of a short text: most texts are short, and new room takes longer than to decode them. */
const SHORT_TEXT = 4096;
const shortUnits = new Uint16Array(SHORT_TEXT);
const shortBytes = Buffer.from(shortUnits.buffer);

/** The text with its escapes decoded. A loop over code units: one call for each escape would take ten times as long and more in a text of backslashes. */
function withoutEscapes(text: string): string {
  const isShort = text.length <= SHORT_TEXT;
  const units = isShort ? shortUnits : new Uint16Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; length += 1) {
    const width = widthAt(text, at);
    units[length] = width === 1 ? text.charCodeAt(at) : unitOf(text, at, width);
    at += width;
  }
  return (isShort ? shortBytes : Buffer.from(units.buffer)).toString('utf16le', 0, 2 * length);
}

/** Where each character of the decoded text begins in the text with escapes. */
function placesIn(text: string, length: number): ArrayLike<number> {
  const places: Int32Array | number[] = length <= SHORT_TEXT ? [] : new Int32Array(length);
  for (let at = 0, i = 0; i < length; i += 1) {
    places[i] = at;
    at += widthAt(text, at);
  }
  return places;
}

/** The length of the escape that begins at a place; 1 if no escape begins there. */
function widthAt(text: string, at: number): 1 | 2 | 6 {
  if (text.charCodeAt(at) !== BACKSLASH) return 1;
  const letter = text.charCodeAt(at + 1);
  if (letter !== LETTER_U) return letter < meanings.length && meanings[letter] !== 0 ? 2 : 1;
  for (let i = at + 2; i < at + 6; i += 1) if (digitOf(text.charCodeAt(i)) < 0) return 1;
  return 6;
}

/** The code unit that an escape stands for. */
function unitOf(text: string, at: number, width: 2 | 6): number {
  if (width === 2) return meanings[text.charCodeAt(at + 1)] as number;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i += 1) unit = unit * 16 + digitOf(text.charCodeAt(i));
  return unit;
}

/** The value of a hexadecimal digit; -1 for any other code unit. */
function digitOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  // Letters in lower case.
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
