import type { connect } from '@roundhouse/sdk';
import { argument, command, type Noun } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { serverColumns } from '../servers/columns.js';
import { agentColumns } from './agent.js';

const columns: Columns<connect.Site> = {
  SITE: ({ name }) => name,
  AGENTS: ({ connectedAgents, agentCount }) => `${connectedAgents} of ${agentCount}`,
  SERVERS: ({ serverCount }) => serverCount,
};

/** `roundhouse site`. */
export const site: Noun = {
  name: 'site',
  summary: 'the places where agents run',
  commands: [
    command({
      name: 'list',
      summary: 'list the sites with their agents and servers counted',
      example: 'roundhouse site list',
      async run({ hub, out, signal }) {
        const none = "no sites: 'roundhouse token create --site NAME' invites an agent";
        await out.list(await hub.connect.sites.list({ signal }), columns, ({ name }) => name, none);
      },
    }),
    command({
      name: 'show',
      summary: 'show the agents and servers of a site',
      example: 'roundhouse site show berlin',
      args: { site: argument('name of the site') },
      async run({ hub, args, out, signal }) {
        const asked = { signal };
        const [sites, allAgents, allServers] = await Promise.all([
          hub.connect.sites.list(asked),
          hub.connect.agents.list(asked),
          hub.connect.servers.list({}, asked),
        ]);
        const found = sites.find(({ name }) => name === args.site);
        if (!found)
          throw new CommandError(
            `there is no site '${args.site}': 'roundhouse site list' shows their names`,
            'missing',
          );
        const agents = allAgents.filter(({ site }) => site === args.site);
        const servers = allServers.filter(({ site }) => site === args.site);
        const facts = {
          site: found.name,
          agents: `${found.connectedAgents} of ${found.agentCount} connected`,
          servers: found.serverCount,
        };
        await out.record({ ...found, agents, servers }, facts, found.name);
        if (out.form !== 'people') return;
        out.section('Agents', agents, agentColumns);
        out.section('Servers', servers, serverColumns);
      },
    }),
  ],
};
