import type { Domain } from '../../domain/domain.js';
import type { GroupView } from '../../domain/groups/groups.js';
import { type Handlers, reply } from '../../http/endpoint.js';
import type { groupEndpoints } from './groups.js';
import { originOf } from './origin.js';

export function groupHandlers({ groups }: Domain): Handlers<typeof groupEndpoints> {
  return {
    listGroups: (_input, context) => groups.list(originOf(context)).map(render),

    async createGroup({ body }, context) {
      return render(await groups.create(originOf(context), body));
    },

    async updateGroup({ params, body }, context) {
      return render(await groups.update(originOf(context), params.id, body));
    },

    async deleteGroup({ params }, context) {
      await groups.delete(originOf(context), params.id);
      return reply(undefined, { message: 'Group deleted successfully' });
    },

    async addServersToGroup({ params, body }, context) {
      return render(await groups.addServers(originOf(context), params.id, body.serverIds));
    },
  };
}

function render({ record, serverCount }: GroupView) {
  const { id, name, description, color, icon, sortOrder } = record;
  return { id, name, description, color, icon, sortOrder, serverCount };
}
