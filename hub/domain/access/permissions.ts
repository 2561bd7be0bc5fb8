import { atLeast, type Role } from './caller.js';

/** Every permission, with the least role that has it. Endpoints, MCP tools and jobs all name one of these. */
export const permissions = {
  'server.read': 'viewer',
  /** Register a server by URL; by command needs `server.execute` too. */
  'server.write': 'operator',
  /** Register a server by command: code execution at the site. */
  'server.execute': 'admin',
  'server.operate': 'operator',
  /** To another version of what it runs already. */
  'server.update': 'operator',
  'server.logs': 'operator',
  'group.read': 'viewer',
  'group.write': 'operator',
  'template.read': 'viewer',
  /** Definitions of MCP servers and workflows, without the secrets in them. */
  'definition.read': 'viewer',
  /** One that runs a command needs `server.execute`, one of a workflow `workflow.define` too. */
  'definition.write': 'operator',
  /** External databases, without their passwords. */
  'database.read': 'viewer',
  'database.write': 'operator',
  'tool.read': 'viewer',
  'tool.invoke': 'user',
  /** Resources, prompts and completions of MCP servers. */
  'resource.read': 'user',
  'cache.read': 'viewer',
  'cache.clear': 'operator',
  'monitor.read': 'viewer',
  'metrics.read': 'viewer',
  /** Everybody's doings, and the arguments of their calls. */
  'audit.read': 'admin',
  'event.read': 'viewer',
  'webhook.manage': 'operator',
  'agent.read': 'viewer',
  'agent.enroll': 'admin',
  'key.manage': 'admin',
  'user.manage': 'admin',
  'backup.create': 'admin',
  'alert.read': 'viewer',
  'alert.acknowledge': 'operator',
  'alert.configure': 'operator',
  'job.read': 'viewer',
  'job.operate': 'operator',
  'storage.read': 'viewer',
  'test.run': 'operator',
  /** Which tools of a server may be called by tests, and which definitions are approved of. */
  'test.declare': 'operator',
  /** Deletes files of the hub and of all agents. */
  'cleanup.run': 'operator',
  'workflow.execute': 'operator',
  'device.read': 'viewer',
  /** Read from a device: commands that change nothing, its configuration and the backups of it. */
  'device.command': 'user',
  /** Register a device, with its credentials. */
  'device.write': 'operator',
  'device.operate': 'operator',
  /** Commands that change a device, and its configuration. */
  'device.change': 'operator',
  /** Containers and images of Docker Engines, without the values of environments. */
  'docker.read': 'viewer',
  'docker.logs': 'operator',
  /** Start, stop and remove containers; pull and remove images. */
  'docker.operate': 'operator',
  /** New containers, and commands in those that run: code execution at the site. */
  'docker.execute': 'admin',
  /** Clusters, and what runs in them, without what it prints. */
  'cluster.read': 'viewer',
  'cluster.logs': 'operator',
  /** Register a cluster, with its credentials. */
  'cluster.write': 'operator',
  /** Create namespaces; scale deployments. */
  'cluster.operate': 'operator',
  /** New deployments, commands in pods, and the agent's own credentials: code execution in the cluster. */
  'cluster.execute': 'admin',
  'catalog.read': 'viewer',
  /** Enable and disable servers of the catalog for oneself, and read their logs. */
  'catalog.enable': 'user',
  /** Add images to the catalog: one's own, and as an operator everybody's. */
  'catalog.write': 'user',
  /** What others run may then call tools in their name. */
  'workflow.define': 'admin',
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof permissions;

export function allows(role: Role, permission: Permission): boolean {
  return atLeast(role, permissions[permission]);
}
