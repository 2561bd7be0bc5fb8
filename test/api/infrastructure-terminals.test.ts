import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Roundhouse, type TerminalTicket } from '@roundhouse/sdk';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { importBusybox } from '../fixtures/docker/busybox.js';
import { dockerParts, type OwnEngine, startEngine } from '../fixtures/docker/engine.js';
import { base, newUser } from '../infrastructure.js';
import { Screen } from '../kit/screen.js';
import { wait } from '../kit/wait.js';
import { auditOf } from '../mcp-tools.js';
import { part } from '../parts.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';

const image = 'box:1';
const size = { columns: 100, rows: 30 };
const path = (host: string, container = 'web') =>
  `/infrastructure/api/v1/docker/hosts/${host}/containers/${container}/terminals`;

if (dockerParts(t) && part(t, 'busybox')) {
  const engine = await startEngine(t);
  await importBusybox(engine.docker, image);
  const made = await engine.docker.createContainer({
    ...{ name: 'web', Image: image, Cmd: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.2; done'] },
    HostConfig: { NetworkMode: 'none' },
  });
  await made.start();
  await tests(engine);
}
t.end();

/** A WebSocket for a terminal, message by message. */
async function connect(t: Test, hub: Hub) {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/terminals/ws`);
  t.teardown(() => socket.terminate());
  const said: { type: string; error?: { code: string } }[] = [];
  socket.on('message', (data) => said.push(JSON.parse(String(data))));
  const closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)]);
  await once(socket, 'open');
  const say = (message: object) => socket.send(JSON.stringify(message));
  const heard = (type: string) => wait(`the hub says ${type}`, () => said.some((one) => one.type === type));
  return { socket, said, say, heard, closed };
}

async function tests({ docker }: OwnEngine) {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const client = (apiKey: string) => new Roundhouse({ baseUrl: hub.url, apiKey }).infrastructure;
  const own = client(ADMIN_KEY);
  const ticketOf = (container = 'web', command?: string[]) =>
    own.docker.openContainerTerminal(agent.id, container, command && { command });
  /** The programs in the container that have a word in their command. */
  const running = async (word: string) => {
    const { Processes } = await docker.getContainer('web').top({ ps_args: '-eo pid,args' });
    return (Processes as string[][]).filter((columns) => columns.join(' ').includes(word)).length;
  };

  await t.test('a person types at a terminal, changes its size and ends it', async (t) => {
    const screen = new Screen();
    const terminal = await own.terminal(await ticketOf(), { ...size, onOutput: screen.sink });
    terminal.write("stty size; echo Gr''üße\r");
    await screen.shows(/30 100\r\n[\s\S]*Grüße\r\n/);
    terminal.resize(61, 21);
    terminal.write('stty size\r');
    await screen.shows(/21 61\r\n/);
    terminal.write('exit 7\r');
    t.equal(await terminal.ended, 7);
    await wait(
      'the end is in the audit log',
      async () => (await auditOf(hub, 'container.terminal.close')).length === 1,
    );
    const [opened] = await auditOf(hub, 'container.terminal.open');
    const [closed] = await auditOf(hub, 'container.terminal.close');
    const details = { name: 'web', site: 'local', command: ['/bin/sh'] };
    t.match(opened, { success: true, details, resource: { type: 'container' } });
    t.match(closed, { success: true, details: { ...details, exitCode: 7 } });
    t.notMatch(JSON.stringify([opened, closed]), 'stty', 'the log has no input');
  });

  await t.test('a program that ends has its exit code, and its whole output came before', async (t) => {
    const screen = new Screen();
    const command = ['sh', '-c', 'seq 1 20000; exit 3'];
    const terminal = await own.terminal(await ticketOf('web', command), { ...size, onOutput: screen.sink });
    t.equal(await terminal.ended, 3);
    t.match(screen.text, /^1\r\n2\r\n[\s\S]*\r\n19999\r\n20000\r\n$/);
  });

  await t.test('output waits for a slow reader, and ctrl-C ends an endless program', async (t) => {
    const ticket = await ticketOf('web', [
      'sh',
      '-c',
      'trap "echo bye; exit 4" INT; while :; do echo 0123456789; done',
    ]);
    let free = () => {};
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    let taken = 0;
    let text = '';
    let first = () => {};
    const begun = new Promise<void>((resolve) => {
      first = resolve;
    });
    const onOutput = (output: string) => {
      taken += output.length;
      text = (text + output).slice(-1000);
      first();
      return held;
    };
    const terminal = await own.terminal(ticket, { ...size, onOutput });
    await begun;
    t.ok(taken < 1024 * 1024, 'the hub holds the output back');
    terminal.write('\u0003');
    free();
    t.equal(await terminal.ended, 4);
    t.match(text, /bye\r\n$/);
  });

  await t.test('a client that leaves ends its program', async (t) => {
    const terminal = await own.terminal(await ticketOf('web', ['sleep', '31415']), { ...size, onOutput: () => {} });
    await wait('it runs', async () => (await running('31415')) > 0);
    terminal.close();
    await t.rejects(terminal.ended, { code: 'STREAM_CLOSED' });
    await wait('it has ended', async () => (await running('31415')) === 0);
  });

  await t.test('a terminal needs the right to run programs when it opens and while it is open', async (t) => {
    for (const role of ['viewer', 'user', 'operator'])
      t.equal((await hub.call('POST', path(agent.id), undefined, await hub.key(role))).status, 403, role);
    const { id, token } = await newUser(hub, 'ada', 'admin');
    const ada = client(token);
    const unused = await ada.docker.openContainerTerminal(agent.id, 'web');
    const ticket = await ada.docker.openContainerTerminal(agent.id, 'web', { command: ['sleep', '27182'] });
    const terminal = await ada.terminal(ticket, { ...size, onOutput: () => {} });
    await wait('it runs', async () => (await running('27182')) > 0);
    t.equal((await hub.call('PUT', `${base}/users/${id}`, { role: 'operator' })).status, 200);
    await t.rejects(terminal.ended, { message: /./ });
    await wait('it has ended', async () => (await running('27182')) === 0);
    const late = own.terminal(unused, { ...size, onOutput: () => {} });
    await t.rejects(late, { code: /AUTH/ }, 'a ticket from before is worth nothing');
  });

  await t.test('a ticket is valid once, and only a ticket opens a terminal', async (t) => {
    const { ticket } = await ticketOf('web', ['true']);
    const open = (given: unknown, more: object = size) => ({ type: 'open', ticket: given, ...more });
    const one = await connect(t, hub);
    one.say(open(ticket));
    t.same(await one.closed, [1000, 'ended']);
    t.match(one.said, [{ type: 'opened' }, { type: 'exit', exit_code: 0 }]);
    for (const given of [ticket, 'nonsense', ADMIN_KEY, 7, undefined]) {
      const other = await connect(t, hub);
      other.say(open(given));
      t.match(await other.closed, [typeof given === 'string' ? 4401 : 1011, /./], String(given));
      t.match(other.said, [{ type: 'error', error: { code: /^AUTH_INVALID_TOKEN|VALIDATION/ } }]);
    }
    const silent = await connect(t, hub);
    silent.say({ type: 'input', data: 'id\r' });
    t.match(await silent.closed, [4401, 'credential']);
    const refused = new WebSocket(`${hub.url.replace('http', 'ws')}/terminals/ws`, { origin: 'https://evil.example' });
    const [error] = await once(refused, 'error');
    t.match(error.message, '403', 'a page of another origin');
  });

  await t.test('the error for a wrong message names the fault, and the terminal goes on', async (t) => {
    for (const wrong of [{ columns: 0, rows: 1 }, { columns: 1001, rows: 5 }, { columns: 'x', rows: 5 }, {}]) {
      const { ticket } = await ticketOf();
      const socket = await connect(t, hub);
      socket.say({ type: 'open', ticket, ...wrong });
      await socket.closed;
      t.match(socket.said, [{ type: 'error', error: { code: /VALIDATION/, details: { field: 'columns' } } }]);
    }
    const { ticket } = await ticketOf();
    const { say, said, heard, socket } = await connect(t, hub);
    say({ type: 'open', ticket, ...size, window: 100_000 });
    await heard('opened');
    say({ type: 'open', ticket, ...size });
    say({ type: 'dance' });
    say({ type: 'input', data: 7 });
    say({ type: 'resize', columns: 80, rows: -1 });
    say({ type: 'read', characters: 'all' });
    socket.send('{');
    say({ type: 'ping' });
    await heard('pong');
    t.equal(said.filter(({ type }) => type === 'error').length, 6);
    say({ type: 'input', data: 'exit\r' });
    await heard('exit');
  });

  await t.test('the engine and the site can refuse a terminal', async (t) => {
    const opened = async (ticket: TerminalTicket) => {
      const terminal = await own.terminal(ticket, { ...size, onOutput: () => {} });
      return terminal.ended;
    };
    t.equal(await opened(await ticketOf('web', ['/no/such/program'])), 126);
    const absent = await hub.call('POST', path(agent.id, 'nothing'));
    t.equal(absent.status, 404);
    t.equal((await hub.call('POST', path('nowhere'))).status, 404);
    t.equal((await hub.call('POST', path(agent.id), { command: [] })).status, 400);
    await docker.createContainer({ name: 'still', Image: image, Cmd: ['true'] });
    const still = (await ticketOf('still')) as TerminalTicket;
    await t.rejects(opened(still), { code: /CONFLICT/ });
    const failed = (await auditOf(hub, 'container.terminal.open')).filter(
      ({ success }: { success: boolean }) => !success,
    );
    t.match(failed, [{ details: { name: 'still' } }]);
    const policy = join(hub.data, 'policy.yaml');
    writeFileSync(policy, 'read_only: true\n');
    const depot = await startAgent(t, hub, 'depot', ['--policy', policy]);
    const refused = opened(await own.docker.openContainerTerminal(depot.id, 'web'));
    await t.rejects(refused, { code: 'AUTH_INSUFFICIENT_PERMISSIONS' }, 'the policy of the site');
  });
}
