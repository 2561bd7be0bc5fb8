import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DesiredStateFile } from '../../agent/state/desired-state.js';
import { wait } from '../kit/wait.js';
import { runs, silentLog } from '../parts/agent/harness.js';
import { runAgent, startAgent, startAgentProcess, startHub } from '../roundhouse.js';
import { fixedAddresses, ledger, note } from './ledger.js';

t.test('kill -9 of the agent: its callers get the documented error at once, its next start cleans up', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgentProcess(t, hub);
  const book = ledger(hub.data);
  await hub.connectServer(book.server);
  const { pid } = await note(hub, 'first');
  const hanging = Array.from({ length: 20 }, (_, n) => note(hub, `hanging-${n}`, 60_000));
  await wait('all calls have reached the server', () => book.calls().length === 21);
  await agent.stop('SIGKILL');
  for (const { status, body } of await Promise.all(hanging)) {
    t.equal(status, 503);
    t.match(body, { success: false, details: { outcome: 'unknown' } });
  }
  const away = await note(hub, 'away');
  t.equal(away.status, 503, 'an agent that is away is told so');

  const from = hub.log.length;
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  await hub.logged(({ body, agent: id }) => body === 'agent connected' && id === agent.id, from);
  await wait('the server answers', async () => (await note(hub, 'again')).status === 200);
  for (let n = 0; n < 20; n++) t.equal((await note(hub, `later-${n}`)).status, 200);
  t.notOk(runs(pid), 'no child of the dead agent is left');
  t.equal(book.starts().length, 2);
  const calls = book.calls().filter((id) => id !== 'again');
  t.equal(new Set(calls).size, calls.length, 'no call ran twice');
});

t.test('an agent that restarts without its hub starts its servers; the hub finds them as they are', async (t) => {
  const env = await fixedAddresses();
  const hub = await startHub(t, { env });
  const agent = await startAgentProcess(t, hub);
  const secret = 'a-secret-that-no-file-may-hold';
  const book = ledger(hub.data);
  const transport = { ...book.server.transport, env: { ...book.server.transport.env, TOKEN: secret } };
  await hub.connectServer({ ...book.server, transport });
  await wait('the agent has stored that the server is connected', async () =>
    (await kept(agent)).some(({ connected }) => connected),
  );
  await hub.stop();
  await agent.stop('SIGKILL');
  const [first = 0] = book.starts();

  const alone = runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  await wait('the server has started again', () => book.starts().length === 2);
  await wait("the server's first process has ended", () => !runs(first));
  const [, second] = book.starts();
  const back = await startHub(t, { data: hub.data, env });
  await back.logged(({ body, agent: id }) => body === 'agent connected' && id === agent.id);
  await wait('the hub reaches the second process', async () => (await note(back, 'x')).pid === second);
  t.equal(book.starts().length, 2, 'no second copy was started');
  await alone.stop();
  t.same(await filesWith(agent.data, secret), [], 'its secret is nowhere in the clear');
});

t.test('a revoked agent ends its servers and forgets its wanted state', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const book = ledger(hub.data);
  await hub.connectServer(book.server);
  const [pid = 0] = book.starts();
  await wait('the agent has stored its state', () => existsSync(join(agent.data, 'state.sealed')));
  const { status } = await hub.call('DELETE', `/connect/api/agents/${agent.id}`);
  t.equal(status, 200);
  await wait('the server has ended', () => !runs(pid));
  await wait('the agent has wiped its state', () => !existsSync(join(agent.data, 'state.sealed')));
  t.notOk(existsSync(join(agent.data, 'state.key')));
  await agent.stop();
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  await hub.logged(({ body, reason }) => body === 'peer refused' && /revoked/.test(String(reason)));
  t.equal(book.starts().length, 1);
});

/** The servers that an agent has on its disk for its next start. */
function kept({ data, id }: { readonly data: string; readonly id: string }) {
  return new DesiredStateFile({ dataDir: data, agentId: id, log: silentLog }).load();
}

/** Files below a folder that hold a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const { readdirSync, readFileSync } = await import('node:fs');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}
