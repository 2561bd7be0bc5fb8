import t from 'tap';
import { ended } from '../automation.js';
import { readDocument } from '../kit/documents.js';
import { startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { faulty, register, run } from './suite-runs.js';

const { endpoints } = readDocument('automation-tests');
const base = '/automation/api/v1';

t.test('performance tests find a slow tool; history is filtered and paged', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const slow = await register(t, hub, 'slow', [faulty('slow-tool')], ['report']);
  await register(t, hub, 'good', [faulty('good')], ['list_topics']);
  const measured = await ended(hub, await run(t, hub, { test_type: 'performance', servers: ['SLOW'] }));
  t.match(measured.results, [
    {
      failures: [{ test: 'test_latency[report]', type: 'performance' }],
      figures: { latency: { report: { p95_ms: Number }, ping: { p95_ms: Number } } },
    },
  ]);
  const unit = await ended(hub, await run(t, hub, { test_type: 'unit', servers: ['good', slow] }));
  t.equal(unit.summary.pass_rate, 1);

  const history = async (query: string) => (await hub.call('GET', `${base}/tests/history${query}`)).body;
  sameShape(t, await history(''), endpoints['GET /api/v1/tests/history'].answer);
  const ids = (body: { data: { tests: { test_id: string }[] } }) => body.data.tests.map(({ test_id }) => test_id);
  t.same(ids(await history('')), [unit.test_id, measured.test_id], 'newest first');
  t.same(ids(await history('?server=good')), [unit.test_id]);
  t.same(ids(await history('?test_type=performance')), [measured.test_id]);
  t.same(ids(await history('?status=failed')), []);
  const page = await history('?limit=1&offset=1');
  t.same(ids(page), [measured.test_id]);
  t.match(page.data.pagination, { total: 2, limit: 1, offset: 1, has_more: false });

  t.equal((await hub.call('DELETE', '/api/servers/slow')).status, 200);
  t.same(ids(await history('?server=slow')), [unit.test_id, measured.test_id], 'stays when the server goes');
  t.equal((await hub.call('GET', `${base}/servers/slow/tests`)).status, 404);
});

t.test('cases and approvals: declared, checked, used, audited', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await register(t, hub, 'good', [faulty('good')]);
  const path = `${base}/servers/good/tests`;
  t.equal((await hub.call('POST', `${path}/approve`)).status, 503, 'nothing is known of a server that never ran');
  t.equal((await hub.call('POST', '/api/servers/good/connect')).status, 200);
  const call = { name: 'two words', tool: 'count_words', arguments: { text: 'two words' } };
  for (const [field, body] of [
    ['safe_tools.0', { safe_tools: ['no_such_tool'] }],
    ['cases.0.tool', { cases: [{ ...call, tool: 'no_such_tool' }] }],
    ['cases.1.name', { cases: [call, call] }],
    ['cases.0.matches', { cases: [{ ...call, matches: '(' }] }],
    ['cases.0.structured_schema', { cases: [{ ...call, structured_schema: { type: 'nothing' } }] }],
  ] as const) {
    const { status, body: answer } = await hub.call('PUT', path, body);
    t.equal(status, 422, field);
    t.equal(answer.error.details.field, field);
  }
  const cases = [
    { ...call, matches: '2' },
    { ...call, name: 'wrong', contains: 'three' },
  ];
  const user = await hub.key('user');
  t.equal((await hub.call('PUT', path, { cases }, user)).status, 403);
  t.equal((await hub.call('PUT', path, { cases })).status, 200);
  const approved = await hub.call('POST', `${path}/approve`);
  t.match(approved.body.data, {
    approved: { tools: Array, approved_by: String, changed: { length: 0 } },
    cases: [{ name: 'two words' }, { name: 'wrong' }],
  });

  const done = await ended(hub, await run(t, hub, { test_type: 'integration', servers: ['good'], verbose: true }));
  t.match(done.results, [{ failures: [{ test: 'test_case[wrong]', error: /does not contain/ }] }]);
  t.ok(done.results[0].passed.some(({ test }: { test: string }) => test === 'test_case[two words]'));
  const secure = await ended(hub, await run(t, hub, { test_type: 'security', servers: ['good'], verbose: true }));
  t.same(secure.results[0].failures, []);
  t.ok(secure.results[0].passed.some(({ test }: { test: string }) => test === 'test_approved_definition[count_words]'));
  const { body } = await hub.call('GET', '/api/audit?limit=100');
  const actions = body.data.entries.map(({ action }: { action: string }) => action);
  for (const action of ['server.tests.declare', 'server.tests.approve', 'test']) t.ok(actions.includes(action), action);
});

t.test('bad requests are refused; an agent out of reach is reported', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  await register(t, hub, 'good', [faulty('good')]);
  for (const [field, body] of [
    ['servers.1', { servers: ['good', 'nobody'] }],
    ['servers', { servers: [] }],
    ['test_type', { test_type: 'smoke' }],
    ['timeout', { timeout: 0 }],
    ['verbose', { verbose: 'yes' }],
  ] as const) {
    const { status, body: answer } = await hub.call('POST', `${base}/tests/run`, body);
    t.equal(status, 422, field);
    t.equal(answer.error.details.field, field);
  }
  t.equal((await hub.call('GET', `${base}/tests/0193a1b2-0000-7000-8000-000000000000`)).status, 404);
  const from = hub.log.length;
  await agent.stop();
  await hub.logged(({ body }) => body === 'agent disconnected' || body === 'agent gone', from);
  const done = await ended(hub, await run(t, hub, { servers: ['all'], test_type: 'unit' }));
  t.match(done, { status: 'completed', summary: { total: 1, failed: 1, pass_rate: 0 } });
  t.match(done.results, [{ server: 'good', subject: 'none', failures: [{ test: 'test_reachable', error: String }] }]);
});
