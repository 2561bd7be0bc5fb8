import t from 'tap';
import { killAgentAt, site, steps } from './killed-update.js';

t.test('kill -9 of the agent at each step of an update: the hub waits for it and goes on', async (t) => {
  await killAgentAt(t, await site(t), steps, 120_000);
});
