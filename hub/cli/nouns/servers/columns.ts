import type { connect } from '@roundhouse/sdk';
import type { Columns } from '../../frame/output.js';

/** The columns of a table of servers. */
export const serverColumns: Columns<connect.Server> = {
  SERVER: ({ name }) => name,
  SITE: ({ site }) => site,
  STATUS: ({ status, runtime }) => (runtime.connecting ? 'connecting' : status),
  HEALTH: ({ runtime }) => runtime.health,
  TOOLS: ({ toolCount }) => toolCount,
  TRANSPORT: ({ transport }) => transport.type,
  VERSION: ({ runtime }) => runtime.version,
};

/** The line or the address of a server. */
export function sourceOf(transport: connect.TransportInput): string {
  return transport.type === 'stdio' ? [transport.command, ...(transport.args ?? [])].join(' ') : transport.url;
}
