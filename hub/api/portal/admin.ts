import { Type } from 'typebox';
import type { AuditEntry } from '../../domain/audit/audit.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time, TimeOrNull } from '../shared/values.js';
import {
  Pagination,
  type PortalRole,
  pageOf,
  paginationOf,
  pagingFields,
  portalRoles,
  printDuration,
  printRole,
  readRole,
  TextOrNull,
} from './schemas.js';

const Moment = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));
const Role = Type.Enum(portalRoles, { title: 'Role' });

/** `seeds/002`, "Admin Endpoints". */
export const adminEndpoints = {
  listUsers: endpoint({
    method: 'GET',
    path: '/api/v1/admin/users',
    summary: 'List all users',
    description: 'A user is active after a sign-in within 30 days. This needs role super_admin.',
    permission: 'user.manage',
    limit: 'admin',
    query: Type.Object({
      role: Type.Optional(Type.Enum(portalRoles, { ...Role, description: 'Only users with this role' })),
      active: Type.Optional(Type.Boolean({ description: 'Only active users, or only inactive ones' })),
      search: Type.Optional(Type.String({ maxLength: 256, description: 'In e-mail address or name' })),
      ...pagingFields,
    }),
    response: Type.Object({
      users: Type.Array(
        Type.Object(
          {
            id: Type.String({ format: 'uuid' }),
            email: TextOrNull,
            name: Type.String(),
            role: Role,
            created_at: Time,
            last_login: TimeOrNull,
            is_active: Type.Boolean(),
            server_count: Type.Integer({ description: 'Servers that the user has enabled' }),
            active_containers: Type.Integer({ description: 'Of these, those that run' }),
          },
          { title: 'User' },
        ),
      ),
      pagination: Pagination,
    }),
  }),
  setUserRole: endpoint({
    method: 'PUT',
    path: '/api/v1/admin/users/{id}/role',
    summary: 'Update the role of a user',
    description: 'The hub ends all sign-ins of the user. The last super admin keeps the role (409).',
    permission: 'user.manage',
    limit: 'admin',
    audit: 'user.update',
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the user' }) }),
    body: Type.Object({ role: Role }),
    example: { role: 'team_admin' },
    response: Type.Object({ message: Type.String() }),
  }),
  listAudit: endpoint({
    method: 'GET',
    path: '/api/v1/admin/audit',
    summary: 'Get audit logs',
    description: 'The newest entry comes first. The entries are those of all APIs. This needs role super_admin.',
    permission: 'audit.read',
    limit: 'admin',
    query: Type.Object({
      user_id: Type.Optional(
        Type.String({ minLength: 1, maxLength: 128, description: 'Only entries of this user or API key, by id' }),
      ),
      action: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Such as `server_enabled`' })),
      from: Moment('Start of the range (RFC 3339), inclusive'),
      to: Moment('End of the range (RFC 3339), inclusive'),
      ...pagingFields,
    }),
    response: Type.Object({
      logs: Type.Array(
        Type.Object(
          {
            id: Type.String({ format: 'uuid' }),
            user_id: TextOrNull,
            user_email: TextOrNull,
            action: Type.String(),
            resource_type: TextOrNull,
            resource_id: TextOrNull,
            details: Type.Record(Type.String(), Type.Unknown()),
            ip_address: Type.String(),
            timestamp: Time,
            actor: Type.Union([Type.Object({ type: Type.String(), name: Type.String() }), Type.Null()], {
              description: 'Extension: a user, a key, or `null` without a sign-in',
            }),
          },
          { title: 'AuditEntry' },
        ),
      ),
      pagination: Pagination,
    }),
  }),
  getSystemMetrics: endpoint({
    method: 'GET',
    path: '/api/v1/admin/metrics',
    summary: 'Get system metrics',
    description:
      'The requests are those of the last 24 hours to all APIs. Errors are answers with status 500 and above.',
    permission: 'user.manage',
    limit: 'admin',
    response: Type.Object({
      users: Type.Object({
        total: Type.Integer(),
        active: Type.Integer(),
        by_role: Type.Object({
          super_admin: Type.Integer(),
          team_admin: Type.Integer(),
          standard_user: Type.Integer(),
        }),
      }),
      servers: Type.Object({
        total: Type.Integer({ description: 'Of the catalog' }),
        predefined: Type.Integer(),
        custom: Type.Integer(),
        enabled: Type.Integer({ description: 'By all users together, and those that all share' }),
        running_containers: Type.Integer(),
      }),
      system: Type.Object({
        uptime: Type.String(),
        api_requests_24h: Type.Integer(),
        avg_response_time_ms: Type.Number(),
        error_rate: Type.Number({ description: '0 to 1' }),
      }),
    }),
  }),
};

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
      await users.update(context.origin, context.caller, params.id, { role: readRole(body.role) });
      return { message: 'User role updated successfully' };
    },

    async listAudit({ query }, { caller, signal }) {
      const { user_id: actor, action, from, to, page, limit } = query;
      const filter = {
        actor,
        action: action === undefined ? undefined : readAction(action),
        from: from === undefined ? undefined : Date.parse(from),
        to: to === undefined ? undefined : Date.parse(to) + 1,
      };
      const found = await audit.page(caller, filter, limit, (page - 1) * limit, signal);
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

/** The actions for which `seeds/002` has its own names. Other actions are printed with underscores. */
const printed: Readonly<Record<string, string>> = {
  'catalog.enable': 'server_enabled',
  'catalog.disable': 'server_disabled',
  'catalog.restart': 'server_restarted',
  'catalog.bulk': 'servers_bulk',
  'catalog.create': 'custom_server_added',
  'catalog.update': 'custom_server_updated',
  'catalog.delete': 'custom_server_removed',
  'config.update': 'config_updated',
  'config.import': 'config_imported',
};
/** Nouns with an underscore, which does not stand for a dot of the action. */
const NOUNS = /^(api_key|agent_token)_/;
const meant = new Map(Object.entries(printed).map(([action, word]) => [word, action]));

export function printAction(action: string): string {
  return printed[action] ?? action.replaceAll('.', '_');
}

/** The domain's action for a filter, which may have the portal's name or the domain's. */
export function readAction(text: string): string {
  if (text.includes('.')) return text;
  const [noun = ''] = NOUNS.exec(text) ?? [];
  return meant.get(text) ?? `${noun.replace(/_$/, '.')}${text.slice(noun.length).replaceAll('_', '.')}`;
}

/** An entry as `seeds/002` prints it. @param emailOf a user's address */
function printEntry(entry: AuditEntry, emailOf: (userId: string) => string | null) {
  const { id, time, action, actor, resource, details, success, ip } = entry;
  const { params, ...rest } = details;
  const { itemId, itemName, start: _, ...others } = (params ?? {}) as Readonly<Record<string, unknown>>;
  const isServer = typeof itemId === 'string';
  return {
    id,
    user_id: actor?.id ?? null,
    user_email: actor?.type === 'user' ? emailOf(actor.id) : null,
    action: printAction(action),
    resource_type: resource?.type ?? null,
    // The id that the portal uses.
    resource_id: isServer ? itemId : (resource?.id ?? null),
    details: { ...rest, ...others, ...(isServer ? { server_name: itemName } : {}), success },
    ip_address: ip,
    timestamp: isoTime(time),
    actor: actor && { type: actor.type, name: actor.name },
  };
}
