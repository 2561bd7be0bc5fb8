import { CostlyPattern, compilePattern, mostPatternWork, patternWork } from '@roundhouse/proto/patterns';
import { RE2JS } from 're2js';
import t from 'tap';

t.test('the work of a pattern is counted before it is compiled', async (t) => {
  for (const [pattern, work] of [
    ['abc', 3],
    ['a{1000}', 1000 + 4000],
    ['(?:a{10}){10}', 10 * (8 + 1 + 9 + 40) + 40 + 10],
    ['[a-z]', 5],
    ['(?i)[a-h]', 8 + 1 + 4 + 2],
    [String.raw`\Q[a-z]{9}\E`, 12],
    [String.raw`\pL`, 1000],
  ] as const)
    t.equal(patternWork(pattern), work, pattern);
});

t.test('patterns that are dear to compile are refused', async (t) => {
  for (const pattern of [
    `(?i)${'[a-ﬀ]'.repeat(50)}`,
    `(?i:${'[a-ﬀ]'.repeat(50)})`,
    `(?s-i:x)${String.raw`(?i)[\x{61}-\x{fb00}]`.repeat(9)}`,
    `(?i)${String.raw`[\t-ﬀ]`.repeat(9)}`,
    `(?i)${'[^]-ﬀ]'.repeat(9)}`,
    String.raw`(\pL{1,30}){1,33}`,
    String.raw`[[:alpha:]\pL]{30}`,
    '((a?){100}){100}',
    'x'.repeat(mostPatternWork + 1),
  ])
    t.throws(() => compilePattern(pattern), CostlyPattern, pattern.slice(0, 40));
});

t.test('patterns in use are compiled', async (t) => {
  for (const [pattern, text] of [
    ['(?i)error|warn|fatal', 'Warn'],
    [String.raw`^[\w.+-]{1,64}@[\w-]+(\.[\w-]+){1,8}$`, 'a.b@example.com'],
    ['^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$', 'web-1.example.com'],
    ['(?i)[a-z]{1,1000}', 'ABC'],
    [String.raw`\p{Lu}\p{Ll}+`, 'Ärger'],
  ] as const)
    t.equal(compilePattern(pattern)(text), true, pattern);
});

t.test('a budget is for all patterns that share it', async (t) => {
  const budget = { left: 10 };
  compilePattern('abcdef', budget);
  t.throws(() => compilePattern('abcdef', budget), CostlyPattern);
  compilePattern('abcd', budget);
  t.equal(budget.left, 0);
});

t.test('no program is larger than the work that was counted', async (t) => {
  let seed = 20_260;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const parts = 'a|é|.|\\pL|\\w|\\x41|[a-z]|[^a]|[]a]|[^]a-]|[\\pL_]|[[:alpha:]]|\\Qa[b\\E|\\b|^|$'.split('|');
  const repeats = ['', '', '', '*', '+?', '?', '{3}', '{2,}', '{0,9}', '{10,20}', '{200}'];
  const groups = ['(', '(?:', '(?i:'];
  const made = (depth: number): string =>
    Array.from({ length: 1 + random(5) }, () => {
      const inner =
        depth > 0 && random(3) === 0 ? `${groups[random(3)]}${made(depth - 1)})` : parts[random(parts.length)];
      return `${inner}${repeats[random(repeats.length)]}${random(6) === 0 ? '|' : ''}`;
    }).join('');
  let compiled = 0;
  for (let round = 0; round < 1500; round += 1) {
    const pattern = made(3);
    const work = patternWork(pattern);
    if (work > mostPatternWork) continue;
    try {
      const size = RE2JS.compile(pattern).programSize();
      compiled += 1;
      // Two instructions begin and end every program.
      if (size > work + 4) t.fail(`${pattern}: ${size} instructions, counted ${work}`);
    } catch (error) {
      t.equal((error as Error).name, 'RE2JSSyntaxException', pattern);
    }
  }
  t.ok(compiled > 500, `${compiled} patterns were compiled`);
});
