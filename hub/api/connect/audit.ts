import { stringify } from 'csv-stringify/sync';
import { Type } from 'typebox';
import type { AuditEntry as RecordedEntry } from '../../domain/audit/audit.js';
import type { Domain } from '../../domain/domain.js';
import { isoNow, isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers, StreamReply } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { timeRange, timeRangeFields } from './schemas.js';

const auditEntryFields = {
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
      '`durationMs` and `success` always; of tool calls `arguments`, with secrets redacted; `error` of a failure',
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
    description: 'The entries are those of all APIs and callers, with secrets redacted. This needs role admin.',
    permission: 'audit.read',
    query: Type.Object({
      action: Type.Optional(Type.String({ maxLength: 128, description: 'Such as `tool.invoke`' })),
      actor: Type.Optional(Type.String({ maxLength: 128, description: 'Id of an API key or user' })),
      resource: Type.Optional(Type.String({ maxLength: 128, description: 'Type of the resource, such as `server`' })),
      /** Extension. */
      resourceId: Type.Optional(
        Type.String({
          maxLength: 256,
          description: 'Extension: id of the resource; with `resource`, the answer comes faster',
        }),
      ),
      ...timeRangeFields,
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 50, description: 'Entries to return at most' }),
      offset: Type.Integer({ minimum: 0, maximum: 10_000_000, default: 0, description: 'Entries to skip' }),
    }),
    response: Type.Object({
      entries: Type.Array(AuditEntry),
      total: Type.Integer(),
      limit: Type.Integer(),
      offset: Type.Integer(),
      /** Extension. */
      totalIsExact: Type.Boolean({
        description: 'false: counting stopped at a limit; there are at least `total` entries',
      }),
    }),
  }),
  exportAudit: endpoint({
    method: 'GET',
    path: '/api/audit/export',
    summary: 'Export audit logs as CSV or JSON, oldest first',
    description:
      'The hub sends the entries as a file while it reads them. In CSV, a value that a spreadsheet would take for a formula begins with an apostrophe.',
    permission: 'audit.read',
    query: Type.Object({
      format: Type.Union([Type.Literal('json'), Type.Literal('csv')], {
        default: 'json',
        description: 'Form of the file',
      }),
      ...timeRangeFields,
    }),
    response: Type.Array(AuditEntry),
    produces: ['application/json', 'text/csv; charset=utf-8'],
  }),
};

export function auditHandlers({ audit }: Domain): Handlers<typeof auditEndpoints> {
  return {
    async listAudit({ query }, { caller, signal }) {
      const { limit, offset, action, actor, resource, resourceId } = query;
      const filter = { action, actor, resource, resourceId, ...timeRange(query) };
      const page = await audit.page(caller, filter, limit, offset, signal);
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

type Portions = AsyncIterable<readonly RecordedEntry[]>;

/** The entries as JSON of this API, each made when it is read. */
export async function* jsonExport(portions: Portions): AsyncGenerator<Uint8Array> {
  let before = '{"success":true,"data":[';
  for await (const portion of portions) {
    yield Buffer.from(before + portion.map((entry) => JSON.stringify(renderEntry(entry))).join(','));
    before = ',';
  }
  const end = `],"timestamp":"${isoNow()}"}`;
  yield Buffer.from(before === ',' ? end : before + end);
}

const columns = [
  'id',
  'timestamp',
  'action',
  'actorType',
  'actorId',
  'actorName',
  'resourceType',
  'resourceId',
  'serverId',
  'success',
  'durationMs',
  'details',
  'ip',
  'userAgent',
  'requestId',
  'api',
] as const;

/**
 * The entries as CSV (RFC 4180), a line of column names first. Many values come from callers, so a value that a spreadsheet would take for a formula
 * gets an apostrophe in front.
 */
export async function* csvExport(portions: Portions): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${columns.join(',')}\r\n`);
  for await (const portion of portions)
    yield Buffer.from(stringify(portion.map(rowOf), { escape_formulas: true, record_delimiter: '\r\n' }));
}

function rowOf(entry: RecordedEntry): string[] {
  const { id, timestamp, action, actor, resource, ip, userAgent } = renderEntry(entry);
  const { success, durationMs, details, requestId, api } = entry;
  return [
    id,
    timestamp,
    action,
    actor.type,
    actor.id,
    actor.name,
    resource?.type ?? '',
    resource?.id ?? '',
    resource?.serverId ?? '',
    String(success),
    String(durationMs),
    JSON.stringify(details),
    ip,
    userAgent,
    requestId,
    api ?? '',
  ];
}

/** An entry as `seeds/003` prints it. */
function renderEntry({
  id,
  time,
  action,
  actor,
  resource,
  details,
  success,
  durationMs,
  ip,
  userAgent,
  api,
}: RecordedEntry) {
  return {
    id,
    timestamp: isoTime(time),
    action,
    // An entry without an API is the hub's own.
    actor: actor ?? { type: api === null ? ('system' as const) : ('anonymous' as const), id: '', name: '' },
    resource,
    details: { ...details, durationMs, success },
    ip,
    userAgent,
  };
}
