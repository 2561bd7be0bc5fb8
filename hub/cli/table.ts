import { apply, exportCommand, plan } from './fleet/commands.js';
import type { Entry } from './frame/command.js';
import { agent } from './nouns/agent.js';
import { alert } from './nouns/alert.js';
import { audit } from './nouns/audit.js';
import { backup } from './nouns/backup.js';
import { bugreport } from './nouns/bugreport.js';
import { client } from './nouns/client/index.js';
import { clusterNoun } from './nouns/cluster.js';
import { completion } from './nouns/completion.js';
import { context } from './nouns/context.js';
import { deviceNoun } from './nouns/device.js';
import { docker } from './nouns/docker.js';
import { dockerPlugin } from './nouns/docker-plugin.js';
import { doctor } from './nouns/doctor.js';
import { event } from './nouns/event.js';
import { groupNoun } from './nouns/group.js';
import { job } from './nouns/job.js';
import { key } from './nouns/key.js';
import { mcp } from './nouns/mcp.js';
import { registry } from './nouns/registry.js';
import { serverNoun } from './nouns/server/index.js';
import { site } from './nouns/site.js';
import { status } from './nouns/status.js';
import { token } from './nouns/token.js';
import { tool } from './nouns/tool.js';
import { user } from './nouns/user.js';
import { triggerNoun, workflow } from './nouns/workflow.js';

/** All commands, in the order of the help. Parser, help, completions and the reference are made from it. */
export const table: readonly Entry[] = [
  { name: 'up', summary: 'run a hub and a local agent in the foreground', external: true },
  { name: 'hub', summary: 'run a hub', external: true },
  agent,
  status,
  site,
  serverNoun,
  registry,
  tool,
  groupNoun,
  event,
  job,
  workflow,
  triggerNoun,
  alert,
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
  { name: 'restore', summary: 'put a backup into a data folder; the hub must not run', external: true },
  context,
  client,
  mcp,
  dockerPlugin,
  doctor,
  bugreport,
  completion(() => table),
];
