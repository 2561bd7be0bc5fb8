import { join } from 'node:path';
import type { RunningAgent } from '../../agent/main.js';
import type { Hub, Owner } from './hub.js';
import { loadAgent } from './product.js';
import { Program } from './program.js';
import { Running } from './running.js';

/** The agent's id at the hub, and the folder of its data. */
export interface Joined {
  readonly id: string;
  readonly data: string;
}

/** An agent in the test's own process. */
class AgentInside extends Running {
  readonly #agent: Promise<RunningAgent>;

  /** @param args the arguments of `roundhouse agent` */
  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    super();
    this.#agent = this.#start(args, env);
    // The log of the agent tells why it ended.
    this.#agent
      .then(({ ended }) => ended)
      .catch(() => {})
      .finally(() => this.over());
  }

  async stop(): Promise<void> {
    const agent = await this.#agent.catch(() => undefined);
    await agent?.close().catch(() => {});
    await this.exited();
  }

  async #start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<RunningAgent> {
    const { createLog, readConfig, startAgent } = loadAgent();
    try {
      const config = readConfig({ flags: flagsOf(args), env });
      const graceMs = 0;
      return startAgent(config, createLog(config.logLevel, { write: (line) => this.take(line) }), graceMs);
    } catch (error) {
      this.take(JSON.stringify({ body: String(error) }));
      throw error;
    }
  }
}

/** Pairs of `--name` and value as settings, by their names in camel case. */
function flagsOf(args: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value] = args.slice(i, i + 2);
    if (!flag?.startsWith('--') || value === undefined) throw new Error(`expected --NAME VALUE, not '${flag}'`);
    pairs.push([flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), value]);
  }
  return Object.fromEntries(pairs);
}

/** Runs an agent inside the test's process, before or after its enrolment; it ends with the test. */
export function runAgent(t: Owner, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const agent = new AgentInside(args, env);
  t.teardown(() => agent.stop());
  return agent;
}

/** Runs an agent as a process of its own; `through`: a command that runs it, such as `ip netns exec NAME`. It ends with the test. */
export function runAgentProcess(
  t: Owner,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  through: readonly string[] = [],
): Program {
  return new Program(t, ['agent', ...args], env, through);
}

/** Starts an agent inside the test's process, and resolves once the hub has it. `more`: further arguments of `roundhouse agent`. */
export function startAgent(
  t: Owner,
  hub: Hub,
  site = 'local',
  more: readonly string[] = [],
): Promise<Running & Joined> {
  return joined(hub, site, more, (args) => runAgent(t, args));
}

/** Starts an agent as a process of its own, for tests that kill it or look at the process; resolves once the hub has it. */
export function startAgentProcess(
  t: Owner,
  hub: Hub,
  site = 'local',
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Program & Joined> {
  return joined(hub, site, more, (args) => runAgentProcess(t, args, env));
}

async function joined<A extends Running>(
  hub: Hub,
  site: string,
  more: readonly string[],
  run: (args: readonly string[]) => A,
): Promise<A & Joined> {
  hub.agentCount += 1;
  const data = join(hub.data, 'agents', `${site}-${hub.agentCount}`);
  const token = await hub.token(site);
  const from = hub.log.length;
  const agent = run(['--hub', hub.agentAddress, '--token', token, '--data', data, ...more]);
  const connected = hub.logged(({ event, site: at }) => event === 'agent.connected' && at === site, from);
  const gone = agent
    .exited()
    .then(() => Promise.reject(new Error(`the agent ended: ${JSON.stringify(agent.log.at(-1))}`)));
  const { agent: id } = await Promise.race([connected, gone]);
  return Object.assign(agent, { id: String(id), data });
}
