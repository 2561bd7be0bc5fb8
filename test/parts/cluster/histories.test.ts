import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Engine, type EngineWrite, type Lease, type Member, Refused } from '../../../hub/cluster/engine.js';
import { openPostgres } from '../../../hub/cluster/postgres.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { chance, seed } from '../../faults/seed.js';
import {
  connectTo,
  type Sql,
  startPostgresql,
  type TestPostgresql,
  urlOf,
} from '../../fixtures/databases/databases.js';
import { type LinkProxy, startLinkProxy } from '../../fixtures/link-proxy.js';
import { type Answer, buildChecker, type Checker, History } from '../../kit/history.js';
import { wait } from '../../kit/wait.js';
import { part } from '../../parts.js';
import { hub } from './contract.js';

const WRITERS = 6;
const OPERATIONS = 60;
/** The lease of a role ends so long after its last renewal, milliseconds. */
const LEASE_MS = 200;
const COLLECTION = 'histories';
/** Writers change it only under the lease. */
const LEASED = 'leased';
const RECORDS = ['a', 'b'];

t.comment(`seed ${seed}`);

/** The newest value of a record; `''` if it is absent. */
async function newestValue(engine: Engine, record: string): Promise<string> {
  let seen = '';
  await engine.snapshot((records) => {
    for (const { id, value } of records) if (id === record) seen = Buffer.from(value).toString();
  });
  return seen;
}

const write = (id: string, value: string, expect?: EngineWrite['expect']): EngineWrite => ({
  ...{ collection: COLLECTION, id, value: Buffer.from(value), revision: Number(value) },
  ...(expect === undefined ? {} : { expect }),
});

/** Commits one write. If the answer is lost, the engine settles the batch. */
async function commit(engine: Engine, member: Member, one: EngineWrite, leases: Lease[] = []): Promise<Answer> {
  const id = randomUUID();
  try {
    const { verdicts } = await engine.commit(member, { id, changes: [{ writes: [one] }], leases });
    return answerOf(verdicts[0]);
  } catch (error) {
    if (error instanceof Refused) return { result: 'not_run' };
    if (!(error instanceof DomainError && error.code === 'unavailable')) throw error;
  }
  try {
    const outcome = await engine.settle(member, id);
    return outcome ? answerOf(outcome.verdicts[0]) : { result: 'not_run' };
  } catch {
    return { result: 'unknown' };
  }
}

const answerOf = (verdict: object | undefined): Answer => {
  if (!verdict || !('refused' in verdict)) return { result: 'done' };
  return { result: verdict.refused === 'already_exists' ? 'exists' : 'conflict' };
};

/** A hub that reads records, and changes each of them unless another hub has changed it since. */
class Writer {
  constructor(
    readonly history: History,
    readonly client: number,
    readonly engine: Engine,
    readonly member: Member,
    readonly random: () => number,
  ) {}

  /** A number that no other write has. */
  #next = 0;
  #newValue(): string {
    this.#next += 1;
    return String(this.client * 1_000_000 + this.#next);
  }

  async #read(record: string): Promise<string | undefined> {
    const answer = await this.history.run({ client: this.client, record, kind: 'read' }, async () => {
      try {
        const seen = await newestValue(this.engine, record);
        return seen === '' ? { result: 'absent' } : { result: 'done', seen };
      } catch {
        return { result: 'not_run' };
      }
    });
    return answer.result === 'not_run' ? undefined : (answer.seen ?? '');
  }

  /** Changes a record under its revision. */
  async change(record: string): Promise<void> {
    const from = await this.#read(record);
    if (from === undefined) return;
    const { client } = this;
    const value = this.#newValue();
    if (from === '') {
      const request = { client, record, kind: 'create', value } as const;
      await this.history.run(request, () => commit(this.engine, this.member, write(record, value, 'absent')));
    } else {
      const request = { client, record, kind: 'swap', from, value } as const;
      await this.history.run(request, () => commit(this.engine, this.member, write(record, value, Number(from))));
    }
  }

  /** Changes the record of the role without its revision: only the lease keeps other hubs from it. A hub may stand still meanwhile. */
  async changeUnderLease(standStill: boolean): Promise<void> {
    const epoch = await this.engine.lease(this.member, LEASED, LEASE_MS).catch(() => undefined);
    if (epoch === undefined) return;
    const from = await this.#read(LEASED);
    if (from === undefined || from === '') return;
    const lapsed = Date.now() + LEASE_MS * 2;
    if (standStill) await wait('the lease has ended', () => Date.now() > lapsed);
    const [{ client }, value] = [this, this.#newValue()];
    const request = { client, record: LEASED, kind: 'swap', from, value } as const;
    const leases = [{ role: LEASED, epoch }];
    await this.history.run(request, () => commit(this.engine, this.member, write(LEASED, value), leases));
  }

  async work(): Promise<void> {
    for (let n = 0; n < OPERATIONS; n += 1) {
      const draw = this.random();
      if (draw < 0.2) await this.changeUnderLease(this.random() < 0.3);
      else await this.change(RECORDS[draw < 0.6 ? 0 : 1] ?? 'a');
    }
  }
}

interface Rig {
  readonly server: TestPostgresql;
  readonly proxy: LinkProxy;
  readonly check: Checker;
}

let databases = 0;

/** Waits until the writers have done so many further operations. @returns whether they go on */
type More = (operations: number) => Promise<boolean>;

/** Runs writers on a new database while `disturb` does its work, and asks Porcupine about what they saw. */
async function judge(t: Test, rig: Rig, disturb: (own: Sql, more: More) => Promise<void>) {
  databases += 1;
  const name = `histories_${databases}`;
  const root = await connectTo(t, urlOf(rig.server));
  await root(`create database ${name}`);
  const url = urlOf({ ...rig.server, database: name });
  const own = await connectTo(t, url);
  const history = new History();
  const direct = await openPostgres(url, { connections: 1 });
  t.teardown(() => direct.close());
  const first = await direct.join(hub('first'), 60_000);
  await history.run({ client: 0, record: LEASED, kind: 'create', value: '1' }, () =>
    commit(direct, first, write(LEASED, '1', 'absent')),
  );
  const random = chance();
  const through = urlOf({ ...rig.server, database: name }, rig.proxy.address);
  const writers = await Promise.all(
    Array.from({ length: WRITERS }, async (_, n) => {
      const engine = await openPostgres(through, { connections: 1, patienceMs: 500 });
      t.teardown(() => engine.close());
      return new Writer(history, n + 1, engine, await engine.join(hub(`h${n}`), 60_000), random);
    }),
  );
  let isOver = false;
  const work = Promise.all(writers.map((writer) => writer.work())).finally(() => {
    isOver = true;
  });
  const more: More = async (operations) => {
    const enough = history.size + operations;
    await wait('the writers write', () => isOver || history.size >= enough);
    return !isOver;
  };
  await Promise.all([work, disturb(own, more)]);
  const last = writers[0];
  for (const record of [...RECORDS, LEASED])
    await wait(`the value of ${record} is read at the end`, async () => {
      const answer = await history.run({ client: 0, record, kind: 'read' }, async () => {
        const seen = await newestValue(last?.engine ?? direct, record).catch(() => undefined);
        if (seen === undefined) return { result: 'not_run' };
        return seen === '' ? { result: 'absent' } : { result: 'done', seen };
      });
      return answer.result !== 'not_run';
    });
  return rig.check(history);
}

t.test('histories of hubs that write to one database', async (t) => {
  const server = await startPostgresql(t);
  if (!server || !part(t, 'go') || !part(t, 'porcupine')) return;
  const rig = { server, check: await buildChecker(t), proxy: await startLinkProxy(t, `127.0.0.1:${server.port}`) };
  const random = chance();

  await t.test('they are linearizable while connections are cut and the database is killed', async (t) => {
    const report = await judge(t, rig, async (_, more) => {
      for (let round = 1; await more(5 + Math.floor(random() * 10)); round += 1) {
        rig.proxy.cut();
        if (round % 15 !== 0) continue;
        await server.kill();
        await server.restart();
      }
    });
    t.same([report.wrong, report.undecided, report.records], [[], [], 3]);
    t.ok(report.operations > (WRITERS * OPERATIONS) / 2, `${report.operations} operations`);
  });

  await t.test('the same check finds each of three faults', async (t) => {
    await t.test('commits that do not wait for each other', async (t) => {
      const { wrong } = await judge(t, rig, async (own) => {
        await own(`
          alter table rh_log drop constraint rh_log_pkey;
          create or replace function rh_enter(of_hub text, of_boot bigint) returns rh_head language sql as
            $$ select * from rh_head $$;`);
      });
      t.ok(wrong.includes('a') || wrong.includes('b'), JSON.stringify(wrong));
    });

    await t.test('a lease that is not checked', async (t) => {
      const { wrong } = await judge(t, rig, async (own) => {
        await own(`
          create or replace function rh_check_leases(of_hub text, of_boot bigint, leases jsonb) returns void language sql as
            $$ $$;`);
      });
      t.same(wrong, [LEASED]);
    });

    await t.test('changes that are acknowledged before they are durable', async (t) => {
      const { wrong } = await judge(t, rig, async (own, more) => {
        await own('alter system set synchronous_commit = off');
        await own(`alter system set wal_writer_delay = '10s'`);
        await own('select pg_reload_conf()');
        while (await more(60)) {
          await server.kill();
          await server.restart();
        }
      });
      t.ok(wrong.length > 0);
    });
  });
});
