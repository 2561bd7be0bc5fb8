import { Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';
import { Pagination, pagingFields } from './paging.js';
import { portalRoles } from './roles.js';
import { TextOrNull, Time, TimeOrNull } from './schemas.js';

const Moment = Type.Optional(Type.String({ format: 'date-time', description: 'RFC 3339' }));
const Role = Type.Enum(portalRoles, { title: 'Role' });

/** `seeds/002`, "Admin Endpoints". */
export const adminEndpoints = {
  /** `is_active`: has signed in within 30 days. */
  listUsers: endpoint({
    method: 'GET',
    path: '/api/v1/admin/users',
    summary: 'List all users',
    permission: 'user.manage',
    limit: 'admin',
    query: Type.Object({
      role: Type.Optional(Role),
      active: Type.Optional(Type.Boolean()),
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
  /** Ends all sign-ins of the user. The last super admin stays one. */
  setUserRole: endpoint({
    method: 'PUT',
    path: '/api/v1/admin/users/{id}/role',
    summary: 'Update the role of a user',
    permission: 'user.manage',
    limit: 'admin',
    audit: 'user.update',
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
    body: Type.Object({ role: Role }),
    response: Type.Object({ message: Type.String() }),
  }),
  /** Newest first. `action` is as printed here, or as the Connect API has it. */
  listAudit: endpoint({
    method: 'GET',
    path: '/api/v1/admin/audit',
    summary: 'Get audit logs',
    permission: 'audit.read',
    limit: 'admin',
    query: Type.Object({
      user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      action: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Such as `server_enabled`' })),
      from: Moment,
      to: Moment,
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
              description: 'Extension: a user, a key, or `null` where nobody was signed in',
            }),
          },
          { title: 'AuditEntry' },
        ),
      ),
      pagination: Pagination,
    }),
  }),
  /** Requests of the last 24 hours, to all APIs; errors are answers with 500 and above. */
  getSystemMetrics: endpoint({
    method: 'GET',
    path: '/api/v1/admin/metrics',
    summary: 'Get system metrics',
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
