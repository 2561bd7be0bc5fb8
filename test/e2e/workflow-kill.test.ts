import t from 'tap';
import { ended } from '../automation.js';
import { as } from '../backend.js';
import { startPostgresql } from '../fixtures/databases/databases.js';
import { wait } from '../kit/wait.js';
import { ADMIN_KEY, commandLine, type Hub, startAgent, startHubProcess } from '../roundhouse.js';
import { fixedAddresses, ledger } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';

const workflows = '/automation/api/v1/orchestration/workflows';
const kills = 6;
const members = 12;

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

t.test(
  'kill -9 of the hub in loops, branches and a nested workflow at two sites: each effect exactly once',
  async (t) => {
    const env = await fixedAddresses();
    const first = await startHubProcess(t, { env });
    await startAgent(t, first);
    await startAgent(t, first, 'north');
    const books = [ledger(tempFolder(t), 'here'), ledger(tempFolder(t), 'north')] as const;
    await first.connectServer(books[0].server);
    await first.connectServer({ ...books[1].server, site: 'north' });
    const note = (server: string, id: string) => ({
      kind: 'tool_call',
      with: { server, tool: 'note', arguments: { id, ms: 100 } },
    });
    const define = (name: string, parameters: object, steps: readonly object[]) =>
      first.call('POST', workflows, { name, description: '', parameters, steps });
    const inner = await define('inner', { at: { type: 'number', default: 0 } }, [
      { id: 'one', ...note('here', 'inner-one-${{ inputs.at }}') },
      { id: 'two', ...note('north', 'inner-two-${{ inputs.at }}') },
    ]);
    t.equal(inner.status, 201, JSON.stringify(inner.body));
    const list = Array.from({ length: members }, (_, at) => at);
    const outer = await define('outer', {}, [
      { id: 'begin', kind: 'set', with: { list } },
      {
        id: 'left',
        needs: ['begin'],
        for_each: '${{ steps.begin.outputs.list }}',
        ...note('here', 'left-${{ item }}'),
      },
      {
        id: 'right',
        needs: ['begin'],
        for_each: '${{ steps.begin.outputs.list }}',
        max_parallel: 3,
        ...note('north', 'right-${{ item }}'),
      },
      { id: 'pause', kind: 'wait', needs: ['begin'], with: { seconds: 1 } },
      {
        id: 'inside',
        kind: 'workflow',
        needs: ['left', 'right', 'pause'],
        for_each: [1, 2, 3],
        with: { workflow: 'inner', parameters: { at: '${{ item }}' } },
      },
      { id: 'last', ...note('here', 'last-${{ size(steps.left.outputs) }}') },
    ]);
    t.equal(outer.status, 201, JSON.stringify(outer.body));
    const expected = [
      ...list.flatMap((at) => [`left-${at}`, `right-${at}`]),
      ...[1, 2, 3].flatMap((at) => [`inner-one-${at}`, `inner-two-${at}`]),
      `last-${members}`,
    ].sort();
    const effects = () => books.flatMap((book) => book.calls());
    const { stdout } = await commandLine(t, first).run(['workflow', 'run', 'outer', '--dry-run', '--json']);
    const planned = (JSON.parse(stdout) as { arguments: { arguments?: { id: string } } }[]).flatMap(
      (step) => step.arguments.arguments?.id ?? [],
    );
    t.equal(planned.pop(), 'last-${{ size(steps.left.outputs) }}', 'only a run knows it');
    t.same([...planned, `last-${members}`].sort(), expected, 'a dry run has every call');
    t.same(effects(), [], 'and makes none');
    const { body } = await first.call('POST', `${workflows}/execute`, { workflow: 'outer' });
    const path = `${workflows}/${body.data.workflow_id}`;
    let hub = first;
    for (let kill = 1; kill <= kills; kill += 1) {
      const enough = Math.floor((expected.length * kill) / (kills + 1));
      await wait(`${enough} effects`, () => effects().length >= enough);
      await hub.stop('SIGKILL');
      hub = await startHubProcess(t, { data: hub.data, env });
    }
    const done = await ended(hub as Hub, path);
    t.equal(done.status, 'completed', JSON.stringify(done.error));
    t.same(effects().sort(), expected);
  },
);

t.test('kill -9 of the hub while statements change a database: each change exactly once', async (t) => {
  const database = await startPostgresql(t);
  if (!database) return;
  const env = await fixedAddresses();
  const first = await startHubProcess(t, { env });
  await startAgent(t, first);
  const { database: db_name, type: db_type, ...rest } = database;
  await as(first, ADMIN_KEY)('POST', '/external-db-configs', { ...rest, name: 'main', db_type, db_name });
  const sql = (id: string, statement: string, more: object = {}) => ({
    id,
    kind: 'sql',
    with: { database: 'main', statement, change: true, ...more },
  });
  const list = Array.from({ length: 6 }, (_, at) => at);
  const slow = 'insert into notes select $1::integer from pg_sleep(0.3)';
  const steps = [
    sql('table', 'create table notes (n integer)'),
    { for_each: list, ...sql('add', slow, { values: ['${{ item }}'] }) },
    sql('read', 'select n from notes order by n', { change: false }),
  ];
  await first.call('POST', workflows, { name: 'notes', description: '', parameters: {}, steps });
  const { body } = await first.call('POST', `${workflows}/execute`, { workflow: 'notes' });
  const path = `${workflows}/${body.data.workflow_id}`;
  let hub = first;
  for (const begun of [2, 4]) {
    await wait(`member ${begun} runs`, async () => {
      const { steps: all } = (await hub.call('GET', path)).body.data;
      return all.some(({ name, status }: Record<string, string>) => name === `add[${begun}]` && status === 'running');
    });
    await hub.stop('SIGKILL');
    hub = await startHubProcess(t, { data: hub.data, env });
  }
  const done = await ended(hub, path);
  t.equal(done.status, 'completed', JSON.stringify(done.error));
  t.same(
    done.results.read.rows.map(({ n }: { n: number }) => n),
    list,
  );
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
