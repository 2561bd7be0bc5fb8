import t from 'tap';
import type { ServerReport } from '../../../hub/domain/agents/fleet.js';
import { ObservedServers, type ObservedTool } from '../../../hub/domain/servers/observed.js';
import { ToolRoom } from '../../../hub/domain/servers/tool-room.js';

const MiB = 1024 * 1024;

/** Tools that take 128 Ki characters each: the definition, and the description in it. */
function tools(names: readonly string[]) {
  return names.map((name) => {
    const description = 'x'.repeat(64 * 1024 - name.length - 200);
    return { name, definition: Buffer.from(JSON.stringify({ name, description })) };
  });
}

/** A hub that keeps 1 MiB of tools of an agent, and 512 KiB of a payer: the payer `bob` registered the servers whose ids begin with `b`. */
function hub() {
  const remarks: string[] = [];
  const onRemark = (serverId: string, remark: string) => remarks.push(`${serverId}: ${remark}`);
  const payerOf = (serverId: string) => (serverId.startsWith('b') ? 'bob' : undefined);
  const room = new ToolRoom<ObservedTool>(payerOf, { ofAgent: MiB, ofPayer: MiB / 2 });
  const servers = new ObservedServers(undefined, { onRemark }, room);
  /** Reports tools of a server. @returns the names of the tools that the hub keeps */
  const report = async (agentId: string, serverId: string, names: readonly string[]) => {
    const state: Omit<ServerReport, 'serverId' | 'tools'> = {
      ...{ revision: 1, state: 'connected', error: '', version: '', pid: 1, attempt: 0, nextAttemptMs: 0 },
      ...{ connectTimeMs: 0, initializeResult: Buffer.of() },
    };
    await servers.report(agentId, { ...state, serverId, tools: tools(names) });
    return servers.get(serverId).tools.map(({ name }) => name);
  };
  return { servers, report, remarks };
}

t.test('the hub keeps a bounded size of tools of one agent, and says which server has lost tools', async (t) => {
  const { servers, report, remarks } = hub();
  t.same(await report('agent', 'a1', ['1', '2', '3', '4', '5']), ['1', '2', '3', '4', '5']);
  t.same(await report('agent', 'a2', ['6', '7', '8', '9']), ['6', '7', '8']);
  t.same(await report('agent', 'a3', ['10']), []);
  t.same(remarks, [
    'a2: the last 1 tools are left out: the hub keeps 1 MiB of tools of one agent, and 0.5 MiB for one caller that is no admin',
    'a3: the last 1 tools are left out: the hub keeps 1 MiB of tools of one agent, and 0.5 MiB for one caller that is no admin',
  ]);
  t.same(await report('another', 'a4', ['11', '12']), ['11', '12'], 'another agent has its own room');
  servers.forget('a1');
  t.same(await report('agent', 'a2', ['6', '7', '8', '9']), ['6', '7', '8', '9'], 'a deleted server leaves its room');
  t.same(await report('agent', 'a2', ['6']), ['6']);
  t.same(await report('agent', 'a3', ['10', '13']), ['10', '13'], 'and a shorter list leaves room');
});

t.test('the servers of one caller below admin share a bound over all agents', async (t) => {
  const { report } = hub();
  t.same(await report('agent', 'b1', ['1', '2', '3']), ['1', '2', '3']);
  t.same(await report('another', 'b2', ['4', '5']), ['4']);
  t.same(await report('agent', 'a1', ['6', '7']), ['6', '7'], 'the servers of others are not concerned');
});

t.test('servers with the same list of tools take its room once, until the last of them is gone', async (t) => {
  const { servers, report } = hub();
  const same = ['1', '2', '3', '4', '5', '6'];
  for (let n = 0; n < 20; n += 1) t.same(await report('agent', `a${n}`, same), same);
  t.equal(servers.get('a0').tools, servers.get('a19').tools);
  for (let n = 0; n < 19; n += 1) servers.forget(`a${n}`);
  t.same(await report('agent', 'c', ['7', '8', '9']), ['7', '8']);
  servers.forget('a19');
  t.same(await report('agent', 'c', ['7', '8', '9']), ['7', '8', '9']);
});

t.test('a server pays for the places of its tools, even if another server has the same list', async (t) => {
  const room = new ToolRoom(() => undefined, { ofAgent: MiB, ofPayer: MiB });
  const tool = { definition: '{}', inputSchema: '{}', description: '' };
  const list = Array.from({ length: 1000 }, () => ({ ...tool }));
  const kept = Array.from({ length: 10 }, (_, n) => room.keep('agent', `a${n}`, list).length);
  t.same(kept.slice(0, 8), Array(8).fill(1000));
  t.ok((kept[8] ?? 0) < 1000, `${kept}`);
  t.equal(kept[9], 0);
  for (let n = 0; n < 10; n += 1) room.forget(`a${n}`);
  t.equal(room.keep('agent', 'a10', list).length, 1000);
});
