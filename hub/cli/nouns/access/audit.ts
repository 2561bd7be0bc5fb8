import type { connect } from '@roundhouse/sdk';
import { choice, command, type Noun, parsed, text, withDefault } from '../../frame/command.js';
import type { Columns } from '../../frame/output.js';
import { defined, wholeNumber } from '../../frame/values.js';

const columns: Columns<connect.AuditEntry> = {
  TIME: ({ timestamp }) => timestamp,
  ACTOR: ({ actor }) => actor.name || actor.type,
  ACTION: ({ action }) => action,
  RESOURCE: ({ resource }) => (resource ? `${resource.type} ${resource.id}` : null),
  SUCCESS: ({ details }) => details.success !== false,
  IP: ({ ip }) => ip,
};

const times = {
  from: text('<time>', 'only entries from this time on (ISO 8601)'),
  to: text('<time>', 'only entries up to this time (ISO 8601)'),
};

/** `roundhouse audit`. */
export const audit: Noun = {
  name: 'audit',
  summary: 'the audit log: the actions of all callers',
  commands: [
    command({
      name: 'list',
      summary: 'list audit entries, newest first',
      example: 'roundhouse audit list --action key.create --limit 20',
      options: {
        action: text('<action>', 'only this action, such as tool.invoke'),
        actor: text('<id>', 'only actions of this key or user'),
        resource: text('<type>', 'only actions on this type of resource, such as server'),
        ...times,
        limit: withDefault(parsed('<number>', 'entries to list at most', wholeNumber), 50),
      },
      async run({ hub, options: { action, actor, resource, from, to, limit }, out, signal }) {
        const query = defined({ action, actor, resource, from, to, limit: Math.min(limit, 100) });
        const entries: connect.AuditEntry[] = [];
        for await (const entry of hub.connect.audit.listAll(query, { signal })) {
          entries.push(entry);
          if (entries.length === limit) break;
        }
        await out.list(entries, columns, ({ id }) => id, 'no entries');
      },
    }),
    command({
      name: 'export',
      summary: 'print the audit log as CSV or JSON, oldest first',
      example: 'roundhouse audit export --from 2026-01-01 > audit.csv',
      isPlain: true,
      options: { format: withDefault(choice(['csv', 'json'], 'form of the file'), 'csv'), ...times },
      async run({ hub, options: { format, from, to }, out, signal }) {
        const query = defined({ format: format ?? 'csv', from, to });
        const entries = await hub.connect.audit.export(query, { signal, timeoutMs: 0 });
        await out.text(typeof entries === 'string' ? entries : JSON.stringify(entries, null, 2));
      },
    }),
  ],
};
