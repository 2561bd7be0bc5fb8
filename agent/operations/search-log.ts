import type { Logs } from '../drivers/logs/logs.js';
import { LogSearch } from '../drivers/logs/search.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** However many are asked for, so many entries are sent at most. */
const mostEntries = 10_000;

/** Searches logs where they lie; a server that is not known here has none. */
export function searchLog(servers: Servers, logs: Logs): Operation<'searchLog'> {
  return {
    name: 'searchLog',
    async run({ serverIds, own, sinceMs, untilMs, levels, query, limit, budgetMs }, { signal }) {
      if (limit > mostEntries)
        throw new AgentFailure('invalid_argument', `limit is above ${mostEntries}`, { field: 'limit' });
      const wanted = {
        sinceMs: Number(sinceMs),
        untilMs: Number(untilMs),
        levels: new Set(levels),
        text: query,
      };
      const search = new LogSearch(wanted, limit, budgetMs, signal);
      const known = [...new Set(serverIds)].filter((id) => servers.has(id));
      for (const log of [...(own ? [logs.own] : []), ...known.map((id) => logs.open(id))]) await search.run(log);
      const entries = search.newest().map(({ serverId, line }) => {
        const server = JSON.stringify(serverId === logs.own.serverId ? '' : serverId);
        return `{"server":${server},"entry":${line}}`;
      });
      const { total, complete } = search;
      return {
        case: 'json',
        value: Buffer.from(`{"entries":[${entries.join(',')}],"total":${total},"complete":${complete}}`),
      };
    },
  };
}
