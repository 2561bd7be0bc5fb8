import t, { type Test } from 'tap';
import { signatureHeaders } from '../../hub/domain/webhooks/secret.js';
import { fixtureServer, until } from '../automation.js';
import { as, backendDocument, base, readRun } from '../backend.js';
import { wait } from '../kit/wait.js';
import { ADMIN_KEY, type Hub, startAgent, startHub, startHubProcess } from '../roundhouse.js';
import { fixedAddresses } from '../stream/ledger.js';

const headers = { 'X-API-Key': ADMIN_KEY };
const steps = (tools: readonly string[]) => ({
  type: 'workflow',
  parameters: { text: { type: 'string', default: 'hi' }, again: { type: 'boolean', default: false } },
  steps: [
    ...tools.map((tool, at) => ({
      name: `${at + 1}-${tool}`,
      kind: 'tool_call',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the workflow
      with: { tool, server: 'flow', arguments: { text: '${text}' } },
    })),
    { name: 'again', kind: 'cleanup', when: 'again', with: {} },
  ],
});

/** `run` starts the hub. */
async function start<H extends Hub>(t: Test, tools: readonly string[], run: (t: Test) => Promise<H>) {
  const hub = await run(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('flow', 'held'));
  const call = as(hub, ADMIN_KEY);
  const made = await call('POST', '/mcp-definitions', { name: 'flow', mcp_type: 'workflow', config: steps(tools) });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const release = () => hub.call('POST', '/api/tools/release/invoke', { serverId: 'flow', arguments: {} });
  return { hub, call, id: made.body.id as string, release };
}

t.test('a workflow that a definition keeps: run, followed from first to last, and found again', async (t) => {
  const { hub, call, id, release } = await start(t, ['echo', 'hold', 'echo'], startHub);
  const begun = await call('POST', '/workflow-runs', { workflow_definition_id: id, parameters: { text: 'ho' } });
  t.match(begun, { status: 202, body: { workflow_definition_id: id, parameters: { text: 'ho', again: false } } });
  const path = `${base}/workflow-runs/${begun.body.id}/stream`;
  const first = await readRun(t, hub, path, headers);
  const running = await first.until(({ data }) => data.step === '2-hold' && data.step_status === 'running');
  t.match((await call('GET', '/dashboard/summary')).body, { total_mcps: 1, active_workflows: 1 });
  first.leave();
  const second = await readRun(t, hub, path, { ...headers, 'Last-Event-ID': running.id });
  const late = await readRun(t, hub, `/api/v1/workflow-runs/${begun.body.id}/stream`, headers);
  await late.until(({ id }) => id === running.id);
  await release();
  const rest = await second.ended();
  const all = await late.ended();
  t.same(rest[0]?.id, String(Number(running.id) + 1), 'the missed events, and none twice');
  t.same([...all.slice(0, Number(running.id)), ...rest], all, 'both saw the same, in the same order');
  t.same([...new Set(all.map(({ type }) => type))].sort(), [...backendDocument.streamEvents].sort());
  const statuses = all.filter(({ type }) => type === 'status_change').map(({ data }) => data.status);
  t.same(statuses, ['queued', 'running', 'completed']);
  t.match(all.find(({ type }) => type === 'result_preview')?.data, {
    step: '1-echo',
    result: { result: { content: [{ text: 'ho' }] } },
  });
  t.match(all.find(({ data }) => data.step === 'again')?.data, { step_status: 'skipped', message: /not asked for/ });
  const again = await readRun(t, hub, path, { ...headers, 'Last-Event-ID': all.at(-1)?.id ?? '' });
  t.equal(again.status, 204, 'a reader that has all of it is sent away');
  const ended = await call('GET', `/workflow-runs/${begun.body.id}`);
  t.match(ended.body, { status: 'completed', result: { '1-echo': { duration_ms: Number } }, error: null });
  const listed = await call('GET', '/workflow-runs?status=completed');
  t.match(listed.body, { items: [{ id: begun.body.id }], total: 1 });
  const seen = await hub.call('GET', `/api/v1/orchestration/workflows/${begun.body.id}`);
  t.equal(seen.body.data.status, 'completed', 'the other API knows the same run');
  const entity = await call('GET', `/entities/workflow_run/${begun.body.id}`);
  t.match(entity.body.related_entities, [
    { type: 'mcp_definition', id, relationship: 'definition' },
    { type: 'api_key', relationship: 'created_by' },
  ]);
});

t.test('a reader that leaves does not end the run; cancelling ends it, and readers get the event', async (t) => {
  const { hub, call, id, release } = await start(t, ['hold', 'echo'], startHub);
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: 'flow' });
  const path = `${base}/workflow-runs/${run.id}/stream`;
  const [leaving, staying] = [await readRun(t, hub, path, headers), await readRun(t, hub, path, headers)];
  const isHeld = ({ data }: { data: { step_status?: string } }) => data.step_status === 'running';
  await leaving.until(isHeld);
  await staying.until(isHeld);
  leaving.leave();
  t.equal((await call('GET', `/workflow-runs/${run.id}`)).body.status, 'running');
  t.match(await call('DELETE', `/mcp-definitions/${id}`), { status: 409 }, 'a run of it goes on');
  const cancelled = await call('POST', `/workflow-runs/${run.id}/cancel`);
  t.match(cancelled, { status: 200, body: { status: 'cancelled' } });
  const events = await staying.ended();
  t.match(events.at(-1), { type: 'status_change', data: { status: 'cancelled', error: { code: 'cancelled' } } });
  t.equal((await call('POST', `/workflow-runs/${run.id}/cancel`)).status, 409);

  const wrong = await call('POST', `/workflow-runs/${run.id}/retry`, { from: 'nothing' });
  t.equal(wrong.status, 400);
  const again = await call('POST', `/workflow-runs/${run.id}/retry`, {});
  t.match(again, { status: 202, body: { parameters: run.parameters } });
  t.not(again.body.id, run.id);
  const repeated = await readRun(t, hub, `${base}/workflow-runs/${again.body.id}/stream`, headers);
  await repeated.until(({ data }) => data.step_status === 'running');
  await release();
  t.match((await repeated.ended()).at(-1), { data: { status: 'completed' } });
  t.equal((await call('DELETE', `/mcp-definitions/${id}`)).status, 200);
});

t.test('a step that fails fails the run, with its reason', async (t) => {
  const { hub, call, id } = await start(t, ['no-such-tool', 'echo'], startHub);
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: id });
  const { body } = await until(hub, `${base}/workflow-runs/${run.id}`, ({ status }) => status === 'failed');
  t.match(body, { error: { message: /no-such-tool/ }, steps: [{ status: 'failed' }, { status: 'pending' }] });
  const stream = await readRun(t, hub, `${base}/workflow-runs/${run.id}/stream`, headers);
  const events = await stream.ended();
  t.match(events.at(-1)?.data, { status: 'failed', error: { message: /no-such-tool/ } });
  t.ok(events.some(({ data }) => data.level === 'error' && /no-such-tool/.test(data.message)));
});

t.test('a viewer sees a run with members in each API, without the answers of tools', async (t) => {
  const { hub, call } = await start(t, ['echo'], startHub);
  const with_ = { tool: 'echo', server: 'flow', arguments: { text: 'for-operators' } };
  const config = {
    type: 'workflow',
    steps: [
      { id: 'each', kind: 'tool_call', for_each: [1, 2], with: with_ },
      { id: 'clean', kind: 'cleanup', for_each: [['temp']], with: { targets: ['temp'] } },
    ],
  };
  t.match(await call('POST', '/mcp-definitions', { name: 'members', mcp_type: 'workflow', config }), { status: 201 });
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: 'members' });
  await until(hub, `${base}/workflow-runs/${run.id}`, ({ status }) => status === 'completed');
  const key = await hub.key('viewer');
  const stream = await readRun(t, hub, `${base}/workflow-runs/${run.id}/stream`, { 'X-API-Key': key });
  const seen: unknown[] = [await stream.ended()];
  for (const path of [
    `${base}/workflow-runs/${run.id}`,
    `${base}/workflow-runs`,
    `/api/v1/orchestration/workflows/${run.id}`,
    `/api/v1/jobs/${run.id}`,
    '/api/v1/jobs',
  ]) {
    const { status, body } = await hub.call('GET', path, undefined, key);
    t.equal(status, 200, path);
    seen.push(body);
  }
  t.match(seen[1], { result: { 'each[0]': Object, clean: { items: 1 } } });
  t.match(seen[3], { data: { results: { 'each[0]': Object, clean: { items: 1 } } } });
  t.notMatch(JSON.stringify(seen), 'for-operators');
});

t.test('a run waits for approval through each API, also after a restart of its hub', async (t) => {
  const env = await fixedAddresses();
  const first = await startHub(t, { env });
  const config = {
    type: 'workflow',
    steps: [{ id: 'ask', kind: 'approval', with: { question: 'Go on?', role: 'operator' } }],
  };
  const make = as(first, ADMIN_KEY);
  const { body: made } = await make('POST', '/mcp-definitions', { name: 'asks', mcp_type: 'workflow', config });
  const runs: string[] = [];
  for (let at = 0; at < 2; at += 1)
    runs.push((await make('POST', '/workflow-runs', { workflow_definition_id: made.id })).body.id);
  const [one, other] = runs;
  const paths = [`${base}/workflow-runs/${one}`, `/api/v1/orchestration/workflows/${other}`] as const;
  const waits = { waits_for: { kind: 'approval', question: 'Go on?', role: 'operator' } };
  const isWaiting = (body: { steps?: { waits_for: unknown }[]; data?: { steps: { waits_for: unknown }[] } }) =>
    Boolean((body.steps ?? body.data?.steps)?.[0]?.waits_for);
  for (const path of paths) await until(first, path, isWaiting);
  const [viewer, operator] = [await first.key('viewer'), await first.key('operator')];
  await first.stop();
  const hub = await startHub(t, { data: first.data, env });
  const [inBackend, inAutomation] = [await until(hub, paths[0], isWaiting), await until(hub, paths[1], isWaiting)];
  t.match(inBackend.body.steps, [waits]);
  t.match(inAutomation.body.data.steps, [waits]);
  const decision = { step: 'ask', decision: 'approve', comment: 'go' };
  for (const path of paths) {
    const seen = await hub.call('GET', path, undefined, viewer);
    t.match((seen.body.steps ?? seen.body.data.steps)[0].waits_for, { kind: 'approval', question: null });
    t.equal((await hub.call('POST', `${path}/decide`, decision, viewer)).status, 403, path);
    const decided = (key: string) => hub.call('POST', `${path}/decide`, decision, key);
    const answer = await wait('the hub has taken up the run', async () => {
      const last = await decided(operator);
      return last.status !== 503 && last;
    });
    t.equal(answer.status, 200, path);
    await until(hub, path, (body) => (body.status ?? body.data?.status) === 'completed');
    t.equal((await decided(operator)).status, 409, 'once');
  }
});

t.test('a run takes the parameters of its workflow', async (t) => {
  const { hub, call, id } = await start(t, ['echo'], startHub);
  const run = (parameters: object) => call('POST', '/workflow-runs', { workflow_definition_id: id, parameters });
  t.match(await run({ text: 7 }), { status: 400, body: { details: { field: 'parameters.text' } } });
  t.match(await run({ other: 1 }), { status: 400, body: { details: { field: 'parameters.other' } } });
  const viewer = as(hub, await hub.key('viewer'));
  t.equal((await viewer('POST', '/workflow-runs', { workflow_definition_id: id })).status, 403);
  const plain = { name: 'flow', description: '', parameters: {}, steps: [{ name: 'one', kind: 'cleanup' }] };
  const clash = await hub.call('POST', '/api/v1/orchestration/workflows', plain);
  t.equal(clash.status, 409, 'a workflow has one name, whichever API it came through');
  const shipped = { name: 'health_sweep', mcp_type: 'workflow', config: steps(['echo']) };
  t.equal((await call('POST', '/mcp-definitions', shipped)).status, 409);
  const all = await hub.call('GET', '/api/v1/orchestration/workflows');
  t.ok(
    all.body.data.workflows.some(({ name }: { name: string }) => name === 'flow'),
    'listed there, too',
  );
});

t.test('a signed message starts a workflow, and no other message does', async (t) => {
  const hub = await startHub(t);
  const operator = await hub.key('operator');
  const path = '/api/v1/orchestration/triggers';
  const { body } = await hub.call('POST', path, { name: 'hook', workflow: 'health_sweep' }, operator);
  const { id, secret } = body.data;
  t.match(secret, /^whsec_/);
  t.notMatch((await hub.call('GET', path, undefined, operator)).body, { data: { triggers: [{ secret: String }] } });
  const text = '{ "spaces": "stay as they are" }';
  const receive = (key: string, message: string, sent = text) => {
    const signed = signatureHeaders(key, message, Date.now(), text);
    const headers = { 'Content-Type': 'application/json', ...signed };
    return hub.call('POST', `${path}/${id}/receive`, sent, null, { headers });
  };
  t.equal((await receive('whsec_AAAAAAAAAAAAAAAAAAAAAAAA', 'm')).status, 401);
  t.equal((await receive(secret, 'm', '{}')).status, 401);
  const first = await receive(secret, 'm');
  t.match(first, { status: 202, body: { data: { workflow_id: String } } });
  t.same((await receive(secret, 'm')).body.data, first.body.data, 'once');
  const run = await hub.call('GET', `/api/v1/jobs/${first.body.data.workflow_id}`, undefined, operator);
  t.match(run, { status: 200, body: { data: { kind: 'workflow', created_by: 'operator' } } });
});

t.test('a browser follows by ticket', async (t) => {
  const { hub, call, id, release } = await start(t, ['hold'], startHub);
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: id });
  const { ticket } = (await hub.call('POST', '/api/sse/tickets')).body.data;
  const reader = await readRun(t, hub, `${base}/workflow-runs/${run.id}/stream?ticket=${ticket}`, {});
  await reader.until(({ data }) => data.step_status === 'running');
  await release();
  t.match((await reader.ended()).at(-1)?.data, { status: 'completed' });
});

t.test('a reader continues at its event after the hub was killed', async (t) => {
  const env = await fixedAddresses();
  const { hub, call, id } = await start(t, ['echo', 'hold'], () => startHubProcess(t, { env }));
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: id });
  const path = `${base}/workflow-runs/${run.id}/stream`;
  const first = await readRun(t, hub, path, headers);
  const held = await first.until(({ data }) => data.step === '2-hold' && data.step_status === 'running');
  await hub.stop('SIGKILL');
  const again = await startHub(t, { data: hub.data, env });
  const second = await readRun(t, again, path, { ...headers, 'Last-Event-ID': held.id });
  await wait('the held call is released', async () => {
    const released = await again.call('POST', '/api/tools/release/invoke', { serverId: 'flow', arguments: {} });
    return released.status === 200;
  });
  const rest = await second.ended();
  t.equal(rest[0]?.id, String(Number(held.id) + 1));
  t.match(rest[0]?.data, { step: '2-hold', step_status: 'completed' }, 'the run gets the answer of the call');
  t.match(rest.at(-1)?.data, { status: 'completed' });
  const whole = await (await readRun(t, again, path, headers)).ended();
  t.same(whole.slice(0, first.events.length), first.events, 'earlier events stay the same');
});
