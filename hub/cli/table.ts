import { apply, exportCommand, plan } from './fleet/commands.js';
import type { Entry } from './frame/command.js';
import { audit } from './nouns/access/audit.js';
import { key } from './nouns/access/key.js';
import { user } from './nouns/access/user.js';
import { alert } from './nouns/automation/alert.js';
import { event } from './nouns/automation/event.js';
import { job } from './nouns/automation/job.js';
import { test } from './nouns/automation/test.js';
import { webhookNoun } from './nouns/automation/webhook.js';
import { triggerNoun, workflow } from './nouns/automation/workflow.js';
import { client } from './nouns/clients/client.js';
import { dockerPlugin } from './nouns/clients/docker-plugin.js';
import { mcp } from './nouns/clients/mcp.js';
import { backup } from './nouns/hub/backup.js';
import { bugreport } from './nouns/hub/bugreport.js';
import { completion } from './nouns/hub/completion.js';
import { context } from './nouns/hub/context.js';
import { doctor } from './nouns/hub/doctor.js';
import { status } from './nouns/hub/status.js';
import { cache } from './nouns/servers/cache.js';
import { databaseNoun } from './nouns/servers/database.js';
import { definitionNoun } from './nouns/servers/definition.js';
import { groupNoun } from './nouns/servers/group.js';
import { registry } from './nouns/servers/registry.js';
import { serverNoun } from './nouns/servers/server.js';
import { templateNoun } from './nouns/servers/template.js';
import { tool } from './nouns/servers/tool.js';
import { agent } from './nouns/sites/agent.js';
import { clusterNoun } from './nouns/sites/cluster.js';
import { deviceNoun } from './nouns/sites/device.js';
import { docker } from './nouns/sites/docker.js';
import { site } from './nouns/sites/site.js';
import { token } from './nouns/sites/token.js';

/** All commands, in the order of the help. The parser, the help, the completions and the reference are made from this table. */
export const table: readonly Entry[] = [
  { name: 'up', summary: 'run a hub and a local agent in the foreground', external: true },
  { name: 'hub', summary: 'run a hub', external: true },
  agent,
  status,
  site,
  serverNoun,
  registry,
  templateNoun,
  definitionNoun,
  tool,
  groupNoun,
  cache,
  databaseNoun,
  event,
  job,
  workflow,
  triggerNoun,
  test,
  alert,
  webhookNoun,
  audit,
  docker,
  clusterNoun,
  deviceNoun,
  token,
  key,
  user,
  plan,
  apply,
  exportCommand,
  backup,
  {
    name: 'hubs',
    summary: 'several hubs that share a PostgreSQL database',
    commands: [
      { name: 'status', summary: 'show the hubs, and which of them is active', external: true },
      {
        name: 'init',
        summary: 'bring the records of a hub into an empty database; the hub must not run',
        external: true,
      },
      { name: 'export', summary: 'copy all records into an empty data folder, for a hub by itself', external: true },
    ],
  },
  { name: 'restore', summary: 'put a backup into a data folder; the hub must not run', external: true },
  context,
  client,
  mcp,
  dockerPlugin,
  doctor,
  bugreport,
  completion(() => table),
];
