import t from 'tap';
import { compileExpression, evaluateText, expressionBounds } from '../../../hub/domain/workflows/expressions.js';

const run = (text: string, scope = {}) => compileExpression(text).evaluate(scope);
const numbers = Array.from({ length: 1000 }, (_, at) => at);

t.test('an expression reads inputs, results and items as JSON, and gives JSON', async (t) => {
  const scope = {
    inputs: { count: 2, ratio: 1.5, names: ['a', 'b'], on: true, none: null },
    steps: { 'look-up': { outputs: { rows: [{ id: 7, name: 'x' }] } } },
  };
  for (const [text, value] of [
    ['inputs.count + 1', 3],
    ['inputs.ratio * 2.0', 3],
    ['inputs.names.map(n, n + "!")', ['a!', 'b!']],
    ['steps["look-up"].outputs.rows.filter(r, r.id > 5)[0].name', 'x'],
    ['has(inputs.nothing) || inputs.on', true],
    ['inputs.none', null],
    ['{"a": {"b": [1, 2.5]}}', { a: { b: [1, 2.5] } }],
    ['fromJson("{\\"n\\": [1]}").n[0] == 1', true],
    ['toJson({"a": 1})', '{"a":1}'],
    ['"a-b".replace("-", "$&").split("$")[1]', '&b'],
    ['"web-12".matches("^[a-z]+-[0-9]+$")', true],
  ] as const)
    t.same(run(text, scope), value, text);
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows
t.test('a text that is an expression has its value, and a text around expressions is a text', async (t) => {
  const scope = { inputs: { n: 2, list: ['a'] } };
  t.equal(evaluateText('${{ inputs.n }}', scope), 2);
  t.same(evaluateText('${{ {"a": {"b": inputs.n}} }}', scope), { a: { b: 2 } });
  t.equal(evaluateText('n=${{ inputs.n }}, list=${{ inputs.list }}.', scope), 'n=2, list=["a"].');
  const planted = { inputs: { n: '${{ 1 + 1 }}' } };
  t.equal(evaluateText('${{ inputs.n }}', planted), '${{ 1 + 1 }}', 'a value is never an expression');
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows

t.test('an expression that would run for ever stops at its bound, which the error names', async (t) => {
  const scope = { inputs: { l: numbers, s: 'a'.repeat(60_000), w: `${'a'.repeat(15_000)}b${'a'.repeat(15_000)}` } };
  const doubled = `[inputs.s]${'.map(a, [a, a])'.repeat(50)}`;
  for (const text of [
    'inputs.l.all(a, inputs.l.all(b, inputs.l.all(c, true)))',
    'inputs.l.all(a, inputs.l.all(b, inputs.l.exists(c, true)))',
    'inputs.l.map(a, inputs.l.map(b, inputs.l))',
    'inputs.l.all(a, inputs.s.size() >= 0 && inputs.s + inputs.s != "")',
    'inputs.s.replace("a", inputs.s)',
    'inputs.s.contains(inputs.w)',
    'int(inputs.s) == 0',
    'uint(inputs.s) == 0u',
    'inputs.s.indexOf(inputs.w) < 0',
    'inputs.s.lastIndexOf(inputs.w) < 0',
    'inputs.s.split(inputs.w) == []',
    'inputs.s.replace(inputs.w, "") == ""',
    'inputs.l.map(n, string(n)).join(inputs.s)',
    'inputs.s.matches("(a?){500}b")',
    'inputs.l.exists(a, false) || inputs.l.all(a, inputs.l.all(b, inputs.l.all(c, true)))',
    doubled,
    // Each call is short, but compiles an expensive pattern or reads the rules of a time zone.
    'inputs.l.filter(a, a < 400).all(a, !"x".matches("(a{30}){30}b" + string(a)))',
    'inputs.l.filter(a, a < 400).all(a, timestamp("2026-01-01T00:00:00Z").getHours("Europe/Berlin") == 1)',
  ])
    t.throws(() => run(text, scope), { code: 'invalid_input', details: { reason: 'expression_too_much_work' } }, text);
});

t.test('a long text is searched for a short one, and a short text for a long one', async (t) => {
  const scope = { inputs: { s: `${'a'.repeat(500_000)} needle`, w: 'b'.repeat(2000) } };
  t.equal(run('inputs.s.contains("needle")', scope), true);
  t.equal(run('"some text".contains(inputs.w)', scope), false);
});

t.test('a pattern that a loop uses is compiled once, and lists that grow stay as they were', async (t) => {
  const scope = { inputs: { l: numbers } };
  t.equal(run('inputs.l.filter(a, a < 200).all(a, !"x".matches("(a{30}){30}b"))', scope), true);
  t.same(run('inputs.l.map(n, n + 1) + inputs.l.filter(n, n < 2) + [7]', scope), [
    ...numbers.map((n) => n + 1),
    0,
    1,
    7,
  ]);
  t.same(run('[[1], [2]].map(a, [a + [3], a + [4]])'), [
    [
      [1, 3],
      [1, 4],
    ],
    [
      [2, 3],
      [2, 4],
    ],
  ]);
});

t.test('the errors of the bounds of text and result have names, too', async (t) => {
  const reason = (text: string, scope = {}) => {
    try {
      return run(text, scope);
    } catch (error) {
      return (error as { details?: { reason?: string } }).details?.reason;
    }
  };
  t.equal(reason(`1${'+1'.repeat(expressionBounds.text)}`), 'expression_too_long');
  t.equal(reason('[inputs.s, inputs.s]', { inputs: { s: 'a'.repeat(40_000) } }), 'expression_result_too_large');
  t.equal(reason('inputs.a.b', { inputs: { a: {} } }), 'expression_failed');
  t.equal(reason('"x".matches("(a{1000}){1000}")'), 'expression_too_much_work', 'a costly pattern');
  for (const text of ['1 +', '', 'eval("1")', 'google.protobuf.Struct{}', '"a".format([1])'])
    t.equal(reason(text), 'expression_unreadable', text);
});

t.test('an expression has at most a hundred commas and operators outside of its texts', async (t) => {
  const refused = {
    code: 'invalid_input',
    message: 'cannot be read as an expression: it has more than 100 commas and operators',
    details: { reason: 'expression_unreadable' },
  };
  t.equal(run(`[${'1,'.repeat(100)}1].size()`), 101);
  t.equal(run(`1${' +1'.repeat(100)}`), 101);
  t.equal(run(`true${'&&true'.repeat(100)}`), true, 'an operator may have two signs');
  t.equal(run(`"${',+['.repeat(200)}".size()`), 600);
  t.equal(run(`1 +// ${',+['.repeat(200)}\n 1`), 2);
  for (const text of [
    `[${'1,'.repeat(101)}1]`,
    `1${'<1'.repeat(101)}`,
    `[[]${',[]'.repeat(101)}]`,
    `{1:1${',1:1'.repeat(101)}}`,
    `a${'?a:a'.repeat(101)}`,
  ])
    t.throws(() => compileExpression(text), refused, text);
});

t.test(
  'brackets nest sixteen levels and come in pairs; otherwise the parser does not see the expression',
  async (t) => {
    const nested = (open: string, close: string, times: number) => `${open.repeat(times)}1${close.repeat(times)}`;
    t.equal(run(nested('(', ')', 16)), 1);
    t.same(run(nested('[{"a": ', '}]', 8), {}), JSON.parse(nested('[{"a": ', '}]', 8)));
    for (const [text, problem] of [
      [nested('(', ')', 17), 'its brackets nest deeper than 16 levels at character 17'],
      ['{a:'.repeat(326), 'its brackets nest deeper than 16 levels at character 49'],
      ['[{a:[1,'.repeat(140), 'its brackets nest deeper than 16 levels at character 37'],
      ['("x" + "]" + [1].map(x, x)', 'it ends with 1 open brackets: close each of them'],
      ['a[0]) + (1', 'the bracket at character 5 closes none'],
    ] as const)
      t.throws(
        () => compileExpression(text),
        {
          code: 'invalid_input',
          message: `cannot be read as an expression: ${problem}`,
          details: { reason: 'expression_unreadable' },
        },
        text.slice(0, 40),
      );
    const many = '([{'.repeat(20);
    for (const [text, value] of [
      [`"${many}".size()`, 60],
      [`'${many}"'.size()`, 61],
      [`"\\"${many}".size()`, 61],
      [`r"${many}\\".size()`, 61],
      [`"""${many}"\n """.size()`, 63],
      [`r'''${many}\\'''.size()`, 61],
      [`"" + '' == "" // ${many}\n && [1] == [1]`, true],
    ] as const)
      t.equal(run(text), value, text);
  },
);

t.test('an expression lists the names that it reads; names of its loops are its own', async (t) => {
  const { references } = compileExpression(
    'inputs.l.map(item, item.x + steps.a.outputs.n) + [item, steps["b"].status, run]',
  );
  t.same(references, [
    { root: 'inputs', key: 'l' },
    { root: 'steps', key: 'a' },
    { root: 'item' },
    { root: 'steps', key: 'b' },
    { root: 'run' },
  ]);
});
