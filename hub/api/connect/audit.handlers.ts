import type { Domain } from '../../domain/domain.js';
import { type Handlers, StreamReply } from '../../http/endpoint.js';
import type { auditEndpoints } from './audit.js';
import { renderEntry } from './audit-entry.js';
import { csvExport, jsonExport } from './audit-export.js';
import { timeRange } from './time-range.js';

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
