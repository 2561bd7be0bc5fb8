import {
  elementTexts,
  memberText,
  withElements,
  withMember,
  withMembers,
  withoutNumbers,
} from '@roundhouse/proto/json';
import t from 'tap';

t.test('a member comes out as it was written', async (t) => {
  const values = ['1.0', '12345678901234567890', '-0', '1E400', 'null', 'true', '"a\\"}],\\\\"', '{}', '[]'];
  values.push('{"a":[1,{"b":"}"}],"c":"\\u00e9]"}', '[[],[{"x":"["}]]', '"\\\\\\\\"');
  for (const value of values) {
    t.equal(memberText(`{"result":${value},"id":1}`, 'result'), value);
    t.equal(memberText(`{"id" : 1 ,\t"result" : ${value} }`, 'result'), value, 'with white space');
    t.equal(memberText(`{"x":{"result":2},"result":${value}}`, 'result'), value, 'behind one of the same name inside');
  }
});

t.test('members are found as JSON.parse finds them', async (t) => {
  t.equal(memberText('{"a":1,"a":2}', 'a'), '2', 'the last one counts');
  t.equal(memberText('{"\\u0061":1}', 'a'), '1', 'escaped names');
  t.equal(memberText('{"b":"a"}', 'a'), undefined, 'a value is no name');
  t.equal(memberText('{}', 'a'), undefined);
  t.equal(memberText(' { } ', 'a'), undefined);
  t.equal(memberText('{"ab":1}', 'a'), undefined);
});

t.test('random documents: each member equals that of JSON.parse', async (t) => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  const texts = ['', '"', '\\', '{', '}]', 'é👋', '\n', ',":'];
  const value = (depth: number): unknown => {
    const kind = random(depth > 3 ? 4 : 6);
    if (kind === 0) return random(1000) / 8;
    if (kind === 1) return texts[random(texts.length)];
    if (kind === 2) return [true, false, null][random(3)];
    if (kind === 3) return `${texts[random(texts.length)]}${texts[random(texts.length)]}`;
    if (kind === 4) return Array.from({ length: random(4) }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: random(4) }, (_, i) => [`${texts[random(8)]}${i}`, value(depth + 1)]),
    );
  };
  for (let i = 0; i < 500; i++) {
    const document = { first: value(0), result: value(0), last: value(0) };
    const text = JSON.stringify(document, null, random(2) * 2);
    for (const [name, expected] of Object.entries(document)) {
      t.same(JSON.parse(memberText(text, name) ?? 'undefined'), expected);
    }
    const list = [document.first, document.result];
    t.same(
      elementTexts(JSON.stringify(list, null, random(2) * 2)).map((one) => JSON.parse(one)),
      list,
    );
  }
});

t.test('elements come out as they were written', async (t) => {
  t.same(elementTexts('[1.0, {"a":[1,2]} ,"]"]'), ['1.0', '{"a":[1,2]}', '"]"']);
  t.same(elementTexts('[ ]'), []);
});

t.test('members are added at the end', async (t) => {
  t.equal(withMembers('{"a":1}', '"b":2'), '{"a":1,"b":2}');
  t.equal(withMembers('{ }', '"b":2'), '{"b":2}');
});

t.test('one member changes, and all else stays as it was written', async (t) => {
  const text = '{ "a" : 1.0, "name":"x\\"y" , "b":[ {"name":"in"} ]}';
  t.equal(withMember(text, 'name', '"z"'), '{ "a" : 1.0, "name":"z" , "b":[ {"name":"in"} ]}');
  t.equal(withMember('{}', 'name', '1'), '{"name":1}');
  t.equal(withMember('{"a":1} ', 'name', '1'), '{"a":1,"name":1}');
});

t.test('some numbers become strings, and all else stays as it was written', async (t) => {
  const json = '{"a\\\\":[12 ,-1.50e+3,"12 \\"12", true],"b":1.0,"12":-12}';
  const seen: string[] = [];
  const isReplaced = (number: string) => {
    seen.push(number);
    return /12|1\.5/.test(number);
  };
  const changed = '{"a\\\\":["?" ,"?","12 \\"12", true],"b":1.0,"12":"?"}';
  t.equal(withoutNumbers(json, isReplaced, '?'), changed);
  t.same(seen, ['12', '-1.50e+3', '1.0', '-12']);
  t.equal(
    withoutNumbers('[1,"12', () => true, '?'),
    '["?","12',
    'a text that is no JSON',
  );
});

t.test('elements of a member change', async (t) => {
  t.equal(
    withElements('{"x":1,"list":[1,2]}', 'list', (text) => `"${text}"`),
    '{"x":1,"list":["1","2"]}',
  );
  t.equal(
    withElements('{"list":{}}', 'list', () => '0'),
    '{"list":{}}',
  );
});

t.test('text that is no JSON ends in an answer or an error', async (t) => {
  const ends = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      t.ok(error instanceof SyntaxError, String(error));
    }
  };
  for (const text of [
    '[}]',
    '{"content":[}],"a":"resource"}',
    '[',
    '[\u0000]',
    '["',
    '{"a"',
    '{"a":',
    '{"a":1,',
    '[1 2',
    '',
  ]) {
    ends(() => elementTexts(text));
    ends(() => memberText(text, 'a'));
    ends(() => withElements(text, 'content', () => '1'));
  }
  t.throws(() => elementTexts('[}]'), SyntaxError, 'no value begins at a closing bracket');
});
