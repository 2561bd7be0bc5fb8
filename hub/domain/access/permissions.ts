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
  /** What others run may then call tools in their name. */
  'workflow.define': 'admin',
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof permissions;

export function allows(role: Role, permission: Permission): boolean {
  return atLeast(role, permissions[permission]);
}
