import t from 'tap';
import { type Keyboard, Terminals } from '../../../agent/drivers/terminals.js';

const size = { columns: 80, rows: 24 };

/** A program that the test ends, and the terminal's lines. */
function openOne(terminals: Terminals, id: string, asked: typeof size | undefined = size) {
  const lines: object[] = [];
  let keyboard: Keyboard | undefined;
  let print: (chunk: Buffer) => Promise<void> = async () => {};
  let end: (end: { exitCode: number } | Error) => void = () => {};
  const run = (given: Keyboard, sink: typeof print) => {
    keyboard = given;
    print = sink;
    return new Promise<{ exitCode: number }>((resolve, reject) => {
      end = (how) => (how instanceof Error ? reject(how) : resolve(how));
    });
  };
  const write = async (line: Uint8Array) => void lines.push(JSON.parse(Buffer.from(line).toString()));
  const over = terminals.run({ id, size: asked }, write, run);
  return {
    over,
    lines,
    keyboard: () => keyboard,
    print: (chunk: Buffer) => print(chunk),
    end: (how: { exitCode: number } | Error) => end(how),
  };
}

t.test('characters of the output stay whole, and the exit comes last', async (t) => {
  const { over, lines, print, end } = openOne(new Terminals(), 'a');
  for (const byte of Buffer.from('aüb')) await print(Buffer.of(byte));
  await print(Buffer.of(0xc3));
  end({ exitCode: 3 });
  await over;
  const output = (data: string) => ({ type: 'output', data });
  t.strictSame(lines, [output('a'), output('ü'), output('b'), output('\ufffd'), { type: 'exit', exitCode: 3 }]);
});

t.test("input and sizes from before the program's start reach it in order, up to a limit", async (t) => {
  const terminals = new Terminals();
  const { over, keyboard, end } = openOne(terminals, 'a');
  await terminals.write('a', Buffer.from('one '));
  await terminals.resize('a', { columns: 10, rows: 5 });
  await terminals.write('a', Buffer.from('two '));
  await t.rejects(terminals.write('a', Buffer.alloc(65_530)), { name: 'AgentFailure', kind: 'overloaded' });
  const told: string[] = [];
  keyboard()?.connect({
    write: async (input) => void told.push(Buffer.from(input).toString()),
    resize: async ({ columns, rows }) => void told.push(`${columns}x${rows}`),
  });
  await terminals.write('a', Buffer.from('three'));
  t.strictSame(told, ['10x5', 'one ', 'two ', 'three']);
  end({ exitCode: 0 });
  await over;
  await t.rejects(
    terminals.write('a', Buffer.from('x')),
    { name: 'AgentFailure', kind: 'not_found' },
    'a terminal that has ended',
  );
});

t.test('a program gets a size only if it is a new one', async (t) => {
  const terminals = new Terminals();
  const { over, keyboard, end } = openOne(terminals, 'a');
  const told: number[] = [];
  keyboard()?.connect({ write: async () => {}, resize: async ({ columns }) => void told.push(columns) });
  for (const columns of [80, 81, 81, 80]) await terminals.resize('a', { columns, rows: 24 });
  t.strictSame(told, [80, 81, 80]);
  end({ exitCode: 0 });
  await over;
});

t.test('an agent has 16 terminals at most, each with an id and a size', async (t) => {
  const terminals = new Terminals();
  const open = Array.from({ length: 16 }, (_, n) => openOne(terminals, `t${n}`));
  await t.rejects(openOne(terminals, 'more').over, {
    name: 'AgentFailure',
    kind: 'overloaded',
    message: /16 terminals/,
  });
  open[0]?.end({ exitCode: 0 });
  await open[0]?.over;
  await t.rejects(openOne(terminals, 't1').over, {
    name: 'AgentFailure',
    kind: 'invalid_argument',
    details: { field: 'terminal' },
  });
  await t.rejects(openOne(terminals, '').over, { name: 'AgentFailure', kind: 'invalid_argument' });
  for (const wrong of [
    { columns: 0, rows: 1 },
    { columns: 1, rows: 1001 },
  ])
    await t.rejects(openOne(terminals, 'more', wrong).over, {
      name: 'AgentFailure',
      kind: 'invalid_argument',
      details: { field: 'size' },
    });
  const again = openOne(terminals, 'more');
  const failed = new Error('the program failed');
  for (const one of [...open.slice(1), again]) one.end(failed);
  await t.rejects(again.over, failed);
  await Promise.all(open.slice(1).map(({ over }) => t.rejects(over, failed)));
});
