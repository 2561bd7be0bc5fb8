import t from 'tap';
import { runAgent, startHub } from '../roundhouse.js';
import { begun, call, checkWhole, site, steps } from './killed-update.js';

t.setTimeout(300_000);

t.test('kill -9 of the hub at each step of an update: it goes on, and ends on one whole version', async (t) => {
  const { data, env, hub: first, agent } = await site(t);
  let hub = first;
  for (const [n, step] of steps.entries()) {
    const to = `${n + 2}.0.0`;
    const cut = call(hub, 'wait', { ms: 30_000 });
    const path = await begun(hub, step, to);
    await hub.stop('SIGKILL');
    t.not((await cut).status, 200, step);
    hub = await startHub(t, { data, env });
    await hub.logged(({ msg, agent: id }) => msg === 'agent connected' && id === agent.id);
    await checkWhole(t, hub, path, to);
  }
});

t.test('kill -9 of the agent at each step of an update: the hub waits for it and goes on', async (t) => {
  const { hub, ...rest } = await site(t);
  let { agent }: { agent: Pick<typeof rest.agent, 'stop'> } = rest;
  const { id: agentId, data } = rest.agent;
  for (const [n, step] of steps.entries()) {
    const to = `${n + 2}.0.0`;
    const cut = call(hub, 'wait', { ms: 30_000 });
    const path = await begun(hub, step, to);
    const from = hub.log.length;
    await agent.stop('SIGKILL');
    t.match(await cut, { status: 503, body: { success: false, details: { outcome: 'unknown' } } }, step);
    agent = runAgent(t, ['--hub', hub.agentAddress, '--data', data]);
    await hub.logged(({ msg, agent: id }) => msg === 'agent connected' && id === agentId, from);
    await checkWhole(t, hub, path, to);
  }
});
