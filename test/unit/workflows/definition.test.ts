import t from 'tap';
import {
  carriedOver,
  checkDefinition,
  type WorkflowDefinition,
  withValues,
} from '../../../hub/domain/workflows/definition.js';

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

t.test('a series goes on with what still fits its definition', async (t) => {
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

t.test('a parameter that names a database has to be there', async (t) => {
  const steps = [{ name: 'one', kind: 'tool_call', with: { url: '{{database:${nope}}}' } }];
  t.throws(() => checkDefinition({ ...definition, steps }), { message: "steps.0.with: there is no parameter 'nope'" });
  const named = [{ name: 'one', kind: 'tool_call', with: { url: '{{database:${db}}}' } }];
  t.doesNotThrow(() => checkDefinition({ ...definition, steps: named }));
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: parameters of workflows
