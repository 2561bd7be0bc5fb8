import type { connect, Roundhouse } from '@roundhouse/sdk';
import { argument, command, type Noun, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { confirm } from '../../frame/prompt.js';

/** The columns of a table of agents. */
export const agentColumns: Columns<connect.Agent> = {
  AGENT: ({ name }) => name,
  SITE: ({ site }) => site,
  STATUS: ({ status }) => status,
  VERSION: ({ version }) => version,
  SERVERS: ({ serverCount }) => serverCount,
  'ROUND TRIP': ({ roundTripMs }) => (roundTripMs === null ? null : `${Math.round(roundTripMs * 10) / 10} ms`),
  ID: ({ id }) => id,
};

const named = argument('name, NAME@SITE or id of the agent');

/** `roundhouse agent`. */
export const agent: Noun = {
  name: 'agent',
  summary: "agents; 'agent run' runs one",
  commands: [
    { name: 'run', summary: 'run an agent: it joins a hub and runs what the hub wants at this site', external: true },
    command({
      name: 'list',
      summary: 'list the agents',
      example: 'roundhouse agent list',
      async run({ hub, out, signal }) {
        const none = "no agents: 'roundhouse token create --site NAME' invites one";
        await out.list(await hub.connect.agents.list({ signal }), agentColumns, ({ name }) => name, none);
      },
    }),
    command({
      name: 'show',
      summary: 'show an agent',
      example: 'roundhouse agent show berlin-1',
      args: { agent: named },
      async run({ hub, args, out }) {
        const found = await find(hub, args.agent);
        const { name, id, site, status, version, platform, capabilities, serverCount, enrolledAt, connectedAt } = found;
        const facts = {
          ...{ name, id, site, status, version, platform },
          capabilities: capabilities.join(', '),
          servers: serverCount,
          enrolled: enrolledAt,
          connected: connectedAt,
        };
        await out.record(found, facts, id);
      },
    }),
    command({
      name: 'ping',
      summary: 'send a value to an agent and wait for its answer',
      example: 'roundhouse agent ping berlin-1',
      args: { agent: named },
      async run({ hub, args, out, signal }) {
        const { id, name } = await find(hub, args.agent);
        const began = performance.now();
        await hub.connect.agents.ping(id, { echo: 'ping' }, { signal });
        const ms = Math.round(performance.now() - began);
        await out.done(`${name} answered in ${ms} ms`, { id, name, ms });
      },
    }),
    command({
      name: 'revoke',
      summary: "revoke an agent's certificate; the agent wipes its secrets and cannot come back",
      example: 'roundhouse agent revoke berlin-1 --yes',
      args: { agent: named },
      options: { yes },
      async run({ hub, args, options, out }) {
        const { id, name, site } = await find(hub, args.agent);
        await confirm(out, `Revoke agent '${name}' of site '${site}'? It cannot come back.`, options.yes);
        await hub.connect.agents.revoke(id);
        await out.done(`${name} is revoked`, { id, name, revoked: true });
      },
    }),
  ],
};

/** The agent with this id, or else of this `NAME@SITE`, or else with this name. @throws CommandError if no agent or more than one agent has it */
async function find({ connect }: Roundhouse, given: string): Promise<connect.Agent> {
  const all = await connect.agents.list();
  const found =
    [
      all.filter(({ id }) => id === given),
      all.filter(({ name, site }) => `${name}@${site}` === given),
      all.filter(({ name }) => name === given),
    ].find((some) => some.length > 0) ?? [];
  const [only] = found;
  if (!only)
    throw new CommandError(`there is no agent '${given}': 'roundhouse agent list' shows their names`, 'missing');
  if (found.length > 1)
    throw new CommandError(
      `several agents are named '${given}': give NAME@SITE, or an id of ${found.map(({ id, site }) => `${id} (${site})`).join(', ')}`,
      'usage',
    );
  return only;
}
