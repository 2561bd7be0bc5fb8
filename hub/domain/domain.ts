import { Identity } from './access/identity.js';
import { ApiKeys } from './access/keys.js';
import { Sessions } from './access/sessions.js';
import { AccessTokens } from './access/tokens.js';
import { type PasswordHasher, Users } from './access/users.js';
import { Agents } from './agents/agents.js';
import type { Fleet } from './agents/fleet.js';
import { JoinTokens } from './agents/join-tokens.js';
import { Audit } from './audit/audit.js';
import { type BackupSource, Backups } from './backups.js';
import { HealthCheck } from './health.js';
import { announceServers } from './servers/announce.js';
import { ServerLifecycle } from './servers/lifecycle.js';
import { ServerLogs } from './servers/logs.js';
import { ObservedServers } from './servers/observed.js';
import { ServerRegistry } from './servers/registry.js';
import { Servers } from './servers/servers.js';
import type { Store } from './store.js';
import { ToolCatalog } from './tools/catalog.js';
import { Invocations } from './tools/invocations.js';
import { ToolList } from './tools/list.js';
import { ToolUsage } from './tools/usage.js';

/** What the domain needs from outside. */
export interface DomainPorts {
  readonly store: Store;
  readonly passwords: PasswordHasher;
  readonly backups: BackupSource;
  /** Asked for late: the fleet needs the domain's rules to start. */
  readonly fleet: () => Fleet;
  readonly version: string;
}

/** Everything that the APIs are views of. */
export type Domain = Awaited<ReturnType<typeof createDomain>>;

/** Joins the domain's parts over its ports. */
export async function createDomain({ store, passwords, backups, fleet, version }: DomainPorts) {
  const users = new Users(store, passwords);
  const keys = new ApiKeys(store);
  const tokens = await AccessTokens.open(store, users);
  const joinTokens = new JoinTokens(store);
  const agents = new Agents(store, joinTokens, fleet);
  const registry = new ServerRegistry(store);
  const observed = new ObservedServers();
  const servers = new Servers(store, agents, registry, observed);
  const catalog = new ToolCatalog(registry, observed);
  const usage = new ToolUsage(store);
  announceServers(store, registry, observed);
  return {
    users,
    keys,
    tokens,
    sessions: new Sessions(store, users, tokens),
    identity: new Identity(keys, tokens),
    audit: new Audit(store),
    backups: new Backups(store, backups),
    agents,
    joinTokens,
    fleet,
    registry,
    servers,
    lifecycle: new ServerLifecycle(store, servers, registry, observed, fleet),
    logs: new ServerLogs(servers, fleet),
    catalog,
    usage,
    toolList: new ToolList(catalog, usage),
    invocations: new Invocations(store, catalog, usage, fleet),
    health: new HealthCheck(registry, observed, version),
  };
}
