import type { Caller, Grants } from '../access/caller.js';
import { isNarrowed, isOwnOrAdmin, maySee } from '../access/grants.js';
import type { ServerRegistry } from '../servers/registry.js';

/** The name under which tools count together that are not counted apart. */
export const OTHER_TOOLS = '(other)';

/** Calls of deleted servers count together, as calls of these: of shared servers, and of private ones. No server has these ids. */
const GONE = { shared: 'deleted', private: 'deleted-private' } as const;

/** Stands for the owners of deleted private servers. No caller has this id. */
const GONE_OWNER = '(deleted)';

/** The registrations, as far as counters need them. */
export type CountedServers = Pick<ServerRegistry, 'byId' | 'ownerOf'>;

/** The id under which the calls of a server count: its own, or that of all deleted servers. */
export function countedAs(servers: CountedServers, serverId: string): string {
  if (servers.byId(serverId) !== undefined || isGone(serverId)) return serverId;
  return servers.ownerOf(serverId) === undefined ? GONE.shared : GONE.private;
}

/** Whether an id stands for deleted servers. */
export function isGone(serverId: string): boolean {
  return serverId === GONE.shared || serverId === GONE.private;
}

/** The calls that a caller sees. */
export interface SeenCalls {
  /** Whether it sees calls of a server, or of deleted servers. */
  ofServer(serverId: string): boolean;
  /** The tools that its grants name; `undefined`: all tools. */
  readonly tools: ReadonlySet<string> | undefined;
}

/** The calls that a caller sees. Only callers whose grants narrow nothing see those of deleted servers, and only admins those of private ones. */
export function callsSeenBy(caller: Caller, servers: CountedServers): SeenCalls {
  return {
    ofServer(serverId) {
      if (!isGone(serverId)) {
        const server = servers.byId(serverId);
        return server !== undefined && maySee(caller, server);
      }
      return !isNarrowed(caller.grants) && isOwnOrAdmin(caller, serverId === GONE.private ? GONE_OWNER : undefined);
    },
    tools: namedTools(caller.grants),
  };
}

function namedTools(grants: Grants | null): ReadonlySet<string> | undefined {
  return grants?.tools && new Set(grants.tools.filter((name) => name !== OTHER_TOOLS));
}
