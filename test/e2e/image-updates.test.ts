import t, { type Test } from 'tap';
import { example } from '../automation.js';
import {
  borrowEngine,
  digestOf,
  dockerParts,
  moveTag,
  startRegistry,
  type TestEngine,
} from '../fixtures/docker/engine.js';
import { type ImageContent, importBase, publish } from '../fixtures/docker/images.js';
import { wait } from '../kit/wait.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { WsClient } from '../stream/ws-client.js';
import { callers, image, update, version } from '../updates.js';

const base = '/automation/api/v1';
const check = `${base}/updates/check?server=sample&refresh=true`;

if (dockerParts(t)) {
  const engine = await borrowEngine(t);
  const registry = await startRegistry(t);
  await importBase(engine.docker);
  tests(engine, registry);
}

function tests({ docker }: TestEngine, registry: string): void {
  const put = (name: string, content: ImageContent) =>
    publish(docker, `${registry}/${name}`, { tools: ['version', 'wait', `tool-${content.version}`], ...content });
  const containers = async () => (await docker.listContainers({ all: true })).map(({ Id }) => Id);
  const has = async (name: string) =>
    (await docker.listImages({ filters: { reference: [`${registry}/${name}`] } })).length > 0;
  const sample = async (t: Test, name: string) => {
    const hub = await startHub(t);
    const agent = await startAgent(t, hub);
    await hub.connectServer(image('sample', `${registry}/${name}`));
    return { hub, agent };
  };
  const checked = async (hub: Hub) => (await hub.call('GET', check)).body.data.servers[0];
  const running = async (hub: Hub) => (await hub.call('GET', `${base}/servers/sample`)).body.data.version;
  const calling = (hub: Hub) =>
    callers(() => hub.call('POST', '/api/tools/version/invoke', { arguments: {}, serverId: 'sample' }));

  t.test('an image: to the latest of its registry under load, and back', async (t) => {
    for (const version of ['1.0.0', '1.1.0']) await put(`fleet/server:${version}`, { version });
    const { hub, agent } = await sample(t, 'fleet/server:1.0.0');
    const { body } = await hub.call('GET', check);
    sameShape(t, body, example('GET /api/v1/updates/check'));
    t.match(body.data.servers, [
      {
        current_version: '1.0.0',
        latest_version: '1.1.0',
        update_available: true,
        breaking_changes: false,
        source: { kind: 'image', name: `${registry}/fleet/server` },
        versions: ['1.1.0', '1.0.0'],
        error: null,
      },
    ]);
    t.match(await update(t, hub, 'sample', { dry_run: true }), { status: 'completed', plan: { installed: false } });
    t.notOk(await has('fleet/server:1.1.0'), 'a dry run pulls nothing');

    const stop = calling(hub);
    const long = hub.call('POST', '/api/tools/wait/invoke', { arguments: { ms: 4000 }, serverId: 'sample' });
    const done = await update(t, hub, 'sample');
    t.match(done, { status: 'completed', from_version: '1.0.0', to_version: '1.1.0', error: null });
    t.same(done.tools, { added: ['tool-1.1.0'], removed: ['tool-1.0.0'], changed: [] });
    t.equal(await version(hub), '1.1.0');
    t.equal((await long).body.data.content[0].text, '1.0.0', 'running calls finish on the old version');
    const back = await update(t, hub, 'sample', undefined, true);
    t.match(back, { status: 'completed', kind: 'rollback', to_version: '1.0.0', running_version: '1.0.0' });
    t.same([await version(hub), await running(hub)], ['1.0.0', '1.0.0']);
    const { count, failures } = await stop();
    t.ok(count > 0);
    t.same(failures, [], `of ${count} calls none failed`);
    await wait('one container is left', async () => (await containers()).length === 1);
    await agent.stop();
    t.same(await containers(), []);
  });

  t.test('an image that cannot start is rolled back by itself; an alert tells', async (t) => {
    await put('fleet/broken:1.0.0', { version: '1.0.0' });
    await put('fleet/broken:2.0.0', { version: '2.0.0', broken: true });
    const { hub } = await sample(t, 'fleet/broken:1.0.0');
    const client = await WsClient.authenticated(t, hub);
    client.send({ type: 'subscribe', events: ['update.complete', 'alert.new'] });
    await client.next('subscribed');
    const before = await containers();
    const stop = calling(hub);
    const failed = await update(t, hub, 'sample');
    t.match(failed, { status: 'failed', rolled_back: true, running_version: '1.0.0', breaking_changes: true });
    t.match(failed.steps[3], { name: 'verify', status: 'failed', reason: /exited with code 3: this version cannot/ });
    t.match(await client.next('update.complete'), { server: 'sample', version: '1.0.0', success: false });
    await client.next('alert.new');
    t.match((await hub.call('GET', `${base}/alerts`)).body.data.alerts, [{ rule: 'update_failed', server: 'sample' }]);
    t.same((await stop()).failures, [], 'the old version was never left');
    t.same(await containers(), before, 'nor its container');
  });

  t.test('a tag that moved is an update; its old digest is a way back, by itself or by name', async (t) => {
    const digest = () => digestOf(registry, 'fleet/moving', 'latest');
    await put('fleet/moving:latest', { version: 'first' });
    const first = `latest@${await digest()}`;
    const { hub } = await sample(t, 'fleet/moving');
    t.match(await checked(hub), { current_version: first, latest_version: first, update_available: false });
    await put('fleet/moving:latest', { version: 'second' });
    const second = `latest@${await digest()}`;
    t.match(await checked(hub), { current_version: first, latest_version: second, update_available: true });
    t.match(await update(t, hub, 'sample'), { status: 'completed', from_version: first, to_version: second });
    t.same([await version(hub), await running(hub)], ['second', second]);
    t.match(await update(t, hub, 'sample', { target_version: first }, true), { running_version: first });
    t.equal(await version(hub), 'first');
    t.match(await update(t, hub, 'sample', { version: second }), { running_version: second });
    t.match(await update(t, hub, 'sample', undefined, true), { running_version: first });
    t.equal(await version(hub), 'first');
  });

  t.test('a version that was pushed again is an update to its digest, once', async (t) => {
    await put('fleet/again:1.0.0', { version: 'first' });
    const first = await digestOf(registry, 'fleet/again', '1.0.0');
    const { hub } = await sample(t, 'fleet/again:1.0.0');
    await put('fleet/again:next', { version: 'second' });
    await moveTag(registry, 'fleet/again', '1.0.0', 'next');
    const second = await digestOf(registry, 'fleet/again', '1.0.0');
    t.match(await checked(hub), { current_version: first, latest_version: second, update_available: true });
    t.match(await update(t, hub, 'sample'), { status: 'completed', to_version: second });
    t.equal(await version(hub), 'second');
    t.match(await checked(hub), { current_version: second, latest_version: second, update_available: false });
    t.match(await update(t, hub, 'sample', undefined, true), { running_version: first });
    t.equal(await version(hub), 'first');
  });

  t.test('without a backup the old image goes; with one it stays', async (t) => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await put(`fleet/kept:${version}`, { version });
    const { hub } = await sample(t, 'fleet/kept:1.0.0');
    t.match(await update(t, hub, 'sample', { version: '1.1.0' }), { running_version: '1.1.0' });
    t.ok(await has('fleet/kept:1.0.0'));
    t.match(await update(t, hub, 'sample', { backup: false }), { running_version: '1.2.0' });
    await wait('the image of the version before is removed', async () => !(await has('fleet/kept:1.1.0')));
  });
}
