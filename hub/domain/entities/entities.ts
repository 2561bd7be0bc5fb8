import { roleMissing } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { allows } from '../access/permissions.js';
import { DomainError, invalid } from '../errors.js';
import { definitionKinds } from './definitions.js';
import type { EntityParts } from './entity.js';
import {
  accessKinds,
  type CallerOrigin,
  type Entity,
  type EntityKinds,
  type EntityType,
  entityTypes,
} from './entity.js';
import { placeKinds, workKinds } from './places.js';
import { catalogKinds, serverKinds } from './servers.js';

/** Looks anything up by its type and id (`seeds/004`, "Get Entity Details"). */
export class Entities {
  readonly #kinds: EntityKinds;

  constructor(parts: EntityParts) {
    this.#kinds = {
      ...serverKinds(parts),
      ...placeKinds(parts),
      ...catalogKinds(parts),
      ...workKinds(parts),
      ...definitionKinds(parts),
      ...accessKinds(parts),
    };
  }

  /**
   * @param type one of {@link entityTypes}, or its plural in a path of an API: `mcp-definitions`
   * @throws DomainError `invalid_input` for a type that there is not, `forbidden`, `not_found`.
   */
  get(origin: RequestOrigin, type: string, id: string): Entity {
    const { caller } = origin;
    if (!caller) throw new DomainError('unauthenticated', 'entities are shown to callers only');
    const known = entityType(type);
    const kind = this.#kinds[known];
    if (!kind.own && !allows(caller.role, kind.permission)) throw roleMissing(kind.permission);
    const found = kind.read({ ...origin, caller }, id);
    const seen = found.related.filter((other) => this.#maySee({ ...origin, caller }, other));
    return { ...found, type: known, related: seen };
  }

  /** The caller does not see related entities that it cannot look up. */
  #maySee(origin: CallerOrigin, { type, id }: { readonly type: EntityType; readonly id: string }): boolean {
    const kind = this.#kinds[type];
    if (!kind.own && !allows(origin.caller.role, kind.permission)) return false;
    try {
      kind.find(origin, id);
      return true;
    } catch (error) {
      if (error instanceof DomainError && (error.code === 'not_found' || error.code === 'forbidden')) return false;
      throw error;
    }
  }
}

function entityType(text: string): EntityType {
  const plain = text.toLowerCase().replaceAll('-', '_');
  const found = entityTypes.find((type) => plain === type || plain === pluralOf(type));
  if (!found) throw invalid('entity_type', `must be one of: ${entityTypes.join(', ')}`);
  return found;
}

function pluralOf(type: EntityType): string {
  return type.endsWith('y') && !type.endsWith('ey') ? `${type.slice(0, -1)}ies` : `${type}s`;
}
