import t from 'tap';
import { runAgent } from '../roundhouse.js';
import { begun, call, checkWhole, site, steps } from './killed-update.js';

t.setTimeout(300_000);

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
