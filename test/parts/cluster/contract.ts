import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { Batch, Engine, EngineWrite, LogEntry, Member, Position } from '../../../hub/cluster/engine.js';

/** Opens the same, empty engine as often as a test calls it: each time as another hub would. A `slow` one has its answers later. */
type Open = (way?: 'slow') => Promise<Engine>;

const START: Position = { change: 0, batch: '' };
/** Longer than any test. */
export const TERM_MS = 600_000;
const bytes = (text: string) => Buffer.from(text);
export const hub = (id: string) => ({ id, address: `${id}:8444`, version: '1.0.0' });

export const put = (id: string, text = '', more: Partial<EngineWrite> = {}): EngineWrite => ({
  ...{ collection: 'servers', id, value: bytes(text) },
  ...more,
});
const batch = (more: Partial<Batch> = {}): Batch => ({ id: randomUUID(), changes: [], ...more });
export const changes = (...writes: EngineWrite[]) => batch({ changes: writes.map((write) => ({ writes: [write] })) });

export async function recordsOf(engine: Engine): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await engine.snapshot((records) => {
    for (const { collection, id, value } of records) found[`${collection}/${id}`] = Buffer.from(value).toString();
  });
  return found;
}

export async function logOf(engine: Engine, after = START, limit = 10_000): Promise<readonly LogEntry[]> {
  const tail = await engine.tail(after, limit);
  if ('lost' in tail) throw new Error('the position is lost');
  return tail.entries;
}

/** The contract of an engine. `rig` gives each test an engine of its own. */
export function contract(t: Test, rig: (t: Test) => Promise<Open>): void {
  async function start(t: Test): Promise<{ engine: Engine; open: Open; me: Member }> {
    const open = await rig(t);
    const engine = await open();
    return { engine, open, me: await engine.join(hub('a'), TERM_MS) };
  }

  t.test('a change is numbered, kept and logged with its events', async (t) => {
    const { engine, me } = await start(t);
    t.same(await engine.tail(START, 10), { entries: [], head: { change: 0, batch: '', seq: 0 } });
    const first = batch({ changes: [{ writes: [put('1', 'one')], events: [bytes('made'), bytes('')] }] });
    t.same(await engine.commit(me, first), {
      verdicts: [{ change: 1, firstSeq: 1 }],
      head: { change: 1, batch: first.id, seq: 2 },
    });
    const second = batch({
      changes: [
        { writes: [put('2', 'two'), { collection: 'servers', id: '1' }], events: [bytes('gone')] },
        { writes: [put('3', '')] },
      ],
    });
    const { verdicts } = await engine.commit(me, second);
    t.same(verdicts, [
      { change: 2, firstSeq: 3 },
      { change: 3, firstSeq: 4 },
    ]);
    t.same(await recordsOf(engine), { 'servers/2': 'two', 'servers/3': '' });
    const entries = await logOf(engine);
    t.same(
      entries.map(({ change, batch, hub, firstSeq }) => [change, batch, hub, firstSeq]),
      [
        [1, first.id, 'a', 1],
        [2, second.id, 'a', 3],
        [3, second.id, 'a', 4],
      ],
    );
    t.same(entries[0]?.events.map(String), ['made', '']);
    t.same(
      entries[1]?.writes.map(({ id, value }) => [id, value && String(value)]),
      [
        ['2', 'two'],
        ['1', undefined],
      ],
    );
    t.same(
      (await logOf(engine, { change: 1, batch: first.id }, 1)).map(({ change }) => change),
      [2],
      'in portions',
    );
  });

  t.test('a change is taken whole or refused, and the other changes of its batch stand', async (t) => {
    const { engine, me } = await start(t);
    await engine.commit(me, changes(put('1', 'one', { revision: 1 })));
    const { verdicts } = await engine.commit(me, {
      ...batch(),
      changes: [
        { writes: [put('2', 'lost'), put('1', 'stale', { expect: 0 })] },
        { writes: [put('1', 'two', { expect: 1, revision: 2 })] },
        { writes: [put('1', 'late', { expect: 1, revision: 2 })] },
        { writes: [put('1', '', { expect: 'absent' })] },
        { writes: [put('9', '', { expect: 0 })] },
        { writes: [put('3', 'lost')], guards: [{ collection: 'servers', id: '1', revision: 1 }] },
        { writes: [put('4', 'kept')], guards: [{ collection: 'servers', id: '1', revision: 2 }] },
        { writes: [{ collection: 'servers', id: '1', expect: 1 }] },
      ],
    });
    t.same(verdicts, [
      { refused: 'conflict', write: 1 },
      { change: 2, firstSeq: 1 },
      { refused: 'conflict', write: 0 },
      { refused: 'already_exists', write: 0 },
      { refused: 'conflict', write: 0 },
      { refused: 'conflict' },
      { change: 3, firstSeq: 1 },
      { refused: 'conflict', write: 0 },
    ]);
    t.same(await recordsOf(engine), { 'servers/1': 'two', 'servers/4': 'kept' });
    t.same((await logOf(engine)).length, 3, 'a refused change leaves no gap');
  });

  t.test('a unique key has one holder, and is free again once its holder leaves it', async (t) => {
    const { engine, me } = await start(t);
    const claim = (id: string, ...claims: string[]) => put(id, '', { claims });
    const verdicts = async (...writes: EngineWrite[]) =>
      (await engine.commit(me, changes(...writes))).verdicts.map((one) => ('refused' in one ? one.claim : 'ok'));
    t.same(await verdicts(claim('1', 'name/a', 'port/1'), claim('2', 'name/b', 'port/1')), ['ok', 'port/1']);
    t.same(await verdicts(claim('1', 'name/a'), claim('2', 'port/1')), ['ok', 'ok'], 'left by a change');
    t.same(await verdicts({ collection: 'servers', id: '1' }, claim('3', 'name/a')), ['ok', 'ok'], 'by a removal');
    t.same(await verdicts({ ...claim('4', 'name/a'), collection: 'groups' }), ['ok'], 'keys are of a collection');
    const moved = [{ collection: 'servers', id: '3' }, claim('5', 'name/a')];
    const [handed] = (await engine.commit(me, batch({ changes: [{ writes: moved }] }))).verdicts;
    t.match(handed, { change: Number }, 'within one change');
    t.same(await verdicts(claim('6', 'name/a')), ['name/a']);
  });

  t.test('of many hubs that race for a record and for a key one wins', async (t) => {
    const { engine, open, me } = await start(t);
    await engine.commit(me, changes(put('1', 'before', { revision: 1 })));
    const wins = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        const other = await open();
        const member = await other.join(hub(`h${n}`), TERM_MS);
        const race = changes(put('1', `${n}`, { expect: 1, revision: 2 }), put(`new ${n}`, '', { claims: ['name/a'] }));
        const { verdicts } = await other.commit(member, race);
        return verdicts.map((verdict) => ('change' in verdict ? 1 : 0));
      }),
    );
    const sum = (at: number) => wins.reduce((all, one) => all + (one[at] ?? 0), 0);
    t.same([sum(0), sum(1)], [1, 1]);
  });

  t.test('a batch is applied once, however often it comes', async (t) => {
    const { engine, me } = await start(t);
    const once = changes(put('1', 'one', { expect: 'absent' }), put('1', '', { expect: 'absent' }));
    const outcome = await engine.commit(me, once);
    await engine.commit(me, changes(put('2')));
    t.same(await engine.commit(me, once), outcome);
    const twice = changes(put('3'));
    const [one, two] = await Promise.all([engine.commit(me, twice), engine.commit(me, twice)]);
    t.same(one, two);
    t.same((await logOf(engine)).length, 3);
  });

  t.test('a batch in doubt is settled: its outcome, or never', async (t) => {
    const { engine, me } = await start(t);
    const done = changes(put('1'));
    const outcome = await engine.commit(me, done);
    t.same(await engine.settle(me, done.id), outcome);
    const late = changes(put('2', 'late'));
    t.equal(await engine.settle(me, late.id), undefined);
    await t.rejects(engine.commit(me, late), { code: 'unavailable', details: { outcome: 'not_run' } });
    t.same(await recordsOf(engine), { 'servers/1': '' });
  });

  t.test('a process is refused once another one has joined in its place', async (t) => {
    const { engine, open, me } = await start(t);
    const next = await (await open()).join(hub('a'), TERM_MS);
    t.ok(next.boot > me.boot);
    const refusal = { message: /taken the place/ };
    await t.rejects(engine.commit(me, changes(put('1', 'of a zombie'))), refusal);
    await t.rejects(engine.lease(me, 'jobs', TERM_MS), refusal);
    await t.rejects(engine.settle(me, randomUUID()), refusal);
    t.same(await recordsOf(engine), {});
    await engine.commit(next, changes(put('1', 'of its heir')));
    t.same(await recordsOf(engine), { 'servers/1': 'of its heir' });
  });

  t.test('members are alive for a term after they join and after each commit', async (t) => {
    const { engine, me } = await start(t);
    await engine.join(hub('b'), 0);
    const alive = async () => (await engine.members()).map((member) => [member.id, member.alive]);
    t.match(await engine.members(), [{ ...hub('a'), ...me }, hub('b')]);
    t.same(await alive(), [
      ['a', true],
      ['b', false],
    ]);
    await engine.commit(me, batch());
    t.same((await logOf(engine)).length, 0, 'an empty batch only renews');
  });

  t.test('a role has one holder, and its former holder changes nothing', async (t) => {
    const { engine, open, me } = await start(t);
    const peer = await open();
    const other = await peer.join(hub('b'), TERM_MS);
    const epoch = await engine.lease(me, 'jobs', TERM_MS);
    t.equal(epoch, 1);
    t.equal(await engine.lease(me, 'jobs', TERM_MS), 1, 'renewed');
    t.equal(await peer.lease(other, 'jobs', TERM_MS), undefined);
    t.equal(await peer.holder('jobs'), me.id);
    await engine.commit(me, { ...changes(put('1', 'a')), leases: [{ role: 'jobs', epoch: 1 }] });
    const under = (epoch: number) => ({ ...changes(put('1', 'late')), leases: [{ role: 'jobs', epoch }] });
    await t.rejects(peer.commit(other, under(1)), { message: /lease .* lost/ }, 'the lease of another hub');
    await engine.lease(me, 'jobs', 0);
    await t.rejects(engine.commit(me, under(1)), { message: /lease .* lost/ }, 'run out');
    t.equal(await engine.holder('jobs'), undefined);
    t.equal(await peer.lease(other, 'jobs', TERM_MS), 2);
    await t.rejects(engine.commit(me, under(1)), { message: /lease .* lost/ }, 'taken over');
    t.equal(await engine.lease(me, 'jobs', TERM_MS), undefined);
    await engine.release(me, { role: 'jobs', epoch: 2 });
    t.equal(await engine.lease(me, 'jobs', TERM_MS), undefined, 'only its holder gives it back');
    await peer.release(other, { role: 'jobs', epoch: 2 });
    t.equal(await engine.lease(me, 'jobs', TERM_MS), 3);
    t.same(await recordsOf(engine), { 'servers/1': 'a' });
  });

  t.test('a reader of the log misses nothing and sees nothing twice while 8 writers write', async (t) => {
    const { engine, open } = await start(t);
    const WRITERS = 8;
    const BATCHES = 25;
    let writing = true;
    const writers = Array.from({ length: WRITERS }, async (_, n) => {
      const own = await open();
      const member = await own.join(hub(`h${n}`), TERM_MS);
      for (let i = 0; i < BATCHES; i += 1) {
        const change = { writes: [put(`${n}`, `${i}`)], events: [bytes(`${n}/${i}`), bytes('')] };
        await own.commit(member, batch({ changes: [change] }));
      }
    });
    const follow = async () => {
      const seen: LogEntry[] = [];
      let position = START;
      for (;;) {
        const isLast = !writing;
        const entries = await logOf(engine, position, 7);
        seen.push(...entries);
        position = entries.at(-1) ?? position;
        if (isLast && entries.length === 0) return seen;
      }
    };
    const following = [follow(), follow()];
    await Promise.all(writers).finally(() => {
      writing = false;
    });
    for (const seen of await Promise.all(following)) {
      const total = WRITERS * BATCHES;
      t.same(
        seen.map(({ change, firstSeq }) => [change, firstSeq]),
        Array.from({ length: total }, (_, i) => [i + 1, 2 * i + 1]),
      );
      t.equal(new Set(seen.map(({ events }) => String(events[0]))).size, total);
    }
  });

  t.test('a snapshot that is taken while others write is the state at its position', async (t) => {
    const { engine, open, me } = await start(t);
    await engine.commit(me, changes(...Array.from({ length: 20 }, (_, i) => put(`${i}`, '0'))));
    let writing = true;
    const writer = (async () => {
      const own = await open();
      const member = await own.join(hub('b'), TERM_MS);
      for (let round = 1; writing; round += 1) {
        const writes = [
          put(`${round % 20}`, `${round}`),
          put('sum', `${round}`),
          { collection: 'servers', id: `${(round + 7) % 20}` },
        ];
        await own.commit(member, batch({ changes: [{ writes }] }));
      }
    })();
    // Between two questions of a slow reader the writer commits.
    const reader = await open('slow');
    const snapshots = [];
    for (let i = 0; i < 4; i += 1) {
      const found = new Map<string, string>();
      const head = await reader.snapshot((records) => {
        for (const { id, value } of records) found.set(id, String(Buffer.from(value)));
      });
      snapshots.push({ head, found });
    }
    writing = false;
    await writer;
    const log = await logOf(engine);
    for (const { head, found } of snapshots) {
      const wanted = new Map<string, string>();
      for (const { change, writes } of log) {
        if (change > head.change) break;
        for (const { id, value } of writes) {
          if (value) wanted.set(id, String(value));
          else wanted.delete(id);
        }
      }
      t.same([...found].sort(), [...wanted].sort());
      const [next] = await logOf(engine, head, 1);
      t.equal(next?.change ?? head.change + 1, head.change + 1, 'the log goes on from there');
    }
  });

  t.test('a position that the log does not hold is lost', async (t) => {
    const { engine, me } = await start(t);
    const ids: string[] = [];
    for (let i = 1; i <= 4; i += 1) {
      const one = changes(put(`${i}`));
      ids.push(one.id);
      await engine.commit(me, one);
    }
    const [, second = '', third = '', fourth = ''] = ids;
    t.same(await engine.tail({ change: 2, batch: third }, 10), { lost: true }, 'another batch has this number');
    t.same(await engine.tail({ change: 5, batch: fourth }, 10), { lost: true }, 'a number that is not given yet');
    t.equal(await engine.trimLog(3, 1), 1, 'in portions');
    t.match(await logOf(engine, { change: 2, batch: second }), [{ change: 3 }, { change: 4 }]);
    t.equal(await engine.trimLog(3, 5), 1);
    t.same(await engine.tail({ change: 2, batch: second }, 10), { lost: true });
    t.same(await engine.tail(START, 10), { lost: true });
    t.match(await logOf(engine, { change: 3, batch: third }), [{ change: 4 }]);
    await engine.trimLog(100, 100);
    t.same(await logOf(engine, { change: 4, batch: fourth }), [], 'the newest change stays');
    t.equal(Object.keys(await recordsOf(engine)).length, 4);
  });

  t.test('every text is kept, sorted by its bytes; a lone surrogate becomes U+FFFD', async (t) => {
    const { engine, me } = await start(t);
    const texts = ['a', 'a\0', 'a\0\x01', 'a\x01', 'a\x01\0', 'a\x01\x01', 'a\x02', 'aé', 'a\ud7ff', 'a\ud83d\ude80'];
    const writes = texts.map((text) => put(text, '', { claims: [text] }));
    await engine.commit(me, batch({ changes: [{ writes }] }));
    t.same(
      (await logOf(engine))[0]?.writes.map(({ id }) => id),
      texts,
    );
    t.same(
      Object.keys(await recordsOf(engine)),
      texts.map((text) => `servers/${text}`),
    );
    for (const text of texts) {
      const { verdicts } = await engine.commit(me, changes(put('other', '', { claims: [text] })));
      t.same(verdicts, [{ refused: 'already_exists', write: 0, claim: text }]);
    }
    const { verdicts } = await engine.commit(
      me,
      changes(put('b\ud800', '', { claims: ['\udfff'] }), put('c', '', { claims: ['\ufffd'] })),
    );
    t.match(verdicts, [{ change: 2 }, { refused: 'already_exists' }]);
    t.match(await engine.commit(me, changes(put('b\ufffd', '', { expect: 'absent' }))), {
      verdicts: [{ refused: 'already_exists' }],
    });
    t.match((await logOf(engine)).at(-1)?.writes, [{ id: 'b\ufffd' }]);
  });

  t.test('the numbers of events continue after those of a hub that brings its own', async (t) => {
    const { engine, me } = await start(t);
    const lease = { role: 'active', epoch: (await engine.lease(me, 'active', TERM_MS)) ?? 0 };
    await engine.continueAfter(me, lease, 41);
    await engine.continueAfter(me, lease, 7);
    const { verdicts } = await engine.commit(me, batch({ changes: [{ writes: [], events: [bytes('made')] }] }));
    t.same(verdicts, [{ change: 1, firstSeq: 42 }]);
    await engine.lease(me, 'active', 0);
    await t.rejects(engine.continueAfter(me, lease, 99), { message: /lease .* lost/ });
  });
}
