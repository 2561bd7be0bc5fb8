import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { Handlers } from '../../http/endpoint.js';
import type { adminEndpoints } from './admin.js';
import { printDuration } from './amounts.js';
import { printEntry, readAction } from './audit-entry.js';
import { originOf } from './origin.js';
import { pageOf, paginationOf } from './paging.js';
import { type PortalRole, printRole, readRole } from './roles.js';

export function adminHandlers({
  users,
  portal,
  audit,
  health,
  requestWindow,
}: Domain): Handlers<typeof adminEndpoints> {
  return {
    listUsers({ query }, { caller }) {
      const { role, active, search } = query;
      const text = search?.toLowerCase();
      const found = users
        .all(caller)
        .filter(({ user }) => role === undefined || printRole(user.role) === role)
        .filter((one) => active === undefined || one.active === active)
        .filter(
          ({ user: { email, name, username } }) =>
            text === undefined || [email, name, username].some((field) => field?.toLowerCase().includes(text)),
        );
      const shown = pageOf(found, query).map(({ user, lastLogin, active: isActive }) => {
        const { enabled, running } = portal.servers.counts(user.id);
        return {
          id: user.id,
          email: user.email,
          name: user.name ?? user.username,
          role: printRole(user.role),
          created_at: isoTime(user.createdAt),
          last_login: isoTimeOrNull(lastLogin ?? undefined),
          is_active: isActive,
          server_count: enabled,
          active_containers: running,
        };
      });
      return { users: shown, pagination: paginationOf(query, found.length) };
    },

    async setUserRole({ params, body }, context) {
      await users.update(originOf(context), context.caller, params.id, { role: readRole(body.role) });
      return { message: 'User role updated successfully' };
    },

    async listAudit({ query }, { caller }) {
      const { user_id: actor, action, from, to, page, limit } = query;
      const filter = {
        actor,
        action: action === undefined ? undefined : readAction(action),
        from: from === undefined ? undefined : Date.parse(from),
        to: to === undefined ? undefined : Date.parse(to) + 1,
      };
      const found = await audit.page(caller, filter, limit, (page - 1) * limit);
      const emailOf = (id: string) => users.find(id)?.email ?? null;
      return {
        logs: found.entries.map((entry) => printEntry(entry, emailOf)),
        pagination: paginationOf(query, found.total),
      };
    },

    getSystemMetrics(_input, { caller }) {
      const all = users.all(caller);
      const of = (role: PortalRole) => all.filter(({ user }) => printRole(user.role) === role).length;
      const { predefined, custom } = portal.catalog.counts();
      const { enabled, running } = portal.servers.totals();
      const { requests, averageMs, errorRate } = requestWindow.figures();
      return {
        users: {
          total: all.length,
          active: all.filter(({ active }) => active).length,
          by_role: { super_admin: of('super_admin'), team_admin: of('team_admin'), standard_user: of('standard_user') },
        },
        servers: { total: predefined + custom, predefined, custom, enabled, running_containers: running },
        system: {
          uptime: printDuration(health.report().uptime),
          api_requests_24h: requests,
          avg_response_time_ms: averageMs,
          error_rate: errorRate,
        },
      };
    },
  };
}
