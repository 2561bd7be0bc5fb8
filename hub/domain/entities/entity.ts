import { isAllowed } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import type { Permission } from '../access/permissions.js';
import type { Agents } from '../agents/agents.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Clusters } from '../clusters/clusters.js';
import type { Databases } from '../databases/databases.js';
import type { Definitions } from '../definitions/definitions.js';
import type { DefinitionUse } from '../definitions/made-from-definitions.js';
import type { Devices } from '../devices/devices.js';
import { notFound } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import { isoTime, isoTimeOrNull } from '../moments.js';
import type { ApiKeys } from '../people/keys/keys.js';
import type { OwnKeys } from '../people/keys/own-keys.js';
import type { Users } from '../people/users/users.js';
import type { Groups } from '../servers/groups.js';
import type { Servers } from '../servers/servers.js';
import type { Store } from '../store.js';
import type { Workflows } from '../workflows/workflows.js';

export const entityTypes = [
  'server',
  'group',
  'agent',
  'site',
  'device',
  'cluster',
  'catalog_entry',
  'job',
  'workflow_run',
  'mcp_definition',
  'external_db_config',
  'user',
  'api_key',
] as const;
export type EntityType = (typeof entityTypes)[number];

export interface RelatedEntity {
  readonly id: string;
  readonly type: EntityType;
  /** Its relation to the requested entity: `agent`, `registered_server`, `created_by`. */
  readonly relationship: string;
}

/** Anything that the hub knows, with its related entities. */
export interface Entity {
  readonly id: string;
  readonly type: EntityType;
  /** Plain JSON without secrets: times as ISO 8601. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly related: readonly RelatedEntity[];
}

/** The origin of a request that a caller made. */
export type CallerOrigin = RequestOrigin & { readonly caller: Caller };

/** How entities of one type are looked up: only entities and related entities that the caller may see. */
export interface EntityKind {
  /** Needed to see such entities, except the caller's own. */
  readonly permission: Permission;
  /** Whether the caller may look up its own without that permission. */
  readonly own?: boolean;
  /** Checks that the entity exists and the caller sees it. @throws DomainError `not_found`, `forbidden`. */
  find(origin: CallerOrigin, id: string): unknown;
  /** @throws DomainError as {@link EntityKind.find}. */
  read(origin: CallerOrigin, id: string): Omit<Entity, 'type'> | Promise<Omit<Entity, 'type'>>;
}

export type EntityKinds = Readonly<Record<EntityType, EntityKind>>;

/** A list of one related entity; empty without an id. */
export function related(type: EntityType, id: string | null | undefined, relationship: string): RelatedEntity[] {
  return id === null || id === undefined ? [] : [{ id, type, relationship }];
}

/** Users and API keys: the caller's own, and for admins all. */
export function accessKinds({ users, keys, ownKeys }: EntityParts): Record<'user' | 'api_key', EntityKind> {
  const own = (caller: Caller) => [...ownKeys.source(caller).list({})].map(({ key }) => key);
  const keyOf = (caller: Caller, id: string) => {
    const mine = own(caller).find((key) => key.id === id);
    if (mine) return mine;
    const other = isAllowed(caller, 'key.manage') && keys.list(caller).find((key) => key.id === id);
    if (!other) throw notFound('API key', id);
    return other;
  };
  return {
    user: {
      permission: 'user.manage',
      own: true,
      find: ({ caller }, id) => users.view(caller, id),
      read({ caller }, id) {
        const { user, lastLogin } = users.view(caller, id);
        const { username, email, role } = user;
        const times = { createdAt: isoTime(user.createdAt), lastLogin: isoTimeOrNull(lastLogin ?? undefined) };
        return {
          id: user.id,
          data: { username, email, role, ...times },
          related: keys.ofUser(user.id).flatMap((key) => related('api_key', key.id, 'api_key')),
        };
      },
    },
    api_key: {
      permission: 'key.manage',
      own: true,
      find: ({ caller }, id) => keyOf(caller, id),
      read({ caller }, id) {
        const key = keyOf(caller, id);
        const { name, prefix, role, tier } = key;
        return {
          id: key.id,
          data: {
            name,
            prefix,
            role,
            tier,
            createdAt: isoTime(key.createdAt),
            expiresAt: isoTimeOrNull(key.expiresAt ?? undefined),
            lastUsedAt: isoTimeOrNull(keys.lastUsedAt(key.id) ?? undefined),
          },
          related: [...related('user', key.userId, 'user'), ...related('api_key', key.madeBy, 'made_by')],
        };
      },
    },
  };
}

/** The parts of the domain in which entities are looked up. */
export interface EntityParts {
  readonly store: Pick<Store, 'list' | 'find'>;
  readonly users: Users;
  readonly keys: ApiKeys;
  readonly ownKeys: OwnKeys;
  readonly agents: Agents;
  readonly servers: Servers;
  readonly groups: Groups;
  readonly jobs: Jobs;
  readonly workflows: Workflows;
  readonly network: { readonly devices: Devices };
  readonly kubernetes: { readonly clusters: Clusters };
  readonly portal: { readonly catalog: Catalog };
  readonly databases: Databases;
  readonly definitions: Definitions;
  readonly definitionUse: DefinitionUse;
}
