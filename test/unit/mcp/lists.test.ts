import t from 'tap';
import { ServerLists } from '../../../hub/domain/mcp/lists/lists.js';
import type { McpPassThrough, Passing } from '../../../hub/domain/mcp/pass-through.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { settled } from '../../kit/turns.js';

const server = { id: 's1', name: 's' } as unknown as ServerRecord;
const initializeResult = Buffer.from('{"capabilities":{"prompts":{}}}');

/** The lists of one server with prompts. The test answers its requests. */
function lists() {
  const observed = new ObservedServers();
  const rest = { error: '', tools: [], pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0 };
  observed.report('a', { serverId: 's1', revision: 1, state: 'connected', initializeResult, ...rest });
  const asked: ((...names: string[]) => void)[] = [];
  let wake = () => {};
  const passThrough = {
    leftOut: () => {},
    send: (_: Passing) =>
      new Promise<Uint8Array>((resolve) => {
        asked.push((...names) => resolve(Buffer.from(JSON.stringify({ prompts: names.map((name) => ({ name })) }))));
        wake();
      }),
  } as unknown as McpPassThrough;
  let changes = 0;
  let tell = () => {};
  const made = new ServerLists(passThrough, observed, () => {
    changes += 1;
    tell();
  });
  return {
    made,
    asked,
    changes: () => changes,
    changed: () =>
      new Promise<void>((resolve) => {
        tell = resolve;
      }),
    requested: async (count: number) => {
      while (asked.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
    names: async (waitMs: number) =>
      ((await made.gather([server], 'prompts', waitMs)).get(server) ?? []).map(({ key }) => key),
  };
}

t.test('only the first caller waits for a slow server, and not again while it takes longer', async (t) => {
  const { names, asked, changed } = lists();
  t.same(await names(30), []);
  let isBack = false;
  const later = names(30).then(() => {
    isBack = true;
  });
  await settled();
  t.ok(isBack);
  await later;
  t.equal(asked.length, 1);
  const told = changed();
  asked[0]?.('a');
  await told;
  t.same(await names(30), ['a']);
});

t.test('a change during a read leads to another read for later callers', async (t) => {
  const { made, names, asked, changed, requested } = lists();
  const first = changed();
  const reading = names(60_000);
  asked[0]?.('a');
  await first;
  t.same(await reading, ['a']);
  made.invalidate('s1', 'prompts');
  t.same(await names(0), ['a'], 'what is known');
  made.invalidate('s1', 'prompts');
  t.same(await names(0), ['a']);
  t.equal(asked.length, 2, 'one reading at a time');
  const second = changed();
  asked[1]?.('a');
  await requested(3);
  asked[2]?.('b');
  await second;
  t.same(await names(0), ['b'], 'and the newest is told');
});

t.test('entries whose names no client could send back are left out', async (t) => {
  const { names, asked, changed } = lists();
  const told = changed();
  const reading = names(60_000);
  asked[0]?.('short', 'x'.repeat(100_000));
  await told;
  t.same(await reading, ['short']);
});

t.test(
  'the lists of all servers of an agent have a bound, and further entries are left out with a remark',
  async (t) => {
    const observed = new ObservedServers();
    const rest = { error: '', tools: [], pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0 };
    const servers = ['s1', 's2', 's3'].map(
      (id) => ({ id, name: id, agentId: id === 's3' ? 'b' : 'a' }) as ServerRecord,
    );
    for (const { id: serverId, agentId } of servers)
      observed.report(agentId, { serverId, revision: 1, state: 'connected', initializeResult, ...rest });
    const remarks: string[] = [];
    const prompts = ['first', 'second'].map((name) => ({ name, description: 'x'.repeat(1000) }));
    const passThrough = {
      leftOut: ({ id }: ServerRecord, _: string, keys: readonly string[]) => {
        if (keys.length > 0) remarks.push(`${id} ${keys.join(' ')}`);
      },
      send: async () => Buffer.from(JSON.stringify({ prompts })),
    } as unknown as McpPassThrough;
    const made = new ServerLists(passThrough, observed, () => {}, 3500);
    const names = new Map<string, string>();
    for (const server of servers) {
      const entries = (await made.gather([server], 'prompts', 60_000)).get(server) ?? [];
      names.set(server.id, entries.map(({ key }) => key).join(' '));
    }
    t.same(Object.fromEntries(names), { s1: 'first second', s2: 'first', s3: 'first second' });
    t.same(remarks, ['s2 second']);
  },
);
