import t from 'tap';
import { ended } from '../automation.js';
import { as } from '../backend.js';
import { chance, seed } from '../faults/seed.js';
import { startPostgresql } from '../fixtures/databases/databases.js';
import { wait } from '../kit/wait.js';
import { nightly } from '../nightly.js';
import { runs } from '../parts/agent/harness.js';
import {
  ADMIN_KEY,
  commandLine,
  type Joined,
  type Program,
  runAgentProcess,
  startAgent,
  startAgentProcess,
  startHubProcess,
} from '../roundhouse.js';
import { fixedAddresses, ledger } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';

const workflows = '/automation/api/v1/orchestration/workflows';
/** Kills of the hub, and as many of agents. */
const kills = nightly ? 20 : 2;
/** The members of a loop of statements at which the hub is killed. */
const killedAt = nightly ? [2, 4] : [2];

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

t.test(
  `a run of 200 steps at two sites, with ${kills} times kill -9 of the hub and as many of agents: each effect exactly once`,
  async (t) => {
    const [env, random] = [await fixedAddresses(), chance()];
    let hub = await startHubProcess(t, { env });
    const sites = await Promise.all(
      ['here', 'north'].map(async (site) => {
        const agent: Program & Joined = await startAgentProcess(t, hub, site);
        const book = ledger(tempFolder(t), site);
        await hub.connectServer({ ...book.server, site });
        return { book, data: agent.data, agent: agent as Program };
      }),
    );
    const note = (server: string, id: string) => ({
      kind: 'tool_call',
      once: true,
      retry: { attempts: 10 },
      with: { server, tool: 'note', arguments: { id, ms: Math.ceil(random() * 200) } },
    });
    const define = async (name: string, parameters: object, steps: readonly object[]) => {
      const { status, body } = await hub.call('POST', workflows, { name, description: '', parameters, steps });
      t.equal(status, 201, JSON.stringify(body));
    };
    const numbers = (size: number) => Array.from({ length: size }, (_, at) => at);
    const [members, nested] = [numbers(64), numbers(11)];
    // The name of a step in the run, and the number of its member, are those of its effect.
    await define('inner', { at: { type: 'number', default: 0 } }, [
      { id: 'one', ...note('here', 'inside[${{ inputs.at }}]/one') },
      { id: 'two', needs: [], ...note('north', 'inside[${{ inputs.at }}]/two') },
      {
        id: 'each',
        needs: ['one'],
        for_each: [0, 1],
        ...note('north', 'inside[${{ inputs.at }}]/each[${{ item }}]'),
      },
    ]);
    await define('outer', {}, [
      { id: 'begin', kind: 'set', with: { list: members } },
      {
        id: 'left',
        needs: ['begin'],
        for_each: '${{ steps.begin.outputs.list }}',
        max_parallel: 2,
        ...note('here', 'left[${{ item }}]'),
      },
      {
        id: 'right',
        needs: ['begin'],
        for_each: '${{ steps.begin.outputs.list }}',
        max_parallel: 3,
        ...note('north', 'right[${{ item }}]'),
      },
      { id: 'pause', kind: 'wait', needs: ['begin'], with: { seconds: 1 } },
      {
        id: 'inside',
        kind: 'workflow',
        needs: ['begin'],
        for_each: nested,
        with: { workflow: 'inner', parameters: { at: '${{ item }}' } },
      },
      { id: 'last', needs: ['left', 'right', 'pause', 'inside'], ...note('here', 'last') },
    ]);
    const inner = ['one', 'two', 'each[0]', 'each[1]'];
    const expected = [
      ...members.flatMap((at) => [`left[${at}]`, `right[${at}]`]),
      ...nested.flatMap((at) => inner.map((name) => `inside[${at}]/${name}`)),
      'last',
    ].sort();
    const effects = () => sites.flatMap(({ book }) => book.calls());
    const { stdout } = await commandLine(t, hub).run(['workflow', 'run', 'outer', '--dry-run', '--json']);
    const planned = (JSON.parse(stdout) as { arguments: { arguments?: { id: string } } }[]).flatMap(
      (step) => step.arguments.arguments?.id ?? [],
    );
    t.same(planned.sort(), expected, 'a dry run has every call');
    t.same(effects(), [], 'and makes none');

    const { body } = await hub.call('POST', `${workflows}/execute`, { workflow: 'outer' });
    const path = `${workflows}/${body.data.workflow_id}`;
    let [attended, repeated] = [0, 0];
    /** Decides as an operator, who looks at the books of the servers. */
    const attend = async () => {
      const { data } = (await hub.call('GET', path)).body;
      for (const { name, waits_for } of data.steps) {
        if (waits_for?.kind !== 'attention') continue;
        const decision = effects().includes(name) ? 'skip' : 'resume';
        const { status } = await hub.call('POST', `${path}/decide`, { step: name, decision });
        t.equal(status, 200, `${name}: ${decision}`);
        attended += 1;
        if (decision === 'resume') repeated += 1;
      }
      return data;
    };
    // One kill in each part of the run, at a random moment of it, of the hub or of a random agent.
    const moments = numbers(2 * kills).map((at) => Math.floor(((at + random()) * (expected.length - 1)) / (2 * kills)));
    const victims = numbers(2 * kills).map((at) => ({ of: at % 2 ? 'agent' : 'hub', order: random() }));
    victims.sort((a, b) => a.order - b.order);
    for (const [at, moment] of moments.entries()) {
      await wait(`${moment} effects`, async () => {
        const { status, error } = await attend();
        if (status === 'failed') throw new Error(JSON.stringify(error));
        return effects().length >= moment;
      });
      if (victims[at]?.of === 'hub') {
        await hub.stop('SIGKILL');
        hub = await startHubProcess(t, { data: hub.data, env });
        continue;
      }
      const site = sites[Math.floor(random() * sites.length)];
      if (!site) throw new Error('no site');
      await site.agent.stop('SIGKILL');
      site.agent = runAgentProcess(t, ['--hub', hub.agentAddress, '--data', site.data]);
      // The server of the dead agent may still take calls down; afterwards its book is complete.
      const before = site.book.starts();
      await wait('the server of the dead agent has ended', () => !before.some(runs));
    }
    const done = await wait('the run is over', async () => {
      const run = await attend();
      return ['completed', 'failed', 'cancelled'].includes(run.status) && run;
    });
    t.comment(`${attended} decisions, ${repeated} calls repeated`);
    t.equal(done.status, 'completed', JSON.stringify(done.error));
    t.equal(done.steps.length, 200);
    t.same(effects().sort(), expected, `seed ${seed}`);
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
  for (const begun of killedAt) {
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
