import t from 'tap';
import { wait } from '../kit/wait.js';
import { nightly } from '../nightly.js';
import { type Hub, type HubProcess, startAgent, startHub, startHubProcess } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { fixedAddresses, ledger, note } from './ledger.js';

/** `test/faults/kill-hub.test.ts` kills the hub more often, with fewer calls. */
const kills = nightly ? 3 : 1;

t.test(`kill -9 of the hub during 100 concurrent calls, times: ${kills}`, async (t) => {
  const data = tempFolder(t);
  const env = await fixedAddresses();
  let killed: HubProcess = await startHubProcess(t, { data, env });
  let hub: Hub = killed;
  const agent = await startAgent(t, hub);
  const book = ledger(data);
  await hub.connectServer(book.server);
  const { pid } = await note(hub, 'first');
  const acknowledged = { calls: ['first'], servers: new Set<string>() };

  for (let round = 1; round <= kills; round++) {
    const outcomes: Awaited<ReturnType<typeof note>>[] = [];
    /** The hub commits in order: once it acknowledges a registration, it has written every call that it answered before the request. */
    let written = 0;
    const end = { reached: false };
    const caller = async (n: number) => {
      for (let i = 0; !end.reached; i++) outcomes.push(await note(hub, `${round}-${n}-${i}`, 5));
    };
    const registrar = async () => {
      for (let n = 0; !end.reached; n++) {
        const answered = outcomes.length;
        const name = `server-${round}-${n}`;
        if (!(await isRegistered(hub, name))) continue;
        acknowledged.servers.add(name);
        written = answered;
      }
    };
    const clients = [...Array.from({ length: 100 }, (_, n) => caller(n)), registrar()];
    await wait('more than 200 calls are acknowledged as written', () => written > 200);
    const death = killed.stop('SIGKILL');
    end.reached = true;
    await death;
    await Promise.all(clients);
    const old = outcomes.slice(0, written);
    t.same(
      old.filter(({ status }) => status !== 200),
      [],
      'every call was answered until then',
    );
    acknowledged.calls.push(...old.map(({ id }) => id));

    // The test does not kill the last one.
    if (round === kills) hub = await startHub(t, { data, env });
    else {
      killed = await startHubProcess(t, { data, env });
      hub = killed;
    }
    await hub.logged(({ body, agent: id }) => body === 'agent connected' && id === agent.id);

    const entries = await auditedCalls(hub);
    t.same(
      acknowledged.calls.filter((id) => !entries.has(id)),
      [],
      'every call that was acknowledged as written is in the audit log',
    );
    const listed = (await hub.call('GET', '/api/servers')).body.data;
    const names = new Set((Array.isArray(listed) ? listed : listed.servers).map(({ name }: { name: string }) => name));
    t.same(
      [...acknowledged.servers].filter((name) => !names.has(name)),
      [],
      'every acknowledged server is there',
    );
    // The agent has yet to report its running commands.
    await wait(
      'the server is connected',
      async () => (await hub.call('GET', '/api/servers/ledger')).body.data.status === 'connected',
    );
    const again = await note(hub, `after-${round}`);
    t.equal(again.status, 200, 'calls go on');
    t.equal(again.pid, pid, 'the server at the agent is the same process');
  }
  t.same(book.starts(), [pid], 'it was started once');
  const calls = book.calls();
  t.equal(new Set(calls).size, calls.length, 'no call ran twice');
});

/** Registers a server; says whether the hub acknowledged it. */
async function isRegistered(hub: Hub, name: string): Promise<boolean> {
  const transport = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
  const answer = await hub.call('POST', '/api/servers', { name, transport }).catch(() => undefined);
  return answer?.status === 201;
}

/** The argument `id` of every call in the audit log: an export has all of it, where a page ends after two seconds. */
async function auditedCalls(hub: Hub): Promise<Set<string>> {
  const { status, body } = await hub.call('GET', '/api/audit/export');
  t.equal(status, 200);
  const entries: { action: string; details: { arguments?: { id?: string } } }[] = body.data;
  const calls = entries.filter(({ action }) => action === 'tool.invoke');
  return new Set(calls.map(({ details }) => String(details.arguments?.id)));
}
