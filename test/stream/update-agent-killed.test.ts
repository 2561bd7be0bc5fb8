import t from 'tap';
import { startHub } from '../roundhouse.js';
import { killAgentAt, site, steps } from './killed-update.js';

t.test('kill -9 of the agent at each step of an update: the hub waits for it and goes on', async (t) => {
  await killAgentAt(t, await site(t, startHub), steps, 120_000);
});
