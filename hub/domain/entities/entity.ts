import type { Caller } from '../access/caller.js';
import type { Permission } from '../access/permissions.js';
import type { RequestOrigin } from '../audit/audit.js';

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
  /** Whether it is there, and to be seen. @throws DomainError `not_found`, `forbidden`. */
  find(origin: CallerOrigin, id: string): unknown;
  /** @throws DomainError as {@link EntityKind.find}. */
  read(origin: CallerOrigin, id: string): Omit<Entity, 'type'>;
}

export type EntityKinds = Readonly<Record<EntityType, EntityKind>>;

/** A related entity where there is one. */
export function related(type: EntityType, id: string | null | undefined, relationship: string): RelatedEntity[] {
  return id === null || id === undefined ? [] : [{ id, type, relationship }];
}
