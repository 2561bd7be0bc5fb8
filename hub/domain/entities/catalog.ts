import { enablements } from '../catalog/enablement.js';
import { sourceText } from '../catalog/entry.js';
import { notFound } from '../errors.js';
import { type CallerOrigin, type EntityKind, type RelatedEntity, related } from './entity.js';
import type { EntityParts } from './parts.js';

/** Entries of the catalog, and the servers that users have made from them. */
export function catalogKinds({ store, portal: { catalog } }: EntityParts): Record<'catalog_entry', EntityKind> {
  const entryOf = ({ caller }: CallerOrigin, id: string) => {
    const found = catalog.find(caller, id);
    if (!found) throw notFound('catalog entry', id);
    return found;
  };
  return {
    catalog_entry: {
      permission: 'catalog.read',
      find: entryOf,
      read(origin, id) {
        const entry = entryOf(origin, id);
        const { name, displayName, description, category, tags, type, author, documentation, shared, ownerId } = entry;
        const shown = { name, displayName, description, category, tags, author, documentation, shared };
        const made = [...store.list(enablements, { index: 'entry', equals: entry.id })];
        return {
          id: entry.id,
          data: { ...shown, catalogType: type, image: sourceText(entry) },
          related: [
            ...ownedBy(ownerId),
            ...made.flatMap(({ serverId }) => related('server', serverId, 'enabled_server')),
          ],
        };
      },
    },
  };
}

/** The owner of a thing is a user, or a key without a user. The look-up shows the entity that exists of the two. */
export function ownedBy(ownerId: string | null | undefined): RelatedEntity[] {
  return [...related('user', ownerId, 'owner'), ...related('api_key', ownerId, 'owner')];
}
