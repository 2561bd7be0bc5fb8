import type { Logs } from '../drivers/logs/logs.js';
import { LogSearch } from '../drivers/logs/search.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import type { Operations } from './operation.js';

/** The most entries in the answer to one search. */
const mostEntries = 10_000;

/** The logs that the agent keeps: its own, and those of its servers. */
export const logOperations = (servers: Pick<Servers, 'has'>, logs: Logs) =>
  ({
    /** Sends a server's log, no faster than the hub takes it. */
    readLog: {
      async transfer({ serverId, lines, sinceMs, follow }, { signal }, output) {
        if (!servers.has(serverId)) {
          throw new AgentFailure('not_found', `no server with the id '${serverId}' is known here`, { serverId });
        }
        const options = { lines, sinceMs: Number(sinceMs), follow, signal };
        for await (const chunk of logs.open(serverId).read(options)) await output.write(chunk);
        if (signal.aborted) throw signal.reason;
      },
    },

    /** Searches logs where they lie. A server that is not known here has no log. */
    async searchLog({ serverIds, own, sinceMs, untilMs, levels, query, limit, budgetMs }, { signal }) {
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
  }) satisfies Partial<Operations>;
