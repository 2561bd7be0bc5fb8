// The agent that comes with `up`, in a process of its own or in the hub's.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The site of this agent. */
export const site = 'local';

/**
 * The options and the environment of the local agent. It gets a join token if it has not enrolled yet.
 * @param {import('./settings.mjs').Settings} settings
 * @param {import('./api.mjs').Api} api @param {string} key
 */
export async function localAgent({ data, agents, env }, api, key) {
  const folder = join(data, 'agents', site);
  // The first credentials are the hub's matter.
  const { ROUNDHOUSE_ADMIN_PASSWORD: _, ROUNDHOUSE_API_KEY: __, ...agentEnv } = env;
  agentEnv.ROUNDHOUSE_AGENT_LOG_LEVEL ??= env.ROUNDHOUSE_LOG_LEVEL;
  // Not as an option: other users of the machine see the arguments of a process.
  if (!existsSync(join(folder, 'identity.json'))) agentEnv.ROUNDHOUSE_AGENT_TOKEN = await api.token(site, key);
  return { options: { hub: agents.reach, data: folder }, env: agentEnv };
}
