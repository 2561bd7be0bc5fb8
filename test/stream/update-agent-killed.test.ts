import t from 'tap';
import { startHub } from '../roundhouse.js';
import { killAgentAt, site, stepsOfAgent } from './killed-update.js';

t.test(`kill -9 of the agent in an update, at ${stepsOfAgent}: the hub waits for it and goes on`, async (t) => {
  await killAgentAt(t, await site(t, startHub), stepsOfAgent, 120_000);
});
