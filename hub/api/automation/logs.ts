import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { invalid } from '../../domain/errors.js';
import { logLevels } from '../../domain/logs/entry.js';
import { isoTime, momentOf } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';

const Moment = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }));

/** `seeds/000`, "Get Logs". */
export const logEndpoints = {
  getLogs: endpoint({
    method: 'GET',
    path: '/api/v1/logs',
    summary: 'Retrieve system logs',
    description:
      'The hub asks all agents for their logs and the logs of their servers, and answers with the newest entries first. Only callers without grants see entries that no server wrote. `unanswered` names the agents that did not answer.',
    permission: 'server.logs',
    query: Type.Object({
      level: Type.Optional(
        Type.Enum(logLevels, { description: 'Only entries of exactly this level; finer levels count as the nearest' }),
      ),
      server: Type.Optional(
        Type.String({ minLength: 1, maxLength: 128, description: 'Name or id of a server, `hub`, or `agent/NAME`' }),
      ),
      since: Moment('Start timestamp (ISO 8601), inclusive'),
      until: Moment('End timestamp (ISO 8601), inclusive'),
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Maximum entries' }),
      query: Type.String({
        maxLength: 256,
        default: '',
        description: 'Text in message or metadata; upper and lower case are the same',
      }),
    }),
    response: Type.Object({
      logs: Type.Array(
        Type.Object(
          {
            timestamp: Time,
            level: Type.String({ enum: logLevels.map((level) => level.toUpperCase()) }),
            server: Type.String(),
            message: Type.String(),
            metadata: Type.Record(Type.String(), Type.Unknown(), {
              description: '`source` names the writer: `stderr`, `mcp`, `agent` or `hub`',
            }),
          },
          { title: 'LogEntry' },
        ),
      ),
      total: Type.Integer({ description: 'How many entries match' }),
      returned: Type.Integer(),
      total_is_exact: Type.Boolean({
        description: 'Extension. false: a search reached its time limit; at least `total` entries match',
      }),
      unanswered: Type.Array(
        Type.Object({ site: Type.String(), agent: Type.String(), reason: Type.String() }, { title: 'UnansweredSite' }),
        {
          description: 'Extension: agents that did not answer; their entries are neither shown nor counted',
        },
      ),
    }),
  }),
};

export function logHandlers({ systemLogs }: Domain): Handlers<typeof logEndpoints> {
  return {
    async getLogs({ query }, { caller, signal }) {
      const { level, server, since, until, limit, query: text } = query;
      const sinceMs = since === undefined ? 0 : sinceEpoch('since', since);
      const untilMs = until === undefined ? 0 : sinceEpoch('until', until) + 1;
      const page = await systemLogs.search(caller, server, { level, sinceMs, untilMs, limit, text }, signal);
      return {
        logs: page.entries.map(({ timeMs, level, server, message, metadata }) => ({
          timestamp: isoTime(timeMs),
          level: level.toUpperCase(),
          server,
          message,
          metadata,
        })),
        total: page.total,
        returned: page.entries.length,
        total_is_exact: page.complete,
        unanswered: [...page.unanswered],
      };
    },
  };
}

/** A time as milliseconds since 1970. Agents know no earlier times. @throws DomainError `invalid_input` naming the field. */
function sinceEpoch(field: string, text: string): number {
  const { from } = momentOf(field, text);
  if (from < 0) throw invalid(field, 'must not lie before 1970');
  return from;
}
