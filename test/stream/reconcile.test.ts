import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { runs } from '../parts/agent/harness.js';
import { ADMIN_KEY, roundhouse, runAgent, startAgent, startAgentProcess, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { fixedAddresses, ledger, note } from './ledger.js';

t.test('changes while the agent was away are applied, and all else is left alone', async (t) => {
  const data = tempFolder(t);
  const env = await fixedAddresses();
  let hub = await startHub(t, { data, env });
  const agent = await startAgentProcess(t, hub);
  const kept = ledger(data, 'kept');
  const changed = ledger(data, 'changed');
  const removed = ledger(data, 'removed');
  const added = ledger(data, 'added');
  for (const { server } of [kept, changed, removed]) await hub.connectServer(server);
  const answers = (name: string) =>
    wait(`the server ${name} answers`, async () => (await note(hub, 'x', 0, name)).status === 200);

  // The hub restarts: every process stays.
  await hub.stop();
  hub = await startHub(t, { data, env });
  for (const name of ['kept', 'changed', 'removed']) await answers(name);
  t.same(
    [kept, changed, removed].map((book) => book.starts().length),
    [1, 1, 1],
    'restart of the hub',
  );

  // While the agent is away (stopped, not killed), one server is changed, one is deleted and one is registered.
  process.kill(agent.pid, 'SIGSTOP');
  const later = [
    hub.call('PUT', '/api/servers/changed', {
      transport: { ...changed.server.transport, env: { ...changed.server.transport.env, EXTRA: '1' } },
    }),
    hub.call('DELETE', '/api/servers/removed'),
    hub.call('POST', '/api/servers', added.server),
  ];
  await wait('the hub has written the three changes', async () => {
    const { entries } = (await hub.call('GET', '/api/audit?resource=server&limit=3')).body.data;
    const actions = entries.map(({ action }: { action: string }) => action);
    return ['server.create', 'server.delete', 'server.update'].every((action) => actions.includes(action));
  });
  process.kill(agent.pid, 'SIGCONT');
  for (const { status } of await Promise.all(later)) t.ok(status < 300, `${status}`);
  await hub.call('POST', '/api/servers/added/connect');
  await wait(
    'the changed and the added server have started',
    () => changed.starts().length === 2 && added.starts().length === 1,
  );
  await answers('changed');
  await wait('the removed server has ended', () => !runs(removed.starts()[0] ?? 0));
  t.same(
    [kept, changed, removed, added].map((book) => book.starts().length),
    [1, 2, 1, 1],
    'only the changed server was started again',
  );

  // A backup; more changes; and the hub as it was at the backup, while the agent ran on.
  const file = join(data, 'copy.backup');
  const at = ['--url', hub.url, '--key', ADMIN_KEY];
  const made = await roundhouse(t, ['backup', file, '--with-sealing-key', ...at]);
  t.equal(made.code, 0, made.stderr);
  for (const [n, extra] of ['2', '3'].entries()) {
    const transport = { ...changed.server.transport, env: { ...changed.server.transport.env, EXTRA: extra } };
    t.equal((await hub.call('PUT', '/api/servers/changed', { transport })).status, 200);
    await wait('the changed server has started again', () => changed.starts().length === 3 + n);
  }
  await hub.call('DELETE', '/api/servers/added');
  await wait('the added server has ended', () => !runs(added.starts()[0] ?? 0));
  await hub.stop();
  const restored = await roundhouse(t, ['restore', file, '--data', data, '--force']);
  t.equal(restored.code, 0, restored.stderr);
  hub = await startHub(t, { data, env });
  await wait(
    'the servers of the backup have started',
    () => added.starts().length === 2 && changed.starts().length === 5,
  );
  for (const name of ['kept', 'changed', 'added']) await answers(name);
  t.equal(kept.starts().length, 1, 'the hub wins, with the older state; the rest stays');

  // The agent restarts: one copy of each.
  await agent.stop();
  for (const book of [kept, changed, added]) t.notOk(runs(book.starts().at(-1) ?? 0));
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  for (const name of ['kept', 'changed', 'added']) await answers(name);
  t.same(
    [kept, changed, removed, added].map((book) => book.starts().length),
    [2, 6, 1, 3],
  );
});

t.test('a site policy: refused, shown, audited, and allowed when the file says so', async (t) => {
  const data = tempFolder(t);
  const hub = await startHub(t, { data });
  const policy = join(data, 'site-policy.yaml');
  writeFileSync(policy, 'commands: [nothing]\n');
  const agent = await startAgent(t, hub, 'local', ['--policy', policy]);
  const book = ledger(data);
  const { body } = await hub.call('POST', '/api/servers', book.server);
  const refused = await hub.call('POST', `/api/servers/${body.data.id}/connect`);
  t.ok(refused.status >= 400, `${refused.status}`);
  t.match(JSON.stringify(refused.body), /this site does not allow the command/);
  const shown = await hub.call('GET', `/api/servers/${body.data.id}`);
  t.match(shown.body.data, { status: 'error' });
  const audit = await hub.call('GET', '/api/audit?action=policy.refused');
  t.match(audit.body.data.entries[0], {
    action: 'policy.refused',
    resource: { type: 'agent', id: agent.id },
    details: { reason: /does not allow/ },
  });
  t.same(book.starts(), []);
  writeFileSync(policy, `commands: ['${process.execPath} **']\n`);
  await wait('the server answers', async () => (await note(hub, 'x')).status === 200);
  t.equal(book.starts().length, 1);
});

t.test('a refusal of the site while its hub is away is audited once the hub is back', async (t) => {
  const data = tempFolder(t);
  const env = await fixedAddresses();
  const hub = await startHub(t, { data: join(data, 'hub'), env });
  const policy = join(data, 'site-policy.yaml');
  writeFileSync(policy, 'commands: ["**"]\n');
  const agent = await startAgent(t, hub, 'local', ['--policy', policy]);
  const book = ledger(data);
  await hub.connectServer(book.server);
  await hub.stop();
  const told = agent.logged(({ body }) => body === 'a server is refused by the site policy');
  writeFileSync(policy, 'commands: [nothing]\n');
  t.match(await told, { serverId: String, name: undefined }, 'who reads the log need not be allowed to know the name');
  const again = await startHub(t, { data: join(data, 'hub'), env });
  let entries: unknown[] = [];
  await wait('the refusal is in the audit log', async () => {
    entries = (await again.call('GET', '/api/audit?action=policy.refused')).body.data.entries;
    return entries.length > 0;
  });
  t.match(entries, [{ resource: { type: 'agent', id: agent.id }, details: { reason: /does not allow/ } }]);
});
