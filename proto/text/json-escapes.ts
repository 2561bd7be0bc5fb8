/** So many times may a text be JSON inside a string of JSON: a result that is JSON, in the JSON of a message, in the JSON of a log. */
const MOST_LEVELS = 3;

const jsonEscape = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

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
  const text = outer.text.replace(jsonEscape, (_whole, code: string | undefined, letter = '') =>
    code === undefined ? (letters[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
  let places: Int32Array | undefined;
  const placeOf = (at: number) => {
    // Most texts hold no secret, and need no places.
    places ??= placesIn(outer.text, text.length);
    return outer.placeOf(places[at] ?? outer.text.length);
  };
  return { text, placeOf };
}

/** Where each character of the decoded text begins in the text with escapes. */
function placesIn(text: string, length: number): Int32Array {
  const places = new Int32Array(length);
  let at = 0;
  let from = 0;
  const copy = (end: number) => {
    for (; from < end; from += 1) places[at++] = from;
  };
  for (const { index, 0: whole } of text.matchAll(jsonEscape)) {
    copy(index);
    places[at++] = index;
    from = index + whole.length;
  }
  copy(text.length);
  return places;
}
