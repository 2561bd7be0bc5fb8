import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ended, example, until } from '../automation.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { sameShape } from '../shape.js';
import { WsClient } from '../stream/ws-client.js';
import { callers, sample, update, version } from '../updates.js';

const base = '/automation/api/v1';
const check = `${base}/updates/check`;

t.test('each answer has the documented form and the right facts', async (t) => {
  const { hub } = await sample(t, { '1.0.0': 'works', '1.1.0': 'works', '2.0.0': 'works' }, 'real');
  await hub.call('POST', '/api/servers', { name: 'url', transport: { type: 'http', url: 'http://127.0.0.1:9/mcp' } });
  const { body: info } = await hub.call('GET', `${base}/info`);
  t.match(info.data, { features: { auto_update: true }, limits: { max_concurrent_updates: 5 } });
  // A source that is late is known next time.
  const { body: checked } = await until(hub, check, ({ data }) => data.servers[0].error === null);
  sameShape(t, checked, example('GET /api/v1/updates/check'));
  t.match(checked.data, {
    updates_available: true,
    total_updates: 1,
    servers: [
      {
        name: 'sample',
        current_version: '1.0.0',
        latest_version: '2.0.0',
        update_available: true,
        breaking_changes: true,
        changelog: /everything/,
        source: { kind: 'npm', name: 'mcp-sample' },
        versions: ['2.0.0', '1.1.0', '1.0.0'],
        age_seconds: Number,
      },
    ],
  });
  t.equal(checked.data.servers.length, 1, 'a URL has no versions');
  t.match((await hub.call('GET', `${check}?server=url`)).body.data.servers, [{ name: 'url', update_available: false }]);

  const client = await WsClient.authenticated(t, hub);
  client.send({ type: 'subscribe', events: ['update.progress', 'update.complete'] });
  await client.next('subscribed');
  const long = hub.call('POST', '/api/tools/wait/invoke', { arguments: { ms: 3000 }, serverId: 'sample' });
  const done = await update(t, hub, 'sample');
  const { body } = await hub.call('GET', `${base}/updates/${done.update_id}`);
  sameShape(t, body, example('GET /api/v1/updates/{update_id}'));
  t.match(done, { server: 'sample', from_version: '1.0.0', to_version: '2.0.0', progress: 100, dry_run: false });
  t.same(
    done.steps.map(({ name, status }: Record<string, unknown>) => [name, status]),
    ['backup', 'download', 'install', 'verify', 'switch'].map((name) => [name, 'completed']),
  );
  t.same(done.tools, { added: ['tool-2.0.0'], removed: ['tool-1.0.0'], changed: [] });
  t.equal(await version(hub), '2.0.0');
  t.equal((await long).body.data.content[0].text, '1.0.0', 'running calls finish on the old version');
  t.match(await client.next('update.complete'), { server: 'sample', version: '2.0.0', success: true });
  const progress = client.messages.find(({ type }: { type: string }) => type === 'update.progress');
  t.match(progress, { server: 'sample', progress: Number, message: String });

  t.match(await update(t, hub, 'sample', undefined, true), { status: 'completed', to_version: '1.0.0' });
  t.equal(await version(hub), '1.0.0');
  const { body: metrics } = await hub.call('GET', '/metrics');
  // How long they took is the machine's affair.
  for (const le of ['30', '60', '120']) t.match(metrics, `mcp_update_duration_seconds_bucket{le="${le}"} `);
  t.match(metrics, 'mcp_update_duration_seconds_bucket{le="+Inf"} 2');
  t.match(metrics, 'mcp_update_duration_seconds_count 2');
});

t.test('a version that cannot start is rolled back by itself; an alert tells, until one goes well', async (t) => {
  const { hub, registry } = await sample(t, { '1.0.0': 'works', '2.0.0': 'exits' });
  const client = await WsClient.authenticated(t, hub);
  client.send({ type: 'subscribe', events: ['update.complete', 'alert.new'] });
  await client.next('subscribed');
  const stop = callers(async () => {
    const answer = await version(hub);
    return { status: answer === '1.0.0' ? 200 : 0, body: answer };
  });
  const failed = await update(t, hub, 'sample');
  t.match(failed, { status: 'failed', rolled_back: true, running_version: '1.0.0', error: { message: /broken/ } });
  t.match(failed.steps[3], { name: 'verify', status: 'failed', reason: /exited with code 3/ });
  t.match(await client.next('update.complete'), { server: 'sample', version: '1.0.0', success: false });
  await client.next('alert.new');
  t.match((await hub.call('GET', `${base}/alerts`)).body.data.alerts, [{ rule: 'update_failed', server: 'sample' }]);
  t.same((await stop()).failures, [], 'the old version was never left');

  registry.publish(mcpPackage('3.0.0'));
  const done = update(t, hub, 'sample');
  const listed = await until(hub, `${base}/servers`, ({ data }) => data.servers[0].status !== 'healthy');
  t.match(listed.body.data.servers, [{ name: 'sample', status: 'updating' }]);
  t.match(await done, { status: 'completed', to_version: '3.0.0' });
  await until(hub, `${base}/alerts`, ({ data }) => data.total === 0);
});

t.test('without rollback the server stays on the new version, and the answer says so', async (t) => {
  const { hub } = await sample(t, { '1.0.0': 'works', '2.0.0': 'exits' });
  const failed = await update(t, hub, 'sample', { rollback_on_failure: false });
  t.match(failed, { status: 'failed', rolled_back: false, running_version: '2.0.0' });
  await until(hub, `${base}/servers/sample`, ({ data }) => data.state === 'error' && /broken/.test(data.reason));
  t.match(await update(t, hub, 'sample', undefined, true), { status: 'completed', running_version: '1.0.0' });
  await until(hub, `${base}/servers/sample`, ({ data }) => data.status === 'healthy');
  t.equal(await version(hub), '1.0.0');
});

t.test('a dry run lists exactly the steps of the update, and changes nothing', async (t) => {
  const { hub, agent } = await sample(t, { '1.0.0': 'works', '2.0.0': 'works' });
  const dry = await update(t, hub, 'sample', { dry_run: true });
  t.match(dry, {
    status: 'completed',
    dry_run: true,
    from_version: '1.0.0',
    to_version: '2.0.0',
    breaking_changes: true,
  });
  t.match(dry.plan, { installed: false, keeps_old: true });
  t.same(
    dry.plan.steps.map(({ name }: { name: string }) => name),
    ['backup', 'download', 'install', 'verify', 'switch'],
  );
  t.equal(await version(hub), '1.0.0');
  t.same(readdirSync(join(agent.data, 'sources', 'npm', 'mcp-sample')), ['1.0.0'], 'nothing was installed');
});

t.test('the workflow update_all takes all servers to their latest versions', async (t) => {
  const { hub } = await sample(t, { '1.0.0': 'works', '1.1.0': 'works' });
  await hub.call('POST', '/api/servers', { name: 'url', transport: { type: 'http', url: 'http://127.0.0.1:9/mcp' } });
  // The hub does not ask again for a known version, however long the check takes here.
  await until(hub, check, ({ data }) => data.servers[0].error === null);
  const made = await hub.call('POST', `${base}/orchestration/workflows/execute`, { workflow: 'update_all' });
  t.equal(made.status, 202);
  const done = await ended(hub, `${base}/orchestration/workflows/${made.body.data.workflow_id}`);
  t.match(done, { status: 'completed' });
  t.match(done.results.update_check, { checked: 1, updates_available: 1, servers: [{ name: 'sample' }] });
  t.same(done.results.update_check.errors, []);
  t.match(done.results.update, { updated: 1, failed: 0, servers: [{ name: 'sample', status: 'updated' }] });
  t.equal(await version(hub), '1.1.0');
  const id = done.results.update.servers[0].update_id;
  t.match((await hub.call('GET', `${base}/updates/${id}`)).body.data, { status: 'completed', to_version: '1.1.0' });
});

t.test('a server that a scheduled workflow updates says so', async (t) => {
  const { hub } = await sample(t, { '1.0.0': 'works' });
  await hub.call('POST', '/api/servers', { name: 'url', transport: { type: 'http', url: 'http://127.0.0.1:9/mcp' } });
  const auto = async (server: string) =>
    (await hub.call('GET', `${base}/servers/${server}`)).body.data.configuration.auto_update;
  t.equal(await auto('sample'), false);
  const execute = async (servers: string[]) => {
    const body = { workflow: 'update_all', schedule: '0 3 1 1 *', parameters: { servers } };
    const { data } = (await hub.call('POST', `${base}/orchestration/workflows/execute`, body)).body;
    return `${base}/orchestration/workflows/${data.workflow_id}/cancel`;
  };
  const other = await execute(['url']);
  t.equal(await auto('sample'), false, 'another one is meant');
  const all = await execute([]);
  t.equal(await auto('sample'), true);
  t.equal(await auto('url'), false, 'it has no versions');
  await hub.call('POST', all);
  t.equal(await auto('sample'), false);
  await hub.call('POST', other);
});

t.test('bad requests are refused, each with its reason', async (t) => {
  const { hub, agent } = await sample(t, { '1.0.0': 'works', '1.1.0': 'works' });
  await hub.call('POST', '/api/servers', { name: 'url', transport: { type: 'http', url: 'http://127.0.0.1:9/mcp' } });
  const post = async (path: string, body?: object, key?: string) => {
    const { status, body: answer } = await hub.call('POST', `${base}/updates/${path}`, body, key);
    return { status, ...answer.error };
  };
  const Text = "Version must be semantic version or 'latest'";
  t.match(await post('sample', { version: 'newest' }), {
    status: 422,
    code: 'VALIDATION_ERROR',
    details: { field: 'version', error: Text },
  });
  t.match(await post('sample', { force: 'yes' }), { status: 422, details: { field: 'force' } });
  t.match(await post('sample/rollback', { target_version: '../x' }), {
    status: 422,
    details: { field: 'target_version' },
  });
  t.match(await post('nobody'), { status: 404, code: 'RESOURCE_NOT_FOUND' });
  t.match(await post('url'), { status: 409, code: 'CONFLICT', message: /no versions/ });
  t.match(await post('sample', { version: '1.0.0' }), { status: 409, details: { current_version: '1.0.0' } });
  t.match(await post('sample/rollback'), { status: 409, message: /no backup/ });
  t.match(await post('sample/rollback', { target_version: '0.9.0' }), {
    status: 404,
    details: { known: { length: 0 } },
  });
  t.match(await post('sample', {}, await hub.key('user')), { status: 403 });
  t.equal((await hub.call('GET', `${base}/updates/0193a1b2-0000-7000-8000-000000000000`)).status, 404);
  t.match(await update(t, hub, 'sample', { version: '9.9.9' }), {
    status: 'failed',
    running_version: '1.0.0',
    error: { message: /9\.9\.9/ },
  });
  const from = hub.log.length;
  await agent.stop();
  await hub.logged(({ body }) => body === 'agent disconnected' || body === 'agent gone', from);
  t.match(await post('sample'), { status: 503, code: 'SERVICE_UNAVAILABLE', details: { outcome: 'not_run' } });
  const away = (await hub.call('GET', `${check}?refresh=true`)).body.data;
  t.match(away.servers, [{ name: 'sample', error: /is not connected/ }]);
});
