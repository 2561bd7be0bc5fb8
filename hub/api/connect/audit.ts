import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { endpoint, type Handlers, StreamReply } from '../../http/endpoint.js';
import { renderEntry } from './audit-entry.js';
import { csvExport, jsonExport } from './audit-export.js';
import { Time } from './schemas.js';
import { timeRange, timeRangeFields } from './time-range.js';

export const auditEntryFields = {
  id: Type.String({ format: 'uuid' }),
  timestamp: Time,
  action: Type.String(),
  actor: Type.Object({
    /** `system`: the hub itself; `anonymous`: the caller was not signed in. */
    type: Type.Union([
      Type.Literal('api_key'),
      Type.Literal('user'),
      Type.Literal('agent'),
      Type.Literal('system'),
      Type.Literal('anonymous'),
    ]),
    id: Type.String(),
    name: Type.String(),
  }),
  resource: Type.Union([
    Type.Object({ type: Type.String(), id: Type.String(), serverId: Type.Optional(Type.String()) }),
    Type.Null(),
  ]),
  details: Type.Record(Type.String(), Type.Unknown(), {
    description:
      '`durationMs` and `success` always; of tool calls `arguments`, with secrets redacted; `error` of what failed',
  }),
  ip: Type.String(),
  userAgent: Type.String(),
};

const AuditEntry = Type.Object(auditEntryFields, { title: 'AuditEntry' });

/** `seeds/003`, "Audit Logs". */
export const auditEndpoints = {
  listAudit: endpoint({
    method: 'GET',
    path: '/api/audit',
    summary: 'Query audit logs, newest first',
    permission: 'audit.read',
    query: Type.Object({
      action: Type.Optional(Type.String({ maxLength: 128, description: 'Such as `tool.invoke`' })),
      actor: Type.Optional(Type.String({ maxLength: 128, description: 'Id of an API key or user' })),
      resource: Type.Optional(Type.String({ maxLength: 128, description: 'Type of the resource, such as `server`' })),
      ...timeRangeFields,
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 50 }),
      offset: Type.Integer({ minimum: 0, maximum: 10_000_000, default: 0 }),
    }),
    response: Type.Object({
      entries: Type.Array(AuditEntry),
      total: Type.Integer(),
      limit: Type.Integer(),
      offset: Type.Integer(),
      /** Extension. */
      totalIsExact: Type.Boolean({
        description: 'false: counting was given up at its bound on time and number; there are at least `total`',
      }),
    }),
  }),
  exportAudit: endpoint({
    method: 'GET',
    path: '/api/audit/export',
    summary: 'Export audit logs as CSV or JSON, oldest first',
    permission: 'audit.read',
    query: Type.Object({
      format: Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' }),
      ...timeRangeFields,
    }),
    response: Type.Array(AuditEntry),
    produces: ['application/json', 'text/csv; charset=utf-8'],
  }),
};

export function auditHandlers({ audit }: Domain): Handlers<typeof auditEndpoints> {
  return {
    async listAudit({ query }, { caller }) {
      const { action, actor, resource, limit, offset } = query;
      const page = await audit.page(caller, { action, actor, resource, ...timeRange(query) }, limit, offset);
      return { entries: page.entries.map(renderEntry), total: page.total, limit, offset, totalIsExact: page.exact };
    },

    exportAudit({ query }, { caller }) {
      const portions = audit.export(caller, timeRange(query));
      const name = `audit-${new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, '-')}.${query.format}`;
      const headers = { 'Content-Disposition': `attachment; filename="${name}"` };
      return query.format === 'csv'
        ? new StreamReply('text/csv; charset=utf-8', csvExport(portions), headers)
        : new StreamReply('application/json', jsonExport(portions), headers);
    },
  };
}
