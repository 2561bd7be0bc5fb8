import { stringify } from 'csv-stringify/sync';
import type { AuditEntry } from '../../domain/audit/audit.js';
import { isoTime } from '../../domain/clock.js';
import { renderEntry } from './audit-entry.js';

type Portions = AsyncIterable<readonly AuditEntry[]>;

/** The entries as this API's JSON answers look, made as they are read. */
export async function* jsonExport(portions: Portions): AsyncGenerator<Uint8Array> {
  let before = '{"success":true,"data":[';
  for await (const portion of portions) {
    yield Buffer.from(before + portion.map((entry) => JSON.stringify(renderEntry(entry))).join(','));
    before = ',';
  }
  const end = `],"timestamp":"${isoTime(Date.now())}"}`;
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
 * The entries as CSV (RFC 4180), a line of column names first. Callers wrote much of the audit log: a value that a spreadsheet would
 * take for a formula begins with an apostrophe.
 */
export async function* csvExport(portions: Portions): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${columns.join(',')}\r\n`);
  for await (const portion of portions)
    yield Buffer.from(stringify(portion.map(rowOf), { escape_formulas: true, record_delimiter: '\r\n' }));
}

function rowOf(entry: AuditEntry): string[] {
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
