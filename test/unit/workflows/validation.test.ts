import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { stepOperations } from '../../../hub/api/mcp/operations/table.js';
import { workflowSchema } from '../../../hub/cli/fleet/document.js';
import { DomainError, type InvalidInput } from '../../../hub/domain/errors.js';
import type { StepDefinition, WorkflowDefinition } from '../../../hub/domain/workflows/definition.js';
import { kindForms } from '../../../hub/domain/workflows/kinds.js';
import { checkDefinition, type Surroundings } from '../../../hub/domain/workflows/validation.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

const kinds = new Set(Object.keys(kindForms));
const operations = stepOperations(() => {
  throw new Error('operations are checked, and not done');
});
const parameters = { names: { type: 'strings', default: [] }, on: { type: 'boolean', default: true } } as const;
const workflow = (name: string, ...steps: StepDefinition[]): WorkflowDefinition => ({
  name,
  description: '',
  parameters,
  steps,
});

/** The fields of all mistakes. */
function fieldsOf(steps: readonly StepDefinition[], more: Surroundings = {}): string[] {
  try {
    checkDefinition({ parameters, steps }, { kinds, operations, ...more });
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return (error.details as unknown as InvalidInput).problems.map(({ field }) => field);
  }
}

t.test('a definition is refused with the path of every mistake at once', async (t) => {
  const steps: StepDefinition[] = [
    { id: 'a', kind: 'tool_call', with: { toll: 'x', timeout: 'soon' } },
    { id: 'b', kind: 'set', needs: ['nowhere'], with: { deep: ['${{ steps.gone.outputs }}', '${{ 1 + }}'] } },
    { id: 'c', kind: 'set', needs: ['d'], if: 'true' },
    { id: 'd', kind: 'set', needs: ['c'], with: { x: '${{ steps.a.status }}', y: '${{ item }}' } },
    { id: 'e', kind: 'dance', on_error: { compensate: ['lost'] }, outputs: { x: '${{ inputs.unknown }}' } },
    { id: 'f', name: 'g', kind: 'wait', retry: { attempts: 2 }, with: { seconds: -1 } },
    { id: 'h', kind: 'cleanup', with: { targets: ['${{ eval("1") }}'] } },
  ];
  t.same(fieldsOf(steps), [
    'steps.0.with.tool',
    'steps.0.with.toll',
    'steps.0.with.timeout',
    'steps.1.needs.0',
    'steps.1.with.deep.0',
    'steps.1.with.deep.1',
    'steps.2.needs',
    'steps.2.if',
    'steps.3.needs',
    'steps.3.with.x',
    'steps.3.with.y',
    'steps.4.kind',
    'steps.4.on_error.compensate.0',
    'steps.4.outputs.x',
    'steps.5.id',
    'steps.5.retry',
    'steps.5.with.seconds',
    'steps.6.with.targets.0',
  ]);
});

t.test('arguments of operations, statements and requests are refused with the path of every mistake', async (t) => {
  const step = (kind: string, given: Record<string, unknown>): StepDefinition => ({ id: 'a', kind, with: given });
  for (const [one, ...fields] of [
    [step('docker', { operation: '${{ "stop_container" }}', container: 'web' }), 'operation'],
    [
      step('docker', { operation: 'exec_in_container', container: '', command: [], env: { A: 1 } }),
      'command',
      'container',
      'env.A',
    ],
    [step('device', { operation: 'get_device', device: 'a', unknown: '${{ 1 }}' }), 'unknown'],
    [step('sql', { database: 'a', statement: 'delete from a' }), 'statement'],
    [step('sql', { database: 'a', statement: "select 1 into outfile '/x'" }), 'statement'],
    [step('sql', { database: 'a', statement: 'select ${{ inputs.names[0] }}' }), 'statement'],
    [
      step('sql', { database: 'a', statement: 'select 1', max_rows: 0, max_bytes: 1e9, timeout: 0 }),
      'max_bytes',
      'max_rows',
      'timeout',
    ],
    [step('http', { url: 'file:///etc/passwd' }), 'url'],
    [
      step('http', { url: 'http://a/?token=x', headers: { Cookie: 'x', Host: 'b', 'X-A': 'a\nb' } }),
      'headers.Cookie',
      'headers.Host',
      'headers.X-A',
      'url',
    ],
    [step('http', { url: 'http://a/', method: 'TRACE', timeout: 3600 }), 'method', 'timeout'],
    [
      step('http', { url: 'http://a/', headers: { 'X-Auth-Key': 'a', 'X-Session': 'b', 'Idempotency-Key': 'c' } }),
      'headers.X-Auth-Key',
      'headers.X-Session',
    ],
  ] as const)
    t.same(
      fieldsOf([one]).sort(),
      fields.map((field) => `steps.0.with.${field}`),
      JSON.stringify(one.with),
    );
  t.same(fieldsOf([step('sql', { database: 'a', statement: 'delete from a', change: '${on}' })]), [], 'the run says');
  const definer = { role: 'operator', grants: null } as const;
  const run = step('docker', { operation: 'run_container', image: 'box:1' });
  t.same(fieldsOf([run], { definer }), ['steps.0.kind'], 'the definer lacks the role of the operation');
  const sql = (change: unknown) => step('sql', { database: 'a', statement: 'select 1', change });
  t.same(fieldsOf([sql(false)], { definer }), []);
  for (const change of [true, '${on}', '${{ inputs.on }}'])
    t.same(fieldsOf([sql(change)], { definer }), ['steps.0.kind'], `the definer may not change databases: ${change}`);
});

t.test('a text that names a database holds no expression', async (t) => {
  const server = '0198c0de-0000-7000-8000-000000000000';
  const given = { tool: 'x', server, arguments: { url: '{{database:${{ inputs.names[0] }}|password}}' } };
  t.ok(fieldsOf([{ id: 'a', kind: 'tool_call', with: given }]).includes('steps.0.with.arguments.url'));
  const outputs = { x: '{{database:main}}' };
  t.ok(fieldsOf([{ id: 'a', kind: 'set', outputs }]).includes('steps.0.with'));
});

t.test('workflows do not run themselves, nor deeper than the bound', async (t) => {
  const runs = (other: string): StepDefinition => ({ id: 'run', kind: 'workflow', with: { workflow: other } });
  const all = new Map(
    [1, 2, 3, 4, 5].map((at) => [
      `w${at}`,
      workflow(`w${at}`, at === 5 ? { id: 'x', kind: 'set' } : runs(`w${at + 1}`)),
    ]),
  );
  all.set('back', workflow('back', runs('self')));
  all.set('self', workflow('self', runs('back')));
  const find = (key: string) => {
    const definition = all.get(key);
    return definition && { key, definition };
  };
  t.same(fieldsOf([runs('w2')], { find }), []);
  t.same(fieldsOf([runs('w1')], { find }), ['steps.0.with.workflow'], 'six deep');
  t.same(fieldsOf([runs('back')], { find, key: 'self' }), ['steps.0.with.workflow']);
  t.same(fieldsOf([runs('nothing')], { find }), ['steps.0.with.workflow']);
  t.same(fieldsOf([{ id: 'a', kind: 'workflow', with: { workflow: '${{ inputs.names[0] }}' } }], { find }), [
    'steps.0.with.workflow',
  ]);
});

t.test('each nested workflow is checked once for each depth', async (t) => {
  const wide = (inside: number) =>
    Array.from({ length: 16 }, (_, at) => ({ id: `s${at}`, kind: 'workflow', with: { workflow: `${inside}-${at}` } }));
  let looks = 0;
  const find = (name: string) => {
    looks += 1;
    const depth = Number(name.split('-')[0]);
    const steps = depth < 5 ? wide(depth + 1) : [{ id: 's', kind: 'set', with: { value: 1 } }];
    return { key: name, definition: { name, description: '', parameters: {}, steps } };
  };
  checkDefinition({ parameters: {}, steps: wide(2) }, { find });
  t.ok(looks <= 16 + 3 * 16 * 16, `${looks} looks`);
});

t.test('a definition that is too long is refused before any other check', async (t) => {
  const set = (value: unknown) => ({ parameters: {}, steps: [{ id: 's', kind: 'set', with: { value } }] });
  checkDefinition(set('x'.repeat(65_000)));
  for (const value of ['x'.repeat(65_536), Array.from({ length: 30_000 }, () => '')])
    t.throws(() => checkDefinition(set(value)), { code: 'invalid_input', details: { field: 'steps' } });
});

t.test('a definer without the role or the grants of a kind gets the error at the step', async (t) => {
  const steps = [{ id: 'a', kind: 'cleanup' }];
  t.same(fieldsOf(steps, { definer: { role: 'viewer', grants: null } }), ['steps.0.kind']);
  t.same(fieldsOf(steps, { definer: { role: 'admin', grants: { sites: ['oslo'] } } }), ['steps.0.kind']);
  t.same(fieldsOf(steps, { definer: { role: 'admin', grants: null } }), []);
});

t.test('the published schema and the hub agree about kinds and their arguments', async (t) => {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(workflowSchema());
  const step = (kind: string, given: Record<string, unknown>): StepDefinition => ({ id: 'a', kind, with: given });
  for (const [good, one] of [
    [true, step('set', { anything: [1] })],
    [true, step('wait', { seconds: 5 })],
    [true, step('wait', { seconds: '${{ 5 }}' })],
    [true, step('cleanup', { targets: ['logs'], dry_run: '${on}' })],
    [true, step('tool_call', { tool: 'x', arguments: {} })],
    [true, { name: 'old', kind: 'test_run', when: 'on', on_error: 'continue' }],
    [true, step('docker', { operation: 'stop_container', container: 'web', timeout: '${{ 5 }}' })],
    [true, step('kubernetes', { operation: 'list_pods', cluster: '${{ inputs.names[0] }}' })],
    [true, step('sql', { database: 'main', statement: 'select $1', values: ['${{ 1 }}'], max_rows: 5 })],
    [true, step('http', { url: 'http://example.org/', method: 'POST', body: { any: ['${{ run.id }}'] } })],
    [true, step('update', { servers: ['a'], version: '1.0.0', dry_run: true })],
    [false, step('docker', { operation: 'stop_container' })],
    [false, step('docker', { operation: 'stop_container', container: 'web', force: true })],
    [false, step('docker', { operation: 'stop_container', container: 'web', timeout: 'long' })],
    [false, step('docker', { operation: 'list_pods', cluster: 'main' })],
    [false, step('kubernetes', {})],
    [false, step('sql', { database: 'main' })],
    [false, step('sql', { database: 'main', statement: 'select 1', values: 1 })],
    [false, step('http', { address: 'http://example.org/' })],
    [false, step('update', { servers: ['a'], force: 'yes' })],
    [false, step('tool_call', {})],
    [false, step('tool_call', { tool: 'x', other: 1 })],
    [false, step('wait', { seconds: 'five' })],
    [false, step('cleanup', { targets: 'logs' })],
    [false, step('cleanup', { force: 'yes' })],
    [false, step('dance', {})],
    [false, { kind: 'set' }],
    [false, { id: 'a', name: 'a', kind: 'set' }],
  ] as const) {
    const title = JSON.stringify(one);
    t.equal(check({ description: '', parameters, steps: [one] }), good, `schema: ${title}`);
    t.equal(fieldsOf([one]).length === 0, good, `hub: ${title}`);
  }
});

t.test('the expressions of a step, and those of a workflow, have a length together', async (t) => {
  const step = (id: string, times: number): StepDefinition => ({
    id,
    kind: 'set',
    with: { note: 'x'.repeat(4000), all: Array.from({ length: times }, () => '${{ inputs.names.map(n, n + "!") }}') },
  });
  t.same(fieldsOf([step('a', 100), step('b', 120), step('c', 100)]), ['steps.1']);
  t.same(fieldsOf(['a', 'b', 'c', 'd', 'e'].map((id) => step(id, 100))), ['steps.4']);
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
