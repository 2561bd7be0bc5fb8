import t from 'tap';
import { wait } from '../kit/wait.js';
import { type Hub, startAgent, startHubProcess } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { fixedAddresses, ledger, note } from './ledger.js';

/** What is recorded of a tool call is on disk within this time. */
const windowMs = 50;
/** Time for what was written to be sent back over a busy machine, and for a disk that others keep busy. */
const slackMs = 5_000;

t.test('kill -9 of the hub during 100 concurrent calls, three times', async (t) => {
  const data = tempFolder(t);
  const env = await fixedAddresses();
  let hub = await startHubProcess(t, { data, env });
  const agent = await startAgent(t, hub);
  const book = ledger(data);
  await hub.connectServer(book.server);
  const { pid } = await note(hub, 'first');
  const acknowledged = { calls: ['first'], servers: new Set<string>() };

  for (let round = 1; round <= 3; round++) {
    const outcomes: Awaited<ReturnType<typeof note>>[] = [];
    const killed = { at: Number.POSITIVE_INFINITY };
    const caller = async (n: number) => {
      for (let i = 0; Date.now() < killed.at; i++) outcomes.push(await note(hub, `${round}-${n}-${i}`, 5));
    };
    const callers = Array.from({ length: 100 }, (_, n) => caller(n));
    const registering = register(hub, round, acknowledged.servers, killed);
    const oldAt = (ms: number) => outcomes.filter(({ status, at }) => status === 200 && at < ms - windowMs - slackMs);
    await wait('more than 200 calls are old enough', () => oldAt(Date.now()).length > 200);
    const death = hub.stop('SIGKILL');
    killed.at = Date.now();
    await death;
    await Promise.all([...callers, registering]);
    const old = oldAt(killed.at);
    t.ok(old.length > 100, `${old.length} calls were acknowledged before`);
    acknowledged.calls.push(...old.map(({ id }) => id));

    const start = Date.now();
    hub = await startHubProcess(t, { data, env });
    const ready = Date.now();
    await hub.logged(({ msg, agent: id }) => msg === 'agent connected' && id === agent.id);
    t.comment(`round ${round}: hub back after ${ready - start} ms, the agent ${Date.now() - ready} ms later`);
    t.ok(Date.now() - ready < 30_000, 'the agent is back within seconds');

    const entries = await auditedCalls(hub);
    t.same(
      acknowledged.calls.filter((id) => !entries.has(id)),
      [],
      'every acknowledged call is in the audit log',
    );
    const listed = (await hub.call('GET', '/api/servers?limit=1000')).body.data;
    const names = new Set((Array.isArray(listed) ? listed : listed.servers).map(({ name }: { name: string }) => name));
    t.same(
      [...acknowledged.servers].filter((name) => !names.has(name)),
      [],
      'every acknowledged server is there',
    );
    // The agent has yet to say what runs at it.
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

/** Registers servers one after the other until the hub is gone; notes what was acknowledged. */
async function register(hub: Hub, round: number, acknowledged: Set<string>, killed: { readonly at: number }) {
  for (let n = 0; Date.now() < killed.at; n++) {
    const name = `server-${round}-${n}`;
    const transport = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
    const answer = await hub.call('POST', '/api/servers', { name, transport }).catch(() => undefined);
    if (answer?.status === 201) acknowledged.add(name);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The argument `id` of every call in the audit log. */
async function auditedCalls(hub: Hub): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let offset = 0; ; offset += 1000) {
    const { body } = await hub.call('GET', `/api/audit?action=tool.invoke&limit=1000&offset=${offset}`);
    const entries: { details: { arguments?: { id?: string } } }[] = body.data.entries;
    for (const { details } of entries) ids.add(String(details.arguments?.id));
    if (entries.length === 0) return ids;
  }
}
