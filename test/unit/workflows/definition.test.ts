import t from 'tap';
import { carriedOver, type WorkflowDefinition, withValues } from '../../../hub/domain/workflows/definition.js';
import { checkDefinition } from '../../../hub/domain/workflows/validation.js';

const definition: WorkflowDefinition = {
  name: 'w',
  description: '',
  parameters: {
    text: { type: 'string', default: 'hi' },
    count: { type: 'number', default: 1 },
    db: { type: 'string', default: 'main' },
  },
  steps: [{ name: 'one', kind: 'cleanup' }],
};

const SERVER = '0198c0de-0000-7000-8000-000000000000';

t.test('a series goes on with the inputs that still fit its definition', async (t) => {
  const before = { text: 'ho', count: 'seven', gone: true };
  t.same(carriedOver(definition, before), { text: 'ho', count: 1, db: 'main' });
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: parameters of workflows
t.test('a parameter stands for a whole text, and for the name of a database', async (t) => {
  const values = { text: 'ho', count: 2, db: 'a}}|b' };
  t.same(withValues({ a: '${text}', b: 'x ${text}', c: ['${count}'], d: '{{database:${db}|host}}' }, values), {
    a: 'ho',
    b: 'x ${text}',
    c: [2],
    d: '{{database:ab|host}}',
  });
});

t.test('a placeholder that is not understood is refused, with its field and the placeholders that exist', async (t) => {
  const check = (text: string) => {
    const steps = [{ name: 'one', kind: 'tool_call', with: { server: SERVER, arguments: { list: [text] } } }];
    return () => checkDefinition({ ...definition, steps });
  };
  const fields = ['host', 'port', 'name', 'username', 'password'].map((field) => `'{{database:NAME|${field}}}'`);
  const known = `the placeholders are '\${text}', '\${count}', '\${db}', '{{database:NAME}}', ${fields.join(', ')}`;
  for (const [text, wrong] of [
    ['${nope}', "there is no placeholder '${nope}'"],
    ['{{database:${nope}}}', "there is no placeholder '${nope}'"],
    ['hello ${text}!', "'${text}' must be the whole text"],
    ['${steps.sum.result}', "there is no placeholder '${steps.sum.result}'"],
    ['say {{text}}', "there is no placeholder '{{text}}'"],
    ['{{database:main|colour}}', "there is no placeholder '{{database:main|colour}}'"],
    ['{{database:main}} and ${nope}', "there is no placeholder '${nope}'"],
  ] as const)
    t.throws(check(text), { message: `steps.0.with.arguments.list.0: ${wrong}; ${known}` }, text);
  for (const text of ['${count}', '{{database:${db}}}', '{{database:main|host}}:{{database:main|port}}', '$HOME {x}'])
    t.doesNotThrow(check(text), text);
});

t.test('only the arguments of a tool name a database, and only for a server that the step names by id', async (t) => {
  const text = '{{database:main|password}}';
  const check = (kind: string, given: object) => () =>
    checkDefinition({ ...definition, steps: [{ name: 'one', kind, with: { ...given } }] });
  t.doesNotThrow(check('tool_call', { server: SERVER, tool: 'x', arguments: { text } }));
  for (const server of ['by-name', '${text}', undefined])
    t.throws(check('tool_call', { server, arguments: { text } }), {
      message: /^steps\.0\.with\.server: must be the id/,
    });
  t.throws(check('tool_call', { server: SERVER, tool: text }), { message: /arguments of a tool_call only/ });
  t.throws(check('server_start', { arguments: { text } }), { message: /arguments of a tool_call only/ });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: parameters of workflows
