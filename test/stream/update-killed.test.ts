import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startHubProcess } from '../roundhouse.js';
import { begun, call, checkWhole, site, stepsOfHub } from './killed-update.js';

t.test(`kill -9 of the hub in an update, at ${stepsOfHub}: it goes on, and ends on one whole version`, async (t) => {
  const { data, env, hub: first, agent } = await site(t, startHubProcess);
  let hub = first;
  for (const [n, step] of stepsOfHub.entries()) {
    const to = `${n + 2}.0.0`;
    const released = join(data, `released-${step}`);
    const cut = call(hub, 'wait', { until: released });
    const path = await begun(hub, step, to);
    await hub.stop('SIGKILL');
    // The call runs on at the agent, though its caller is gone.
    writeFileSync(released, '');
    t.not((await cut).status, 200, step);
    hub = await startHubProcess(t, { data, env });
    await hub.logged(({ body, agent: id }) => body === 'agent connected' && id === agent.id);
    await checkWhole(t, hub, path, to);
  }
});
