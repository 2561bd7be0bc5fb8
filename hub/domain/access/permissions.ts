import { atLeast, type Role } from './caller.js';

/** Every permission, with the least role that has it. Endpoints, MCP tools and jobs all name one of these. */
export const permissions = {
  'server.read': 'viewer',
  /** Register a server by URL; by command needs `server.execute` too. */
  'server.write': 'operator',
  /** Register a server by command: code execution at the site. */
  'server.execute': 'admin',
  'server.operate': 'operator',
  /** Switch a server to another version of the same source. */
  'server.update': 'operator',
  'server.logs': 'operator',
  'group.read': 'viewer',
  'group.write': 'operator',
  'template.read': 'viewer',
  /** Definitions of MCP servers and workflows, without the secrets in them. */
  'definition.read': 'viewer',
  /** A definition that runs a command also needs `server.execute`, a definition of a workflow `workflow.define`. */
  'definition.write': 'operator',
  /** External databases, without their passwords. */
  'database.read': 'viewer',
  'database.write': 'operator',
  /** Read from an external database, by the statements of workflows. */
  'database.query': 'operator',
  /** Change the content of an external database. */
  'database.change': 'admin',
  'tool.read': 'viewer',
  'tool.invoke': 'user',
  /** Resources, prompts and completions of MCP servers. */
  'resource.read': 'user',
  'cache.read': 'viewer',
  'cache.clear': 'operator',
  'monitor.read': 'viewer',
  /** The series of the hub, its agents and their servers. */
  'metrics.read': 'viewer',
  /** How the hub as a whole has performed. */
  'performance.read': 'viewer',
  /** The actions of all callers, and the arguments of their calls. */
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
  /** Declare which tools of a server tests may call, and approve definitions. */
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
  /** New containers, and commands in running containers: code execution at the site. */
  'docker.execute': 'admin',
  /** Clusters and their content, without the output of programs. */
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
  /** Add images to the catalog: the user's own, and as an operator shared ones. */
  'catalog.write': 'user',
  /** Workflows that other callers run may then call tools in their name. */
  'workflow.define': 'admin',
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof permissions;

/**
 * The reach of a permission for a narrowed key. `tools`: any narrowed key has it, as far as its grants cover. `things`: keys that name
 * tools do not have it: they read and call tools, and change nothing else. `hub`: it concerns the hub as a whole, and no narrowed key has
 * it.
 */
type Reach = 'tools' | 'things' | 'hub';

export const reaches = {
  'server.read': 'tools',
  'server.write': 'things',
  'server.execute': 'things',
  'server.operate': 'things',
  'server.update': 'things',
  'server.logs': 'things',
  'group.read': 'tools',
  'group.write': 'things',
  'template.read': 'tools',
  'definition.read': 'hub',
  'definition.write': 'hub',
  'database.read': 'tools',
  'database.write': 'things',
  'database.query': 'things',
  'database.change': 'things',
  'tool.read': 'tools',
  'tool.invoke': 'tools',
  'resource.read': 'things',
  'cache.read': 'tools',
  'cache.clear': 'things',
  'monitor.read': 'tools',
  'metrics.read': 'tools',
  'performance.read': 'hub',
  'audit.read': 'hub',
  'event.read': 'tools',
  'webhook.manage': 'tools',
  'agent.read': 'tools',
  'agent.enroll': 'things',
  'key.manage': 'tools',
  'user.manage': 'hub',
  'backup.create': 'hub',
  'alert.read': 'tools',
  'alert.acknowledge': 'things',
  'alert.configure': 'hub',
  'job.read': 'tools',
  'job.operate': 'things',
  'storage.read': 'hub',
  'test.run': 'things',
  'test.declare': 'things',
  'cleanup.run': 'hub',
  'workflow.execute': 'hub',
  'device.read': 'tools',
  'device.command': 'things',
  'device.write': 'things',
  'device.operate': 'things',
  'device.change': 'things',
  'docker.read': 'tools',
  'docker.logs': 'things',
  'docker.operate': 'things',
  'docker.execute': 'things',
  'cluster.read': 'tools',
  'cluster.logs': 'things',
  'cluster.write': 'things',
  'cluster.operate': 'things',
  'cluster.execute': 'things',
  'catalog.read': 'tools',
  'catalog.enable': 'things',
  'catalog.write': 'hub',
  'workflow.define': 'hub',
} as const satisfies Record<Permission, Reach>;

export function allows(role: Role, permission: Permission): boolean {
  return atLeast(role, permissions[permission]);
}
