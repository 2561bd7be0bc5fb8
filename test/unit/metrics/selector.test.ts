import { parser } from '@prometheus-io/lezer-promql';
import t, { type Test } from 'tap';
import { SelectorReader } from '../../../hub/metrics/selector.js';

/** Counts the steps of all parsers of the grammar until the test ends. */
function steps(t: Test): () => number {
  const prototype = Object.getPrototypeOf(parser) as typeof parser;
  const { createParse } = prototype;
  let count = 0;
  prototype.createParse = function counted(...given: Parameters<typeof createParse>) {
    const parse = createParse.apply(this, given);
    const advance = parse.advance.bind(parse);
    parse.advance = () => {
      count += 1;
      return advance();
    };
    return parse;
  };
  t.teardown(() => {
    prototype.createParse = createParse;
  });
  return () => count;
}

t.test('the reader of selectors stops at the first fault', async (t) => {
  const counted = steps(t);
  new SelectorReader().read('up{site="oslo"}');
  const needed = counted();
  t.ok(needed > 0, 'steps are counted');
  t.throws(() => new SelectorReader().read('}'.repeat(2000)), {
    message: `1:1: parse error: unexpected "${'}'.repeat(20)}"`,
  });
  t.ok(counted() - needed <= needed, 'no step for what comes behind the fault');
});

t.test('the error of a selector names the place of the fault', async (t) => {
  for (const [selector, message] of [
    ['', '1:1: parse error: unexpected end of input'],
    ['up{a="b"', '1:9: parse error: unexpected end of input'],
    ['up{,}', '1:4: parse error: unexpected ",}"'],
    ['up{a=b}', '1:6: parse error: unexpected "b}"'],
    ['up }', '1:4: parse error: unexpected "}"'],
    ['up{a="b" c="d"}', '1:10: parse error: unexpected "c=\\"d\\"}"'],
    ['up[5m]', '1:3: parse error: unexpected "[5m]"'],
  ] as const)
    t.throws(() => new SelectorReader().read(selector), { name: 'BadSelector', message }, selector);
});
