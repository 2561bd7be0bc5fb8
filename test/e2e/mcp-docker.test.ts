import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { importBusybox } from '../fixtures/docker/busybox.js';
import { dockerParts, type OwnEngine, startEngine } from '../fixtures/docker/engine.js';
import { wait } from '../kit/wait.js';
import { mcpClient, OPERATIONS } from '../mcp-client.js';
import { auditOf, toolsOf } from '../mcp-tools.js';
import { part } from '../parts.js';
import { startAgent, startHub } from '../roundhouse.js';

const image = 'box:1';
const SECRET = 'a secret of the tests, 4711';
/** A number of seconds that no other process on this machine sleeps. */
const seconds = 1_000_000 + process.pid;
/** A container without a network: the test's engine has none. */
const box = { image, network: 'none', command: ['sleep', '1000'] };

if (dockerParts(t) && part(t, 'busybox')) {
  const engine = await startEngine(t);
  await importBusybox(engine.docker, image);
  tests(engine);
}

function tests(engine: OwnEngine): void {
  t.test('at one site', async (t) => {
    const hub = await startHub(t);
    await startAgent(t, hub);
    const { client } = await mcpClient(t, hub, { path: OPERATIONS });
    const call = toolsOf(client);

    await t.test('a container from its making to its removal', async (t) => {
      t.match(await call('list_docker_hosts'), { hosts: [{ site: 'local', reachable: true, version: /^\d/ }] });
      await wait('the agent says which engine it has', async () =>
        /"docker\/\d/.test(JSON.stringify((await hub.call('GET', '/api/agents')).body.data)),
      );
      t.match(await call('list_containers', { all: true }), { site: 'local', containers: { length: 0 }, total: 0 });

      const env = { DB_PASSWORD: SECRET, MODE: 'test' };
      const script = 'echo first; echo "$DB_PASSWORD"; while :; do sleep 0.2; echo more; done';
      const made = await call('run_container', { ...box, name: 'web', env, command: ['sh', '-c', script] });
      t.match(made, {
        site: 'local',
        name: 'web',
        image,
        state: 'running',
        env: ['DB_PASSWORD', 'MODE'],
        serverId: null,
      });
      t.match(await call('list_containers', { name: 'we' }), {
        containers: [{ name: 'web', state: 'running' }],
        total: 1,
      });
      const got = await call('get_container', { container: 'web' });
      t.match(got, { id: made.id, restart: 'no', finishedAt: null, networks: [{ name: 'none' }] });
      t.notMatch(JSON.stringify(got), SECRET);
      t.match(await call('get_container_stats', { container: 'web' }), {
        stats: [{ name: 'web', memoryBytes: Number }],
      });

      await t.test('its log, also as it goes on', async (t) => {
        const last = async (): Promise<{ message: string }[]> =>
          (await call('get_container_logs', { container: 'web', lines: 3 })).lines;
        await wait(
          'three more lines are in the log',
          async () => (await last()).filter(({ message }) => message === 'more').length === 3,
        );
        const told: { message?: string }[] = [];
        const onprogress = (progress: { message?: string }) => void told.push(progress);
        const asked = { container: 'web', lines: 3, follow: 30 };
        const { lines, truncated } = await call('get_container_logs', asked, { onprogress });
        t.match(told[0], { progress: 1, message: 'more' });
        t.match([lines.length, truncated], [6, true], 'no more is waited for than fits');
        const whole = await call('get_container_logs', { container: 'web', lines: 2000 });
        t.match(whole.lines[0], { stream: 'stdout', message: 'first', time: /^\d{4}-/ });
        t.match(whole.lines[1], { message: '[REDACTED]' });
        await t.rejects(call('get_container_logs', { container: 'web', follow: 5, until: '2030-01-01T00:00:00Z' }), {
          code: 'invalid_input',
          details: { field: 'follow' },
        });
      });

      await t.test('commands in it', async (t) => {
        const command = ['sh', '-c', 'cat; echo "$DB_PASSWORD" >&2; exit 3'];
        const output = await call('exec_in_container', { container: 'web', command, stdin: 'wagon ü' });
        t.match(output, { stdout: 'wagon ü', stderr: '[REDACTED]\n', exitCode: 3, truncated: false });
        // Its time begins before the command does: enough for a busy engine to start it.
        const hanging = { container: 'web', command: ['sh', '-c', 'echo half; sleep 1000'], timeout: 20 };
        await t.rejects(call('exec_in_container', hanging), {
          code: 'timeout',
          details: { reason: 'timeout', stdout: 'half\n', ended: true },
        });
        const [failed, done] = await auditOf(hub, 'container.exec');
        t.match(failed, {
          success: false,
          resource: { id: 'web' },
          details: { error: 'timeout', command: hanging.command },
        });
        t.match(done, { success: true, details: { exitCode: 3, site: 'local' } });
      });

      t.match(await call('stop_container', { container: 'web', timeout: 0 }), { state: 'exited', changed: true });
      t.match(await call('start_container', { container: 'web' }), { state: 'running', changed: true });
      t.match(await call('restart_container', { container: 'web', timeout: 0 }), { state: 'running' });
      await t.rejects(call('remove_container', { container: 'web' }), { code: 'conflict' });
      t.match(await call('remove_container', { container: 'web', force: true }), { id: made.id, state: 'removed' });

      const [run] = await auditOf(hub, 'container.run');
      t.match(run, { success: true, resource: { type: 'container', id: made.id } });
      t.match(run.details, { name: 'web', image, env: ['DB_PASSWORD', 'MODE'], site: 'local' });
      for (const action of ['stop', 'start', 'restart'])
        t.match(await auditOf(hub, `container.${action}`), [{ success: true }]);
      t.match(await auditOf(hub, 'container.remove'), [
        { success: true },
        { success: false, details: { error: 'conflict' } },
      ]);
      t.notMatch(JSON.stringify((await hub.call('GET', '/api/audit?limit=100')).body), SECRET);
      t.notMatch(JSON.stringify(hub.log), SECRET);
    });

    await t.test('errors name the field', async (t) => {
      for (const [name, args, field] of [
        ['run_container', { ...box, ports: ['80:80', 'eighty'] }, 'ports.1'],
        ['run_container', { ...box, image: 'Not An Image' }, 'image'],
        ['run_container', { ...box, restart: 'sometimes' }, 'restart'],
        ['run_container', { ...box, privileged: true }, 'privileged'],
        ['exec_in_container', { container: 'web', command: [] }, 'command'],
        ['get_container', { container: 'a b' }, 'container'],
        ['list_images', { site: 'nowhere' }, 'site'],
        ['list_images', { agent: 'nobody' }, 'agent'],
      ] as const)
        await t.rejects(call(name, args), { code: 'invalid_input', details: { field, problems: [{ field }] } }, field);
      await t.rejects(call('get_container', { container: 'web' }), {
        code: 'not_found',
        details: { resource: 'container' },
      });
      const absent = { ...box, image: 'nowhere.invalid/box:9', pull: 'never' };
      await t.rejects(call('run_container', absent), { code: 'not_found', details: { kind: 'image' } });
      await t.rejects(call('pull_image', { image: 'localhost:1/box:1' }), { code: 'upstream_failed' });
      t.match(await auditOf(hub, 'image.pull'), [
        { success: false, resource: { type: 'image', id: 'localhost:1/box:1' } },
      ]);
      const images = await call('list_images');
      t.match(images, { images: [{ tags: [image], containers: 0 }], total: 1 });
      await engine.docker.getImage(image).tag({ repo: 'other', tag: '1' });
      t.match(await call('remove_image', { image: 'other:1' }), {
        untagged: ['other:1'],
        deleted: { length: 0 },
      });
    });

    await t.test('a command ends when its caller hangs up', async (t) => {
      const { id } = await call('run_container', { ...box, autoRemove: true });
      t.teardown(() =>
        engine.docker
          .getContainer(id)
          .remove({ force: true })
          .catch(() => {}),
      );
      const abort = new AbortController();
      const command = ['sh', '-c', `sleep ${seconds} & sleep ${seconds}`];
      const running = call('exec_in_container', { container: id, command }, { signal: abort.signal });
      await wait('both commands run in the container', () => sleepers() === 2);
      abort.abort('enough');
      await t.rejects(running, { message: /enough/ });
      await wait('no command runs in the container', () => sleepers() === 0);
      t.match(await call('get_container', { container: id }), { state: 'running' }, 'the container goes on');
    });

    await t.test('each role has the tools that it may use', async (t) => {
      const reading = ['get_container', 'get_container_stats', 'list_containers', 'list_docker_hosts', 'list_images'];
      const operating = [
        'pull_image',
        'remove_container',
        'remove_image',
        'restart_container',
        'start_container',
        'stop_container',
      ];
      const ofViewers = reading;
      const ofOperators = [...ofViewers, ...operating, 'get_container_logs'];
      const ofAdmins = [...ofOperators, 'exec_in_container', 'run_container'];
      for (const [role, names] of [
        ['viewer', ofViewers],
        ['user', ofViewers],
        ['operator', ofOperators],
        ['admin', ofAdmins],
      ] as const) {
        const { client } = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key(role) });
        const { tools } = await client.listTools();
        const found = tools.filter(({ name }) => /container|image|docker/.test(name));
        t.strictSame(found.map(({ name }) => name.replace('roundhouse_', '')).sort(), [...names].sort(), role);
        for (const { name, annotations } of found)
          t.equal(annotations?.readOnlyHint, !/_(pull|remove|restart|start|stop|run|exec)_/.test(name), name);
      }
      const operator = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key('operator') });
      const attempt = toolsOf(operator.client)('exec_in_container', { container: 'web', command: ['env'] });
      await t.rejects(attempt, { code: -32602, message: /Unknown tool/ });
      const [entry] = await auditOf(hub, 'container.exec');
      t.match(entry, { success: false, details: { error: 'forbidden' } });
      const grants = { tools: ['roundhouse_list_containers'], sites: ['local'] };
      const narrow = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key('viewer', { grants }) });
      t.match(await toolsOf(narrow.client)('list_containers'), { site: 'local' });
      const elsewhere = await mcpClient(t, hub, {
        path: OPERATIONS,
        key: await hub.key('viewer', { grants: { sites: ['other'] } }),
      });
      await t.rejects(toolsOf(elsewhere.client)('list_containers'), { code: 'not_found' });
    });
  });

  t.test('which engine is meant', async (t) => {
    const hub = await startHub(t);
    const first = await startAgent(t, hub, 'depot');
    await startAgent(t, hub, 'yard', ['--name', 'crane']);
    const { client } = await mcpClient(t, hub, { path: OPERATIONS });
    const call = toolsOf(client);
    const several = { code: 'invalid_input', details: { field: 'site', sites: ['depot', 'yard'] } };
    await t.rejects(call('list_containers'), several);
    t.match(await call('list_containers', { site: 'yard' }), { site: 'yard' });
    t.match(await call('list_containers', { agent: 'crane' }), { site: 'yard' });
    await startAgent(t, hub, 'yard', ['--name', 'shed']);
    const two = { code: 'invalid_input', details: { field: 'agent', agents: ['crane', 'shed'] } };
    await t.rejects(call('list_containers', { site: 'yard' }), two);
    t.match(await call('list_containers', { site: 'yard', agent: 'shed' }), { site: 'yard' });
    const gone = hub.logged(({ body }) => body === 'agent disconnected');
    await first.stop();
    await gone;
    const away = { code: 'agent_unreachable', details: { outcome: 'not_run' } };
    await t.rejects(call('list_containers', { site: 'depot' }), away);
  });

  t.test('a site’s policy is the last word', async (t) => {
    const hub = await startHub(t);
    const policy = join(hub.data, 'policy.yaml');
    writeFileSync(policy, 'read_only: true\n');
    await startAgent(t, hub, 'local', ['--policy', policy]);
    const { client } = await mcpClient(t, hub, { path: OPERATIONS });
    const call = toolsOf(client);
    t.match(await call('list_containers'), { total: 0 });
    const refused = { code: 'refused', details: { reason: 'read_only', outcome: 'not_run' } };
    await t.rejects(call('run_container', box), refused);
    await t.rejects(call('remove_image', { image }), refused);
    t.match(await auditOf(hub, 'policy.refused'), [{ details: { operation: 'removeImage' } }, { success: false }]);
  });

  // The last one: it ends the engine for a while.
  t.test('an engine that comes after its agent, and an engine that is gone', async (t) => {
    await engine.stop();
    const hub = await startHub(t);
    await startAgent(t, hub);
    const { client } = await mcpClient(t, hub, { path: OPERATIONS });
    const call = toolsOf(client);
    t.match(await call('list_docker_hosts'), { hosts: { length: 0 } });
    const unreachable = { code: 'upstream_failed', message: /cannot be reached/, details: { reason: 'unreachable' } };
    await t.rejects(call('list_containers'), unreachable);
    await engine.start();
    t.match(await call('list_containers', { all: true }), { site: 'local' });
    t.match(await call('list_docker_hosts'), { hosts: [{ reachable: true }] });
  });
}

/** How many processes of this machine, those in containers included, sleep for as long as this test has them. */
function sleepers(): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  }).length;
}
