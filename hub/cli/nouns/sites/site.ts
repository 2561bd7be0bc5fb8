import type { connect, Roundhouse } from '@roundhouse/sdk';
import { argument, command, type Noun } from '../../frame/command.js';
import { CommandError, isHubError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { serverColumns } from '../servers/server.js';
import { agentColumns } from './agent.js';

const columns: Columns<connect.Site> = {
  SITE: ({ name }) => name,
  AGENTS: ({ connectedAgents, agentCount }) => `${connectedAgents} of ${agentCount}`,
  SERVERS: ({ serverCount }) => serverCount,
};

/** The policy of a site, as its agent reports it. */
interface AgentPolicy {
  readonly agent: string;
  /** `null`: the policy is not known. */
  readonly policy: connect.SitePolicy | null;
  /** Why the policy is not known. */
  readonly reason: string | null;
}

const ruleColumns: Columns<{ readonly agent: string; readonly section: string; readonly rule: string }> = {
  AGENT: ({ agent }) => agent,
  SECTION: ({ section }) => section,
  RULE: ({ rule }) => rule,
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
      summary: 'show the agents, the servers and the policy of a site',
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
        const policies = await Promise.all(agents.map((one) => policyAt(hub, one, signal)));
        const facts = {
          site: found.name,
          agents: `${found.connectedAgents} of ${found.agentCount} connected`,
          servers: found.serverCount,
        };
        await out.record({ ...found, agents, servers, policies }, facts, found.name);
        if (out.form !== 'people') return;
        out.section('Agents', agents, agentColumns);
        out.section('Servers', servers, serverColumns);
        out.section('Policy', policies.flatMap(rulesOf), ruleColumns);
      },
    }),
  ],
};

async function policyAt(
  { connect }: Roundhouse,
  { id, name }: connect.Agent,
  signal: AbortSignal,
): Promise<AgentPolicy> {
  try {
    return { agent: name, policy: await connect.agents.getPolicy(id, { signal }), reason: null };
  } catch (error) {
    if (!isHubError(error)) throw error;
    return { agent: name, policy: null, reason: error.message };
  }
}

/** The rules of a policy as rows of a table. */
function rulesOf({ agent, policy, reason }: AgentPolicy) {
  if (policy === null) return [{ agent, section: 'not known', rule: reason ?? '' }];
  const { read_only, ...sections } = policy;
  const rows = [
    ...(read_only ? [{ agent, section: 'read_only', rule: 'yes' }] : []),
    ...Object.entries(sections).flatMap(([section, lists = {}]) =>
      Object.entries(lists).flatMap(([list, patterns = []]) => ({
        agent,
        section,
        rule: `${list}: ${patterns.join(', ')}`,
      })),
    ),
  ];
  return rows.length > 0 ? rows : [{ agent, section: 'none', rule: 'the site allows everything' }];
}
