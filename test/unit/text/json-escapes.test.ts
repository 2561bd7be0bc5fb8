import { decodings } from '@roundhouse/proto/json-escapes';
import t, { type Test } from 'tap';

/** A plain form of the same: a regular expression for each level. */
function expected(text: string) {
  const pattern = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
  const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
  const levels: { text: string; places: number[] }[] = [];
  let outer = { text, places: Array.from({ length: text.length + 1 }, (_, at) => at) };
  while (levels.length < 3) {
    const inner = { text: '', places: [] as number[] };
    const copy = (from: number, to: number) => {
      for (let at = from; at < to; at += 1) inner.places.push(outer.places[at] as number);
      inner.text += outer.text.slice(from, to);
    };
    let from = 0;
    for (const { 0: whole, 1: code, 2: letter = '', index } of outer.text.matchAll(pattern)) {
      copy(from, index);
      inner.places.push(outer.places[index] as number);
      inner.text += code ? String.fromCharCode(Number.parseInt(code, 16)) : (letters[letter] ?? letter);
      from = index + whole.length;
    }
    copy(from, outer.text.length);
    if (inner.text === outer.text) break;
    inner.places.push(text.length);
    levels.push(inner);
    outer = inner;
  }
  return levels;
}

function check(t: Test, text: string): boolean {
  const found = [...decodings(text)].map((decoded) => ({
    text: decoded.text,
    places: Array.from({ length: decoded.text.length + 1 }, (_, at) => decoded.placeOf(at)),
  }));
  const wanted = expected(text);
  if (JSON.stringify(found) === JSON.stringify(wanted)) return true;
  t.same(found, wanted, JSON.stringify(text));
  return false;
}

t.test('the decodings of a text, and their places, are those of a plain search for escapes', async (t) => {
  const pieces = ['\\', '\\\\', '\\u', '\\u005c', '\\u005C', '\\u00', '\\uD83D', '\\ude00', '\\uzzzz', '\\u00g1', 'u'];
  pieces.push(
    '0041',
    '"',
    '\\"',
    '\\/',
    '/',
    'n',
    '\\n',
    'b',
    'f',
    'r',
    't',
    'a',
    'é',
    '😀',
    '\ud83d',
    '\ude00',
    '\0',
    '\n',
  );
  // A fixed sequence of numbers, so that each run has the same texts.
  let state = 1;
  const draw = (most: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % most;
  };
  for (let i = 0; i < 20_000; i += 1) {
    const text = Array.from({ length: draw(16) }, () => pieces[draw(pieces.length)]).join('');
    if (!check(t, text)) return;
  }
  let nested = 'a "quoted" \\ text/with\n\u0007 😀 \ud83d';
  for (let level = 0; level < 5; level += 1) {
    if (!check(t, nested)) return;
    nested = JSON.stringify(nested);
  }
  for (const text of [
    '',
    'plain',
    '\\'.repeat(4097),
    '\\u0041'.repeat(700),
    '\\u005c'.repeat(700),
    '\\\\\\\\/'.repeat(700),
  ])
    if (!check(t, text)) return;
  t.pass('all texts');
});
