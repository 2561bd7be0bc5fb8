import t from 'tap';
import { ended, fixtureServer, until } from '../automation.js';
import { wait } from '../kit/wait.js';
import { startAgent, startHub, startHubProcess } from '../roundhouse.js';
import { fixedAddresses, ledger } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';

const base = '/automation/api/v1';
const workflows = `${base}/orchestration/workflows`;

t.test('kill -9 of the hub in the middle of a restart and of a tool call of a workflow: both go on', async (t) => {
  const env = await fixedAddresses();
  const hub = await startHubProcess(t, { env });
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('naps'));
  const book = ledger(tempFolder(t));
  await hub.connectServer(book.server);
  const call = { server: 'ledger', tool: 'note', arguments: { id: 'of the run', ms: 5000 } };
  await hub.call('POST', workflows, {
    name: 'long_note',
    description: '',
    parameters: {},
    steps: [
      { name: 'sweep', kind: 'health_sweep' },
      { name: 'note', kind: 'tool_call', on_error: 'fail_at_end', with: call },
      { name: 'after', kind: 'health_sweep' },
    ],
  });
  // Long enough for a busy machine to begin the restart, and to be seen to, meanwhile.
  const cut = hub.call('POST', '/api/tools/nap/invoke', { arguments: { ms: 15_000 } }).catch(() => undefined);
  await until(hub, '/metrics', (text) => /roundhouse_commands_pending [1-9]/.test(text));
  const restart = await hub.call('POST', `${base}/servers/naps/restart`, { graceful: true, timeout: 60 });
  const restarted = `${base}/jobs/${restart.body.data.job_id}`;
  await until(hub, restarted, ({ data }) => data.steps[0].status === 'running');
  const { body } = await hub.call('POST', `${workflows}/execute`, { workflow: 'long_note' });
  const path = `${workflows}/${body.data.workflow_id}`;
  const { body: before } = await until(hub, path, () => book.calls().length > 0);
  await hub.stop('SIGKILL');
  const again = await startHub(t, { data: hub.data, env });
  await cut;

  await t.test('the run of the workflow gets its answer, and the tool is not called twice', async (t) => {
    const done = await ended(again, path);
    t.match(done, {
      status: 'completed',
      steps: [
        { name: 'sweep', status: 'completed', duration_seconds: before.data.steps[0].duration_seconds },
        { name: 'note', status: 'completed' },
        { name: 'after', status: 'completed' },
      ],
    });
    t.same(book.calls(), ['of the run']);
  });

  await t.test('the restart goes on, and the server runs', async (t) => {
    const done = await ended(again, restarted);
    t.match(done, { status: 'completed', steps: [{ name: 'stop' }, { name: 'start', status: 'completed' }] });
    const nap = await again.call('POST', '/api/tools/nap/invoke', { arguments: { ms: 1 } });
    t.equal(nap.status, 200);
  });
});

t.test('a time that passed while the hub was stopped is made up for, once', async (t) => {
  const hub = await startHub(t);
  // Time enough to say so, and to be killed before it comes.
  const schedule = new Date(Date.now() + 8000).toISOString();
  const { body } = await hub.call('POST', `${workflows}/execute`, { workflow: 'health_sweep', schedule });
  await hub.stop();
  await wait('the scheduled time has passed', () => Date.now() > Date.parse(schedule));
  const again = await startHub(t, { data: hub.data });
  t.match(await ended(again, `${workflows}/${body.data.workflow_id}`), { status: 'completed' });
});

t.test('of a series the times that passed while the hub was stopped are made up for by one run', async (t) => {
  const hub = await startHub(t);
  const schedule = '* * * * * *';
  const { body } = await hub.call('POST', `${workflows}/execute`, { workflow: 'health_sweep', schedule });
  await ended(hub, `${workflows}/${body.data.workflow_id}`);
  await hub.stop();
  const stopped = Date.now();
  await wait('several scheduled times have passed', () => Date.now() > stopped + 4000);
  const back = Date.now();
  const again = await startHub(t, { data: hub.data });
  const runs = async () => {
    const { jobs } = (await again.call('GET', `${base}/jobs?kind=workflow&limit=200`)).body.data;
    const ids: string[] = jobs.map(({ job_id }: { job_id: string }) => job_id);
    const all = await Promise.all(ids.map(async (id) => (await again.call('GET', `${workflows}/${id}`)).body.data));
    return all.map((run) => ({ due: Date.parse(run.scheduled_at), began: Date.parse(run.started_at ?? '') }));
  };
  // The series keeps its rhythm.
  const all = await wait('two runs of later times have begun', async () => {
    const found = await runs();
    return found.filter(({ due, began }) => due > back && began > back).length >= 2 && found;
  });
  t.equal(all.filter(({ due, began }) => due <= back && began > back).length, 1);
});

t.test('jobs are cancelled, and the queue is bounded', async (t) => {
  const env = { ROUNDHOUSE_JOB_WORKERS: '1', ROUNDHOUSE_JOB_QUEUE: '2' };
  const hub = await startHub(t, { env });
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('naps'));
  const call = { server: 'naps', tool: 'nap', arguments: { ms: 30_000 } };
  await hub.call('POST', workflows, {
    name: 'long_nap',
    description: '',
    parameters: {},
    steps: [{ name: 'nap', kind: 'tool_call', with: call }],
  });
  const execute = () => hub.call('POST', `${workflows}/execute`, { workflow: 'long_nap' });
  const running = (await execute()).body.data.workflow_id;
  await until(hub, `${workflows}/${running}`, ({ data }) => data.steps[0].status === 'running');
  const waiting = [(await execute()).body.data.workflow_id, (await execute()).body.data.workflow_id];
  const full = await execute();
  t.equal(full.status, 503);
  t.ok(Number(full.headers.get('retry-after')) > 0);
  t.match((await hub.call('GET', `${base}/orchestration/status`)).body.data, {
    workers: { active: 1, idle: 0, total: 1 },
    queue: { pending: 2, processing: 1 },
    configuration: { max_workers: 1, queue_size: 2 },
  });
  for (const id of [...waiting, running]) {
    const { status, body } = await hub.call('POST', `${base}/jobs/${id}/cancel`);
    t.equal(status, 200);
    t.match(body.data, { status: 'cancelled' });
  }
  t.equal((await hub.call('POST', `${base}/jobs/${running}/cancel`)).status, 409, 'it is over');
  const { jobs, pagination } = (await hub.call('GET', `${base}/jobs?kind=workflow&limit=2`)).body.data;
  t.equal(jobs.length, 2);
  t.match(pagination, { total: 3, limit: 2, offset: 0, has_more: true });
});
