import t from 'tap';
import { elementTexts, memberText, withElements, withMember } from '../../../hub/domain/mcp/json-text.js';

t.test('one member changes, and all else stays as it was written', async (t) => {
  const text = '{ "a" : 1.0, "name":"x\\"y" , "b":[ {"name":"in"} ]}';
  t.equal(withMember(text, 'name', '"z"'), '{ "a" : 1.0, "name":"z" , "b":[ {"name":"in"} ]}');
  t.equal(withMember('{}', 'name', '1'), '{"name":1}');
  t.equal(withMember('{"a":1}', 'name', '1'), '{"a":1,"name":1}');
  t.equal(memberText('{"n\\u0061me":true,"x":null}', 'name'), 'true', 'however its name is written');
  t.equal(memberText('{"a":1,"a":2}', 'a'), '2', 'the last of a name');
});

t.test('elements of an array', async (t) => {
  t.same(elementTexts('[1.0, "a,]", {"b":[1]} ]'), ['1.0', '"a,]"', '{"b":[1]}']);
  t.same(elementTexts('[ ]'), []);
  t.equal(
    withElements('{"x":1,"list":[1,2]}', 'list', (text) => `"${text}"`),
    '{"x":1,"list":["1","2"]}',
  );
  t.equal(
    withElements('{"list":{}}', 'list', () => '0'),
    '{"list":{}}',
  );
});
