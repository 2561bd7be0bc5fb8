import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  connectTo,
  urlOf as databaseUrl,
  requireStandby,
  startPostgresql,
  startStandby,
} from '../fixtures/databases/databases.js';
import { startLinkProxy } from '../fixtures/link-proxy.js';
import { wait } from '../kit/wait.js';
import { nightly } from '../nightly.js';
import { type Hub, HubProcess, runAgent, runHubProcess, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { fixedAddresses, ledger, note } from './ledger.js';

/** `test/faults/several-hubs.test.ts` kills hubs more often. */
const kills = nightly ? 3 : 1;

/** A hub of the cluster: its data folder, and its settings. */
interface Seat {
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
}

const isReady = ({ event }: { event?: unknown }) => event === 'hub.ready';
const agentAddress = ({ env }: Seat) => env.ROUNDHOUSE_AGENT_LISTEN ?? '';
const urlOf = ({ env }: Seat) => `http://${env.ROUNDHOUSE_LISTEN}`;

async function makeSeat(t: Test, database: string): Promise<Seat> {
  return { data: tempFolder(t), env: { ...(await fixedAddresses()), ROUNDHOUSE_CLUSTER: database } };
}

/** The hub becomes active when it is its turn. */
function run(t: Test, seat: Seat) {
  const program = runHubProcess(t, seat);
  const active = program.logged(isReady).then((ready) => new HubProcess(program, seat.data, ready));
  active.catch(() => {});
  return { program, active };
}

/** The only hub of a database, in this process. `lost`: the reasons for which a hub process would end. */
async function runInside(t: Test, seat: Seat) {
  const lost: Error[] = [];
  const hub = await startHub(t, { ...seat, parts: { onLost: (reason) => lost.push(reason) } });
  return { hub, lost };
}

/** Registers a server; says whether the hub acknowledged it. */
async function isRegistered(hub: Hub, name: string): Promise<boolean> {
  const transport = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
  const answer = await hub.call('POST', '/api/servers', { name, transport }).catch(() => undefined);
  return answer?.status === 201;
}

/** Waits until the agent runs the server under this hub. */
const connected = (hub: Hub) =>
  wait('the server is connected', async () => {
    const { body } = await hub.call('GET', '/api/servers/ledger');
    return body.data?.status === 'connected';
  });

t.test('the active hub is killed, and the other one takes over with all that was acknowledged', async (t) => {
  const server = await startPostgresql(t);
  if (!server) return;
  const database = databaseUrl(server);
  const seats: readonly [Seat, Seat] = [await makeSeat(t, database), await makeSeat(t, database)];
  let active = await run(t, seats[0]).active;
  copyFileSync(join(seats[0].data, 'sealing.key'), join(seats[1].data, 'sealing.key'));
  const restart = (seat: Seat) => run(t, seat);
  let waiting = restart(seats[1]);

  const args = ['--hub', seats.map(agentAddress).join(), '--token', await active.token('local')];
  runAgent(t, [...args, '--data', tempFolder(t), '--name', 'local-1']);
  const book = ledger(tempFolder(t));
  await wait(
    'the agent is connected',
    async () => (await active.call('GET', '/api/agents')).body.data[0]?.status === 'connected',
  );
  await active.connectServer(book.server);
  const { pid } = await note(active, 'first');
  const acknowledged = new Set<string>();

  for (let round = 0; round < kills; round += 1) {
    const [mine, other] = round % 2 === 0 ? seats : [seats[1], seats[0]];
    await wait('the other hub waits, and names the active one', async () => {
      const refused = await fetch(`${urlOf(other)}/api/servers`).catch(() => undefined);
      if (refused?.status !== 503) return false;
      const { error } = (await refused.json()) as { error: string };
      return error === `this hub waits for its turn: the active hub is ${urlOf(mine)}`;
    });
    t.equal((await fetch(`${urlOf(other)}/health`)).status, 503);

    const end = { reached: false };
    let answered = 0;
    const registrar = async (n: number) => {
      for (let i = 0; !end.reached; i += 1) {
        const name = `server-${round}-${n}-${i}`;
        if (await isRegistered(active, name)) acknowledged.add(name);
      }
    };
    const caller = async (n: number) => {
      for (let i = 0; !end.reached; i += 1)
        if ((await note(active, `${round}-${n}-${i}`)).status === 200) answered += 1;
    };
    const clients = [...[1, 2, 3, 4].map(registrar), ...[1, 2, 3, 4].map(caller)];
    const before = acknowledged.size;
    await wait('the clients are at work', () => acknowledged.size > before + 30 && answered > 50);
    const death = active.stop('SIGKILL');
    end.reached = true;
    await death;
    await Promise.all(clients);

    active = await waiting.active;
    t.equal(active.url, urlOf(other));
    const listed = (await active.call('GET', '/api/servers')).body.data;
    const names = new Set((Array.isArray(listed) ? listed : listed.servers).map(({ name }: { name: string }) => name));
    t.same(
      [...acknowledged].filter((name) => !names.has(name)),
      [],
      'every acknowledged server is there',
    );
    await connected(active);
    const again = await note(active, `after-${round}`);
    t.match(again, { status: 200, pid }, 'calls go on, at the same process');
    waiting = restart(mine);
  }
  t.same(book.starts(), [pid], 'the server was started once');
  const calls = book.calls();
  t.equal(new Set(calls).size, calls.length, 'no call ran twice');

  await t.test('a hub that stood still finds its place taken: its late changes are refused, and it ends', async (t) => {
    const [still, next] = [active, waiting];
    process.kill(still.pid, 'SIGSTOP');
    const late = still.call('POST', '/api/groups', { name: 'late' }).catch(() => undefined);
    active = await next.active;
    process.kill(still.pid, 'SIGCONT');
    t.not((await late)?.status, 201);
    await wait('it has ended', () => still.exitCode !== null);
    t.equal(still.exitCode, 75);
    const seat = seats.find((one) => urlOf(one) === still.url) ?? seats[0];
    waiting = restart(seat);
    await connected(active);
    t.notMatch(JSON.stringify((await active.call('GET', '/api/groups')).body), 'late');
    t.equal((await note(active, 'after the stillness')).status, 200);
  });

  await t.test('a hub that is told to stop hands over at once', async (t) => {
    const next = waiting;
    await active.stop('SIGTERM');
    active = await next.active;
    await connected(active);
    t.equal((await note(active, 'after the stop')).status, 200);
  });
});

t.test('while the database is away, calls and reads go on, changes are refused, and all heals by itself', async (t) => {
  const server = await startPostgresql(t);
  if (!server) return;
  const proxy = await startLinkProxy(t, `127.0.0.1:${server.port}`);
  const seat = await makeSeat(t, databaseUrl(server, proxy.address));
  const { hub, lost } = await runInside(t, seat);
  runAgent(t, ['--hub', agentAddress(seat), '--token', await hub.token('local'), '--data', tempFolder(t)]);
  const book = ledger(tempFolder(t));
  await wait(
    'the agent is connected',
    async () => (await hub.call('GET', '/api/agents')).body.data[0]?.status === 'connected',
  );
  await hub.connectServer(book.server);
  await note(hub, 'before');
  proxy.cut({ refuse: true });
  await wait(
    'changes are refused',
    async () => (await hub.call('POST', '/api/groups', { name: 'lost' })).status === 503,
  );
  t.equal((await hub.call('GET', '/api/servers/ledger')).status, 200);
  t.match(await note(hub, 'meanwhile'), { status: 200 });
  t.equal((await hub.call('GET', '/health')).status, 503, 'its health tells');
  proxy.accept();
  await wait('changes are taken', async () => (await hub.call('POST', '/api/groups', { name: 'kept' })).status === 201);
  t.equal((await hub.call('GET', '/health')).status, 200);
  const { body } = await hub.call('GET', '/api/audit?action=tool.invoke&limit=10');
  t.match(JSON.stringify(body), /meanwhile/, 'the call is in the audit log');
  t.same(lost, [], 'the hub keeps its place');
});

t.test(
  'the database fails over to its standby: nothing that was acknowledged is lost, and the hub goes on',
  async (t) => {
    const primary = await startPostgresql(t);
    if (!primary) return;
    const standby = await startStandby(t, primary);
    if (!standby) return;
    await requireStandby(await connectTo(t, databaseUrl(primary)));
    const both = databaseUrl(primary, [primary, standby].map(({ port }) => `127.0.0.1:${port}`).join());
    const { hub, lost } = await runInside(t, await makeSeat(t, both));
    t.notOk(hub.log.some(({ event }) => event === 'cluster.no_standby'));
    const acknowledged = new Set<string>();
    const end = { reached: false };
    const maker = async (n: number) => {
      for (let i = 0; !end.reached; i += 1) {
        const name = `group-${n}-${i}`;
        const answer = await hub.call('POST', '/api/groups', { name });
        if (answer.status === 201) acknowledged.add(name);
      }
    };
    const clients = [1, 2, 3, 4].map(maker);
    await wait('the clients are at work', () => acknowledged.size > 50);
    await primary.kill();
    const before = acknowledged.size;
    const promoting = await connectTo(t, databaseUrl(standby));
    await promoting('select pg_promote()');
    await promoting('alter system reset synchronous_standby_names');
    await promoting('select pg_reload_conf()');
    await wait('changes are taken again', () => acknowledged.size > before + 20);
    end.reached = true;
    await Promise.all(clients);
    const made: { name: string }[] = (await hub.call('GET', '/api/groups')).body.data;
    const names = new Set(made.map(({ name }) => name));
    t.same(
      [...acknowledged].filter((name) => !names.has(name)),
      [],
    );
    t.same(lost, [], 'it is the same process');
  },
);
