import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openPostgres } from '../../hub/cluster/postgres.js';
import type { JobRecord } from '../../hub/domain/jobs/record.js';
import { codec } from '../../hub/store/environment.js';
import { openReplica } from '../../hub/store/open.js';
import { connectTo, requireStandby, startPostgresql, startStandby, urlOf } from '../fixtures/databases/databases.js';
import { type Direction, type LinkProxy, startLinkProxy } from '../fixtures/link-proxy.js';
import { buildChecker, History } from '../kit/history.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { ADMIN_KEY, ADMIN_PASSWORD, HubProcess, type Program, runAgent, runHubProcess } from '../roundhouse.js';
import { fixedAddresses } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';
import { Clients } from './cluster-clients.js';
import { chance, seed } from './seed.js';

/** The long form is `npm run test:faults`. */
const longForm = Number(process.env.ROUNDHOUSE_TEST_FAULT_ROUNDS || 0);
const rounds = longForm || 20;
const CLIENTS = 30;
/** A hub that stands still for longer has lost its lease, milliseconds. */
const STILL_MS = 6000;

// A round waits for leases to end, up to a quarter of a minute.
t.setTimeout(120_000 + rounds * 60_000);
t.comment(`seed ${seed}, ${rounds} rounds`);

/** A hub of the cluster, with a wire of its own to the database. */
class Member {
  readonly url: string;
  readonly agentAddress: string;
  readonly #env: Readonly<Record<string, string>>;
  program: Program;
  #started = 0;

  constructor(
    readonly t: Test,
    readonly data: string,
    readonly wire: LinkProxy,
    env: Readonly<Record<string, string>>,
  ) {
    this.#env = env;
    this.url = `http://${env.ROUNDHOUSE_LISTEN}`;
    this.agentAddress = env.ROUNDHOUSE_AGENT_LISTEN ?? '';
    this.program = this.#start();
  }

  #start(): Program {
    this.#started = 0;
    const program = runHubProcess(this.t, { data: this.data, env: this.#env });
    // A hub whose place is taken ends with this exit code, and its supervisor starts it again.
    void program.exited().then(() => {
      if (program.exitCode === 75 && this.program === program) this.program = this.#start();
    });
    return program;
  }

  /** Resolves when it is the active hub. */
  active(): Promise<HubProcess> {
    const { program } = this;
    return program
      .logged(({ event }) => event === 'hub.ready', this.#started)
      .then((ready) => new HubProcess(program, this.data, ready));
  }

  async kill(): Promise<void> {
    await this.program.stop('SIGKILL');
  }

  restart(): void {
    this.program = this.#start();
  }

  /** Whether its `/health` says that it serves. */
  async serves(): Promise<boolean> {
    const limit = AbortSignal.timeout(2000);
    const answer = await fetch(`${this.url}/health`, { signal: limit }).catch(() => undefined);
    return answer?.status === 200;
  }
}

t.test(`three hubs, ${CLIENTS} clients and ${rounds} rounds of faults: their history is linearizable`, async (t) => {
  const random = chance();
  const primary = await startPostgresql(t);
  const standby = primary && (await startStandby(t, primary));
  if (!primary || !standby || !part(t, 'go') || !part(t, 'porcupine')) return;
  await requireStandby(await connectTo(t, urlOf(primary)));
  const check = await buildChecker(t);

  const members: Member[] = [];
  let first: HubProcess | undefined;
  for (let n = 0; n < 3; n += 1) {
    const wire = await startLinkProxy(t, `127.0.0.1:${primary.port}`);
    const data = tempFolder(t);
    if (members[0]) copyFileSync(join(members[0].data, 'sealing.key'), join(data, 'sealing.key'));
    const env = {
      ...(await fixedAddresses()),
      ROUNDHOUSE_CLUSTER: urlOf(primary, wire.address),
      ROUNDHOUSE_RATE_LIMIT_SCALE: '1000',
    };
    const member = new Member(t, data, wire, env);
    members.push(member);
    if (n === 0) first = await member.active();
  }
  const args = [
    '--hub',
    members.map(({ agentAddress }) => agentAddress).join(),
    '--token',
    (await first?.token('local')) ?? '',
  ];
  runAgent(t, [...args, '--data', tempFolder(t)]);
  const serving = () =>
    wait('a hub serves', async () => {
      for (const member of members) if (await member.serves()) return member;
      return undefined;
    });
  const passed = (ms: number) => {
    const end = Date.now() + ms;
    return wait('the lease has ended', () => Date.now() > end);
  };
  const any = () => members[Math.floor(random() * members.length)] as Member;

  const history = new History();
  const clients = new Clients(
    history,
    members.map(({ url }) => url),
    { key: ADMIN_KEY, password: ADMIN_PASSWORD },
  );
  await clients.prepare();
  const work = clients.run(CLIENTS, random);
  const enough = () => {
    const goal = history.size + 40 + Math.floor(random() * 60);
    return wait('the clients are at work', () => history.size >= goal);
  };

  /** Waits until a commit of the active hub has come to a point, and cuts its connections there. */
  const cutAt = async (direction: Direction, before: (active: Member) => Promise<unknown> = async () => {}) => {
    const active = await serving();
    active.wire.hold(direction);
    await wait(`bytes ${direction} are held`, () => active.wire.held[direction] > 0);
    await before(active);
    active.wire.cut();
    active.wire.release(direction);
    return active;
  };

  /** Faults that end a hub, each with the repair that ends it. */
  const endings: Record<string, () => Promise<void>> = {
    'the active hub is killed': async () => {
      const active = await serving();
      await active.kill();
      active.restart();
    },
    'one of the hubs is killed': async () => {
      const member = any();
      await member.kill();
      member.restart();
    },
    'the active hub is killed before the database has its change': async () => {
      const active = await cutAt('toHub', (member) => member.kill());
      active.restart();
    },
    'the active hub is killed when the database has its change, before it learns that': async () => {
      const active = await cutAt('toAgent', (member) => member.kill());
      active.restart();
    },
    'the active hub stands still beyond its lease': async () => {
      const { program } = await serving();
      process.kill(program.pid, 'SIGSTOP');
      await passed(STILL_MS);
      process.kill(program.pid, 'SIGCONT');
    },
    'the active hub is cut off from the database': async () => {
      const { wire } = await serving();
      wire.cut({ refuse: true });
      await passed(STILL_MS);
      wire.accept();
    },
  };
  /** Faults that the hubs survive. */
  const survived: Record<string, () => Promise<void>> = {
    'the connections of all hubs are cut': async () => {
      for (const { wire } of members) wire.cut();
    },
    'the active hub is cut before the database has its change': async () => {
      await cutAt('toHub');
    },
    'the active hub is cut when the database has its change, before it learns that': async () => {
      await cutAt('toAgent');
    },
    'PostgreSQL is killed': async () => {
      await primary.kill();
      await primary.restart();
    },
  };
  const faults = { ...endings, ...survived };
  const all = Object.keys(faults);
  // The start of a hub is dear. The short form ends hubs in its first rounds, and kills the active hub at the points of a commit.
  const kinds = longForm ? all : all.filter((kind) => kind !== 'the active hub is killed');
  const later = longForm ? all : Object.keys(survived);
  for (let round = 0; round < rounds; round += 1) {
    // Each kind comes once before chance chooses.
    const kind = kinds[round] ?? later[Math.floor(random() * later.length)] ?? '';
    await enough();
    t.comment(`round ${round + 1}: ${kind}`);
    await faults[kind]?.();
    await serving();
    await enough();
    clients.nextRound();
  }
  clients.stop();
  await work;

  const report = await check(history);
  t.same([report.wrong, report.undecided], [[], []], JSON.stringify(report.example));
  t.ok(report.operations > rounds * 40, JSON.stringify({ ...report, counts: clients.counts }));
  t.same(await clients.missingEvents(), [], 'the event stream tells each group once, in order, over all hubs');

  await t.test('all stores are equal at the end, and the schedule ran once for each of its times', async (t) => {
    await Promise.all(members.map((member) => member.kill()));
    const engine = await openPostgres(urlOf(primary));
    t.teardown(() => engine.close());
    const wanted = new Map<string, string>();
    const times: number[] = [];
    const head = await engine.snapshot((records) => {
      for (const { collection, id, value } of records)
        wanted.set(`${collection}/${id}`, Buffer.from(value).toString('base64'));
      for (const { collection, value } of records)
        if (collection === 'jobs') times.push((codec.decode(Buffer.from(value)) as JobRecord).dueAt);
    });
    t.ok(times.length > rounds);
    t.equal(new Set(times).size, times.length);
    const log = { info() {}, warn() {}, error() {} };
    for (const { data } of members) {
      const store = await openReplica({ dir: data, log });
      const tail = await engine.tail(store.place ?? { change: 0, batch: '' }, 100_000);
      if ('lost' in tail) throw new Error('the store has another history than the database');
      for (const { change, batch, firstSeq, writes, events } of tail.entries)
        await store.take({ writes, events }, { change, batch, seq: firstSeq + events.length - 1 });
      t.equal(store.place?.change, head.change);
      const found = new Map<string, string>();
      for (const writes of store.loggedRecords())
        for (const { collection, id, value } of writes)
          found.set(`${collection}/${id}`, Buffer.from(value ?? []).toString('base64'));
      t.same(
        [...new Set([...wanted.keys(), ...found.keys()])].filter((key) => wanted.get(key) !== found.get(key)),
        [],
      );
      await store.close();
    }
  });
});
