import { request } from 'node:http';
import t from 'tap';
import { importBusybox } from '../fixtures/docker/busybox.js';
import { dockerParts, type OwnEngine, startEngine } from '../fixtures/docker/engine.js';
import { wait } from '../kit/wait.js';
import { auditOf } from '../mcp-tools.js';
import { part } from '../parts.js';
import { ADMIN_KEY, ADMIN_PASSWORD, type Hub, startAgent, startHub } from '../roundhouse.js';

const image = 'box:1';
const hostsPath = '/infrastructure/api/v1/docker/hosts';
const SECRET = 'a-secret-of-a-container-0815';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

if (dockerParts(t) && part(t, 'busybox')) {
  const engine = await startEngine(t);
  await importBusybox(engine.docker, image);
  await tests(engine);
}
t.end();

/** Makes a container that runs a script. */
async function make({ docker }: OwnEngine, name: string, script: string): Promise<void> {
  const made = await docker.createContainer({
    name,
    Image: image,
    Cmd: ['sh', '-c', script],
    Env: [`TOKEN=${SECRET}`],
    HostConfig: { NetworkMode: 'none' },
  });
  await made.start();
}

async function tests(engine: OwnEngine) {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  await make(engine, 'web', 'trap "exit 0" TERM; echo first; echo wrong >&2; while :; do sleep 0.2; done');
  await make(engine, 'done', 'exit 3');
  const containers = `${hostsPath}/${agent.id}/containers`;
  const web = `${containers}/web`;

  await t.test('hosts, containers and images', async (t) => {
    const hosts = await hub.call('GET', hostsPath);
    t.equal(hosts.status, 200);
    t.match(hosts.body.data, [
      { id: agent.id, site: 'local', reachable: true, reason: null, engine: { version: /^\d/, containers: 2 } },
    ]);
    const { name } = hosts.body.data[0];
    await wait('the container has ended', async () => {
      const { body } = await hub.call('GET', `${containers}/done`);
      return body.data.state === 'exited';
    });
    const all = await hub.call('GET', containers);
    t.match(all.body, {
      data: [
        { name: 'done', state: 'exited', status: /^Exited \(3\)/, server_id: null },
        { name: 'web', state: 'running', image, created_at: TIME },
      ],
      metadata: { page: 1, total: 2, pages: 1, complete: true },
    });
    const names = async (query: string) => {
      const { body } = await hub.call('GET', `${containers}?${query}`);
      return body.data.map((one: { name: string }) => one.name);
    };
    t.same(await names('all=false'), ['web']);
    t.same(await names('state=exited'), ['done']);
    t.same(await names('name[regex]=^W|^w'), ['web']);
    t.same(await names('limit=1&page=2'), ['web']);
    const one = await hub.call('GET', web);
    t.match(one.body.data, { name: 'web', site: 'local', env: /TOKEN/, exit_code: 0, started_at: TIME });
    t.equal(one.body.data.finished_at, null);
    t.notMatch(JSON.stringify(one.body), SECRET);
    t.match((await hub.call('GET', `${containers}/done`)).body.data, { exit_code: 3, finished_at: TIME });
    t.match((await hub.call('GET', `${hostsPath}/${name}/containers/web`)).body.data, { id: one.body.data.id });
    const images = await hub.call('GET', `${hostsPath}/${agent.id}/images`);
    t.match(images.body.data, [{ tags: [image], containers: 2, created_at: TIME }]);
  });

  await t.test('stop, start and restart, with their entries in the audit log', async (t) => {
    const operator = await hub.key('operator', { name: 'the-operator' });
    const startedAt = async () => (await hub.call('GET', web)).body.data.started_at;
    const act = (verb: string, body?: object) => hub.call('POST', `${web}/${verb}`, body, operator);
    t.match((await act('stop', { timeout: 10 })).body.data, { name: 'web', state: 'exited', changed: true });
    t.match((await act('stop')).body.data, { changed: false });
    t.equal((await engine.docker.getContainer('web').inspect()).State.Running, false);
    t.match((await act('start')).body.data, { state: 'running', changed: true });
    const before = await startedAt();
    t.match((await act('restart', { timeout: 10 })).body.data, { state: 'running' });
    t.not(await startedAt(), before, 'it has begun again');
    for (const verb of ['stop', 'start', 'restart']) {
      const [entry] = await auditOf(hub, `container.${verb}`);
      t.match(entry, { success: true, actor: { name: 'the-operator' }, details: { name: 'web', site: 'local' } });
    }
  });

  await t.test('the log of a container is read, and followed', async (t) => {
    const operator = await hub.key('operator');
    const read = await hub.call('GET', `${web}/logs?tail_lines=2`, undefined, operator);
    t.match(read.body.data.truncated, false);
    t.match(read.body.data.lines.map(({ stream, message }: Record<string, string>) => [stream, message]).sort(), [
      ['stderr', 'wrong'],
      ['stdout', 'first'],
    ]);
    await make(engine, 'talker', 'echo zero > /tmp/log; exec tail -f /tmp/log');
    const followed = await follow(hub, `${containers}/talker/logs?follow=true&timestamps=true`, operator);
    t.match(followed.type, 'text/plain');
    const talker = engine.docker.getContainer('talker');
    const say = async (text: string) => {
      const command = ['sh', '-c', `echo ${text} >> /tmp/log`];
      t.equal((await hub.call('POST', `${containers}/talker/exec`, { command })).status, 200);
    };
    await wait('the log is read from its beginning', () => / zero\n$/.test(followed.text()));
    await say('one');
    await wait('the first line has come', () => /^\d{4}-\S+Z zero\n\S+Z one\n$/.test(followed.text()));
    await say('two');
    await wait('the second line has come', () => / one\n\S+Z two\n$/.test(followed.text()));
    await talker.stop({ t: 0 });
    await wait('the stream ends with the container', () => followed.ended());

    await t.test('a key that is revoked reads no more', async (t) => {
      await talker.start();
      const made = await hub.call('POST', '/api/keys', { name: 'short', role: 'operator' });
      const open = await follow(hub, `${containers}/talker/logs?follow=true`, made.body.data.key);
      await say('seen');
      await wait('the line has come', () => open.text().includes('seen'));
      t.equal((await hub.call('DELETE', `/api/keys/${made.body.data.id}`)).status, 200);
      await wait('the stream has ended', () => open.ended());
    });

    await t.test('an operator that becomes a viewer reads no more', async (t) => {
      const user = { username: 'olga', email: 'olga@example.com', password: ADMIN_PASSWORD, role: 'operator' };
      const made = await hub.call('POST', '/infrastructure/api/v1/users', user);
      const { username, password } = user;
      const login = { username, password };
      const signedIn = await hub.call('POST', '/infrastructure/api/v1/auth/login', login, null);
      const open = await follow(hub, `${containers}/talker/logs?follow=true`, signedIn.body.data.access_token);
      await say('for olga');
      await wait('the line has come', () => open.text().includes('for olga'));
      const demoted = await hub.call('PUT', `/infrastructure/api/v1/users/${made.body.data.id}`, { role: 'viewer' });
      t.equal(demoted.status, 200);
      await wait('the stream has ended', () => open.ended());
    });
  });

  await t.test('a command runs in a container, and the audit log has its entry', async (t) => {
    const body = { command: ['sh', '-c', 'cat; echo bad >&2; exit 4'], stdin: 'given', timeout: 30 };
    const ran = await hub.call('POST', `${web}/exec`, body);
    t.match(ran.body.data, { stdout: 'given', stderr: 'bad\n', exit_code: 4, truncated: false, duration_ms: Number });
    const [entry] = await auditOf(hub, 'container.exec');
    t.match(entry, { success: true, details: { command: body.command, exitCode: 4 } });
    const gone = await hub.call('POST', `${containers}/done/exec`, { command: ['ls'] });
    t.match([gone.status, gone.body.error.code], [409, 'RESOURCE_CONFLICT']);
    t.match((await auditOf(hub, 'container.exec'))[0], {
      success: false,
      resource: { type: 'container', id: 'done' },
      details: { command: ['ls'], error: 'conflict' },
    });
  });

  await t.test('each role may only do its own operations', async (t) => {
    const roles = { viewer: await hub.key('viewer'), operator: await hub.key('operator') };
    const statuses = async (key: string) => {
      const calls = [
        ['GET', web, undefined],
        ['GET', `${web}/logs`, undefined],
        ['POST', `${web}/start`, undefined],
        ['POST', `${web}/exec`, { command: ['true'] }],
      ] as const;
      const answers = [];
      for (const [method, path, body] of calls) answers.push((await hub.call(method, path, body, key)).status);
      return answers;
    };
    t.same(await statuses(roles.viewer), [200, 403, 403, 403]);
    t.same(await statuses(roles.operator), [200, 200, 200, 403]);
    t.same(await statuses(ADMIN_KEY), [200, 200, 200, 200]);
  });

  await t.test('narrowed keys see and do only what their grants cover', async (t) => {
    await startAgent(t, hub, 'elsewhere');
    const far = await hub.key('admin', { grants: { sites: ['elsewhere'] } });
    const hosts = await hub.call('GET', hostsPath, undefined, far);
    t.same(
      hosts.body.data.map(({ site }: { site: string }) => site),
      ['elsewhere'],
    );
    for (const [method, path, body] of [
      ['GET', containers, undefined],
      ['GET', web, undefined],
      ['GET', `${web}/logs`, undefined],
      ['GET', `${web}/logs?follow=true`, undefined],
      ['GET', `${hostsPath}/${agent.id}/images`, undefined],
      ['POST', `${web}/stop`, {}],
      ['POST', `${web}/exec`, { command: ['true'] }],
    ] as const) {
      const { status, body: answer } = await hub.call(method, path, body, far);
      t.match([status, answer.error?.code], [404, 'RESOURCE_NOT_FOUND'], `${method} ${path}`);
    }
    const tools = await hub.key('admin', { grants: { tools: ['echo'] } });
    for (const [method, path, body] of [
      ['GET', `${web}/logs`, undefined],
      ['POST', `${web}/stop`, {}],
      ['POST', `${web}/exec`, { command: ['true'] }],
    ] as const)
      t.equal((await hub.call(method, path, body, tools)).status, 403, `${method} ${path}`);
    t.equal((await engine.docker.getContainer('web').inspect()).State.Running, true);
  });

  await t.test('refusals name the field or the resource', async (t) => {
    for (const [method, path, body, field] of [
      ['GET', `${containers}?state[like]=x`, undefined, 'state[like]'],
      ['GET', `${containers}?limit=1000`, undefined, 'limit'],
      ['GET', `${containers}?all=perhaps`, undefined, 'all'],
      ['GET', `${web}/logs?tail_lines=0`, undefined, 'tail_lines'],
      ['GET', `${web}/logs?since_seconds=soon`, undefined, 'since_seconds'],
      ['GET', `${containers}/a%20b`, undefined, 'container'],
      ['POST', `${web}/stop`, { timeout: -1 }, 'timeout'],
      ['POST', `${web}/restart`, { timeout: 'long' }, 'timeout'],
      ['POST', `${web}/exec`, { command: [] }, 'command'],
      ['POST', `${web}/exec`, { command: ['ls'], workdir: 'relative' }, 'workdir'],
    ] as const) {
      const { status, body: answer } = await hub.call(method, path, body);
      t.match([status, answer.error?.details?.field], [400, field], `${path}: ${JSON.stringify(answer)}`);
    }
    for (const [method, path, kind] of [
      ['GET', `${containers}/nothing`, 'container'],
      ['POST', `${containers}/nothing/start`, 'container'],
      ['GET', `${containers}/nothing/logs?follow=true`, 'container'],
      ['GET', `${hostsPath}/nowhere/containers`, 'docker_host'],
      ['POST', `${hostsPath}/nowhere/containers/web/stop`, 'docker_host'],
    ] as const) {
      const { status, body } = await hub.call(method, path);
      t.match([status, body.error], [404, { code: 'RESOURCE_NOT_FOUND', message: new RegExp(kind) }], path);
    }
    t.match((await auditOf(hub, 'container.start'))[0], {
      success: false,
      resource: { type: 'container', id: 'nothing' },
      details: { error: 'not_found' },
    });
  });
}

/** An answer that is read while it arrives. */
async function follow({ url }: Hub, path: string, key: string) {
  const chunks: string[] = [];
  let isOver = false;
  const type = await new Promise<string>((resolve, reject) => {
    const sent = request(url + path, { headers: { Authorization: `Bearer ${key}` } }, (answer) => {
      answer.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
      answer.on('close', () => {
        isOver = true;
      });
      answer.on('error', () => {});
      resolve(String(answer.headers['content-type']));
    });
    t.teardown(() => sent.destroy());
    sent.on('error', reject).end();
  });
  return { type, text: () => chunks.join(''), ended: () => isOver };
}
