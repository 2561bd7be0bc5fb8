import { Type } from 'typebox';
import { invalid } from '../../../domain/errors.js';
import { logLevels } from '../../../domain/logs/entry.js';
import { isoTime } from '../../../domain/moments.js';
import { granted, operation } from './operation.js';

const moment = (description: string) => Type.Optional(Type.String({ format: 'date-time', maxLength: 64, description }));

/** Logs of servers, agents and the hub. Each is searched on its own machine. */
export const logOperations = [
  operation({
    name: 'roundhouse_query_logs',
    title: 'Query logs',
    description: 'Search the logs of all servers, or of one, newest entries first.',
    permission: 'server.logs',
    effect: 'read',
    input: Type.Object({
      server: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "A server's name or id, `hub`, or `agent/` and a name",
        }),
      ),
      level: Type.Optional(Type.Enum(logLevels)),
      query: Type.String({ maxLength: 256, default: '', description: 'Text that entries hold' }),
      since: moment('Entries from this time on (ISO 8601)'),
      until: moment('Entries before this time (ISO 8601)'),
      limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    }),
    async run({ systemLogs }, { server, level, query, since, until, limit }, call) {
      const times = { sinceMs: millisecondsOf('since', since), untilMs: millisecondsOf('until', until) };
      const caller = granted(call.origin).caller ?? call.view.caller;
      const page = await systemLogs.search(caller, server, { level, text: query, limit, ...times }, call.signal);
      return {
        entries: page.entries.map(({ timeMs, ...entry }) => ({ timestamp: isoTime(timeMs), ...entry })),
        total: page.total,
        complete: page.complete,
        unanswered: [...page.unanswered],
      };
    },
  }),
];

function millisecondsOf(field: string, text: string | undefined): number {
  const ms = text === undefined ? 0 : Date.parse(text);
  if (Number.isNaN(ms)) throw invalid(field, 'is no time that exists');
  return ms;
}
