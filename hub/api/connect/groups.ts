import { form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { GroupView } from '../../domain/servers/groups.js';
import { endpoint, type Handlers, reply } from '../../http/endpoint.js';
import { Id } from '../shared/values.js';
import { IdParams, Name } from './schemas.js';

const fields = {
  description: Type.Optional(Type.String({ maxLength: 1024 })),
  color: Type.Optional(
    Type.String({
      maxLength: 7,
      ...form('must be a colour such as #1e90ff', '^#[0-9a-fA-F]{6}$'),
      description: '#rrggbb',
    }),
  ),
  icon: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** Extension. */
  sortOrder: Type.Optional(Type.Integer({ minimum: -1_000_000, maximum: 1_000_000, description: 'Default 0' })),
};

const Group = Type.Object(
  {
    id: Id,
    name: Type.String(),
    description: Type.String(),
    color: Type.String(),
    icon: Type.String(),
    sortOrder: Type.Integer(),
    serverCount: Type.Integer(),
  },
  { title: 'Group' },
);

/** `seeds/003`, "Server Groups". A server is taken out of its group by `PUT /api/servers/{id}` with `groupId: null`. */
export const groupEndpoints = {
  listGroups: endpoint({
    method: 'GET',
    path: '/api/groups',
    summary: 'List all server groups',
    description:
      'The groups come by `sortOrder`, then by name. `serverCount` counts the servers that the caller may see.',
    permission: 'group.read',
    response: Type.Array(Group),
  }),
  createGroup: endpoint({
    method: 'POST',
    path: '/api/groups',
    summary: 'Create a new server group',
    description:
      'Names are unique without regard to case; a taken name is refused with 409. A caller without role admin makes 100 groups at most, together with the keys that it made for itself. Callers with grants may not make groups.',
    permission: 'group.write',
    audit: 'group.create',
    body: Type.Object({ name: Name, ...fields }),
    example: { name: 'office', description: 'Servers of the office', color: '#1e90ff' },
    response: Group,
    status: 201,
  }),
  updateGroup: endpoint({
    method: 'PUT',
    path: '/api/groups/{id}',
    summary: 'Update a server group; absent fields stay',
    description: 'A name that another group has is refused with 409.',
    permission: 'group.write',
    audit: 'group.update',
    params: IdParams,
    body: Type.Object({ name: Type.Optional(Name), ...fields }),
    example: { description: 'Servers of the new office' },
    response: Group,
  }),
  deleteGroup: endpoint({
    method: 'DELETE',
    path: '/api/groups/{id}',
    summary: 'Delete a server group; its servers are ungrouped',
    description: 'The servers stay registered and connected.',
    permission: 'group.write',
    audit: 'group.delete',
    params: IdParams,
    extra: Type.Object({ message: Type.String() }),
  }),
  addServersToGroup: endpoint({
    method: 'POST',
    path: '/api/groups/{id}/servers',
    summary: 'Add servers to a group, all or none; a server leaves the group that it was in',
    description:
      'One unknown server fails the whole request with 400. To take a server out of its group, update the server with `groupId: null`.',
    permission: 'group.write',
    audit: 'group.update',
    params: IdParams,
    body: Type.Object({
      serverIds: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 500 }),
    }),
    example: { serverIds: ['files'] },
    response: Group,
  }),
};

export function groupHandlers({ groups }: Domain): Handlers<typeof groupEndpoints> {
  return {
    listGroups: (_input, context) => groups.list(context.origin).map(render),

    async createGroup({ body }, context) {
      return render(await groups.create(context.origin, body));
    },

    async updateGroup({ params, body }, context) {
      return render(await groups.update(context.origin, params.id, body));
    },

    async deleteGroup({ params }, context) {
      await groups.delete(context.origin, params.id);
      return reply(undefined, { message: 'Group deleted successfully' });
    },

    async addServersToGroup({ params, body }, context) {
      return render(await groups.addServers(context.origin, params.id, body.serverIds));
    },
  };
}

function render({ record, serverCount }: GroupView) {
  const { id, name, description, color, icon, sortOrder } = record;
  return { id, name, description, color, icon, sortOrder, serverCount };
}
