import t from 'tap';
import type { ServerReport } from '../../../hub/domain/agents/fleet.js';
import { readDefinitions, readPages } from '../../../hub/domain/mcp/lists/lists.js';
import type { McpPassThrough } from '../../../hub/domain/mcp/pass-through.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { othersDuring } from '../../kit/turns.js';

const KiB = 1024;

function tool(name: string, length = 0) {
  return { name, definition: Buffer.from(JSON.stringify({ name, description: 'x '.repeat(length / 2) })) };
}

/** Twelve megabytes of definitions. */
const longList = Array.from({ length: 60 }, (_, i) => tool(`t${i}`, 200 * KiB));

function report(pid: number, tools?: ServerReport['tools']): ServerReport {
  const state = { serverId: 's', revision: 1, state: 'connected', error: '', version: '' } as const;
  return { ...state, pid, tools, initializeResult: Buffer.of(), attempt: 0, nextAttemptMs: 0, connectTimeMs: 0 };
}

t.test('other work runs while the hub reads a long list of tools', async (t) => {
  const servers = new ObservedServers();
  let isOver = false;
  let turns = 0;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  const taken = Promise.resolve(servers.report('agent', report(1, longList)));
  setImmediate(count);
  t.equal(servers.get('s').pid, 0, 'the report is not taken in yet');
  await taken;
  isOver = true;
  t.match(servers.get('s'), { pid: 1, tools: { length: longList.length } });
  t.ok(turns > 1, `${turns} turns of the event loop`);
});

t.test('a newer report does not overtake a report whose list of tools is still being read', async (t) => {
  const servers = new ObservedServers();
  const seen: number[] = [];
  servers.onChange((_, { pid }) => seen.push(pid));
  servers.reportUnasked('agent', report(1, longList));
  servers.reportUnasked('agent', { ...report(2), state: 'error' });
  await servers.report('agent', report(3, [tool('last')]));
  t.same(seen, [1, 3], 'the waiting reports count as one');
  t.match(servers.get('s'), { pid: 3, tools: [{ name: 'last' }] });
  const reading = servers.report('agent', report(4, longList));
  servers.reportUnasked('agent', { ...report(5), state: 'error' });
  await reading;
  t.match(servers.get('s'), { pid: 5, state: 'error', tools: { length: longList.length } }, 'no list is lost');
});

t.test('a list that is being read is dropped if its agent or its server goes', async (t) => {
  const servers = new ObservedServers();
  await servers.report('agent', report(1, [tool('old')]));
  const reading = servers.report('agent', report(2, longList));
  servers.agentLost('agent', 'gone');
  await reading;
  t.match(servers.get('s'), { state: 'disconnected', pid: 0, tools: [{ name: 'old' }] });
  const second = servers.report('agent', report(3, longList));
  servers.forget('s');
  await second;
  t.match(servers.get('s'), { agentId: '', tools: { length: 0 } });
  const third = servers.report('agent', report(4, longList));
  await servers.report('another', report(5, [tool('new')]));
  await third;
  t.match(servers.get('s'), { agentId: 'another', pid: 5, tools: [{ name: 'new' }] });
});

t.test('tools that are described as before stay the same objects', async (t) => {
  const servers = new ObservedServers();
  await servers.report('agent', report(1, longList));
  const before = servers.get('s').tools;
  await servers.report('agent', report(1, [tool('new'), ...longList]));
  const { tools } = servers.get('s');
  t.equal(tools.length, longList.length + 1);
  t.ok(before.every((known) => tools.includes(known)));
});

t.test('a tool with a definition that is too large is left out with a remark, and the others are listed', async (t) => {
  const remarks: string[] = [];
  const servers = new ObservedServers(undefined, { onRemark: (id, remark) => remarks.push(`${id}: ${remark}`) });
  const values = { name: 'values', definition: Buffer.from(`{"x":[${'0,'.repeat(20_000)}0]}`) };
  await servers.report('agent', report(1, [tool('good'), tool('bytes', 256 * KiB), values, tool('good too')]));
  t.match(servers.get('s').tools, [{ name: 'good' }, { name: 'good too' }]);
  t.match(remarks, [/^s: 2 tools are left out: their definitions have more than 256 KiB or 20000 values$/]);
  await servers.report('agent', report(1, Array(100).fill(tool('good', 200 * KiB))));
  t.match(remarks[1], /the list of tools has more than 12 MiB or 200000 values: the first 61 tools count$/);
});

t.test(
  'a list of tools that any instance gives page by page is read to the bounds of all lists of tools',
  async (t) => {
    const read = async (page: (n: number) => string) => {
      let pages = 0;
      const send = async () => {
        pages += 1;
        return Buffer.from(`{"tools":[${page(pages)}],"nextCursor":"${pages}"}`);
      };
      const passThrough = { send } as Partial<McpPassThrough> as McpPassThrough;
      const found = await readDefinitions(passThrough, { server: {} as ServerRecord, instanceId: 'own' });
      return { tools: found.length, pages };
    };
    const values = '0,'.repeat(19_000);
    t.match(await read((n) => `{"name":"t${n}","x":[${values}0]}`), { tools: 10, pages: 11 }, 'values');
    const few = (n: number) => Array.from({ length: 1000 }, (_, i) => `{"name":"t${n}-${i}"}`).join(',');
    t.match(await read(few), { tools: 2500, pages: 3 }, 'tools');
    const long = (n: number, bytes: number) => `{"name":"t${n}","x":"${'x'.repeat(bytes)}"}`;
    t.match(await read((n) => long(n, 255 * KiB)), { tools: 48, pages: 49 }, 'bytes');
    t.match(await read((n) => long(n, 1024 * KiB)), { tools: 0, pages: 12 }, 'tools that are left out count, too');
  },
);

t.test('a list of a server has no page of too many values, and no entry that is too long', async (t) => {
  const read = (text: string) => {
    const passThrough = { send: async () => Buffer.from(text) } as Partial<McpPassThrough> as McpPassThrough;
    return readPages(passThrough, { server: {} as ServerRecord, instanceId: '' }, 'x/list', 'all', 'name');
  };
  const entries = [{ name: 'good' }, { name: 'long', x: 'x'.repeat(256 * KiB) }, { name: 'good too' }];
  t.same(
    (await read(JSON.stringify({ all: entries }))).map(({ key }) => key),
    ['good', 'good too'],
  );
  await t.rejects(read(`{"all":[${'0,'.repeat(400_001)}0]}`), { code: 'upstream_failed' });
});

t.test('reports that waited are taken in over several rounds of the event loop', async (t) => {
  const servers = new ObservedServers();
  const ids = Array.from({ length: 100 }, (_, n) => `s${n}`);
  for (const serverId of ids)
    for (let n = 0; n < 21; n += 1) servers.reportUnasked('agent', { ...report(n), serverId });
  t.ok(
    ids.every((id) => servers.get(id).pid < 20),
    'the last report of each server waits',
  );
  let inRound = 0;
  let most = 0;
  servers.onChange(() => {
    inRound += 1;
    most = Math.max(most, inRound);
  });
  await othersDuring(t, async () => {
    while (ids.some((id) => servers.get(id).pid !== 20)) {
      await new Promise(setImmediate);
      inRound = 0;
    }
  });
  t.ok(most < 10, `${most} in one round`);
});
