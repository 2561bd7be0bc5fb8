import { Type } from 'typebox';
import { entryOf } from '../../domain/catalog/entry.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { EntryName, ServerParams, Tags } from './schemas.js';

const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const changeable = {
  display_name: Type.Optional(Text(128)),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
  category: Type.Optional(Text(64)),
  tags: Type.Optional(Tags),
  shared: Type.Optional(
    Type.Boolean({
      description:
        'Extension: all users see the entry; only team admins may set this. Default: whether a team admin adds the entry',
    }),
  ),
};
const Image = Type.String({
  minLength: 1,
  maxLength: 512,
  description: "An image's name: `[host/]path[:tag][@digest]`",
});

/** `seeds/002`, "Custom Servers". */
export const catalogEndpoints = {
  addCustomServer: endpoint({
    method: 'POST',
    path: '/api/v1/catalog/custom',
    summary: 'Add a custom server to the catalog',
    description:
      'The image runs in a container with no rights and no access to the machine of the site. Only team admins share an entry with all users.',
    permission: 'catalog.write',
    audit: 'catalog.create',
    body: Type.Object({ name: EntryName, image: Image, ...changeable }),
    example: {
      name: 'weather',
      image: 'ghcr.io/acme/weather-mcp:1.4',
      description: 'Forecasts for the team',
      category: 'data',
      tags: ['weather'],
    },
    response: Type.Object({
      id: Type.String({ format: 'uuid' }),
      name: Type.String(),
      catalog_type: Type.Literal('custom'),
      created_at: Time,
    }),
    status: 201,
  }),
  updateCustomServer: endpoint({
    method: 'PUT',
    path: '/api/v1/catalog/custom/{id}',
    summary: 'Update the definition of a custom server',
    description:
      'Absent fields stay. The owner and team admins may change an entry. If the image changes, servers that run from it start again. If the entry is no longer shared, the servers of other users end.',
    permission: 'catalog.write',
    audit: 'catalog.update',
    params: ServerParams,
    body: Type.Object(
      { name: Type.Optional(EntryName), image: Type.Optional(Image), ...changeable },
      { minProperties: 1 },
    ),
    example: { description: 'Forecasts for all teams' },
    response: Type.Object({ message: Type.String() }),
  }),
  removeCustomServer: endpoint({
    method: 'DELETE',
    path: '/api/v1/catalog/custom/{id}',
    summary: 'Remove a custom server from the catalog',
    description: 'Servers that were made from the entry end. Only the owner and team admins may remove it.',
    permission: 'catalog.write',
    audit: 'catalog.delete',
    params: ServerParams,
    status: 204,
  }),
};

export function catalogHandlers({ portal }: Domain): Handlers<typeof catalogEndpoints> {
  return {
    async addCustomServer({ body }, context) {
      const { display_name: displayName, ...rest } = body;
      const { id, name, createdAt } = await portal.catalog.add(context.origin, context.caller, {
        ...rest,
        displayName,
      });
      return { id, name, catalog_type: 'custom', created_at: isoTime(createdAt) };
    },

    async updateCustomServer({ params, body }, context) {
      const { display_name: displayName, ...rest } = body;
      const origin = context.origin;
      const record = await portal.catalog.update(origin, context.caller, params.id, { ...rest, displayName });
      if (body.shared === false) await portal.enablements.withdraw(entryOf(record));
      if (body.image !== undefined) await portal.enablements.follow(origin, entryOf(record));
      return { message: 'Custom server updated successfully' };
    },

    async removeCustomServer({ params }, context) {
      const { id } = await portal.catalog.remove(context.origin, context.caller, params.id);
      await portal.enablements.forgetEntry(id);
      return undefined;
    },
  };
}
