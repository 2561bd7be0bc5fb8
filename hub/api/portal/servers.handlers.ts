import { operationId, operationOf } from '../../domain/catalog/operation-view.js';
import type { PortalServer } from '../../domain/catalog/portal-servers.js';
import { predefinedEntries } from '../../domain/catalog/predefined.js';
import { measureServer } from '../../domain/catalog/usage.js';
import type { CatalogOperation } from '../../domain/catalog/work.js';
import { isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { type Context, type Handlers, StreamReply } from '../../http/endpoint.js';
import { filledLines } from '../../http/fill.js';
import { printBytes, printDuration, printPercent } from './amounts.js';
import { printConfig, readConfig } from './config-fields.js';
import { printLine, printLines } from './log-lines.js';
import { originOf } from './origin.js';
import { pageOf, paginationOf } from './paging.js';
import type { serverEndpoints } from './servers.js';

const begun = {
  enable: { message: 'Server enabling in progress', seconds: 5 },
  disable: { message: 'Server disabling in progress', seconds: 3 },
  restart: { message: 'Server restarting', seconds: 10 },
} as const;

export function serverHandlers({ portal, jobs, logs, fleet }: Domain): Handlers<typeof serverEndpoints> {
  const submit = async (
    operation: CatalogOperation,
    id: string,
    config: Parameters<typeof portal.work.submit>[3],
    context: Context,
  ) => {
    const job = await portal.work.submit(originOf(context), operation, id, config);
    const { message, seconds } = begun[operation];
    return { message, operation_id: operationId(job), estimated_time: seconds };
  };

  return {
    listServers({ query }, { caller }) {
      const { catalog_type: catalogType, category, search } = query;
      const found = portal.servers.list(caller, { catalogType, category: category || undefined, search });
      const servers = pageOf(found, query).map((server) => ({ ...render(server), user_config: userConfig(server) }));
      return { servers, pagination: paginationOf(query, found.length) };
    },

    async getServer({ params }, { caller }) {
      const server = portal.servers.get(caller, params.id);
      const { server: record, observed } = server;
      const used = record && observed ? await measureServer(fleet(), record, observed) : null;
      return {
        ...render(server),
        metadata: {
          version: server.version || 'latest',
          author: server.author,
          documentation: server.documentation,
          restricted: server.entry?.confined === false,
          variables: variablesOf(server),
        },
        user_config: {
          ...userConfig(server),
          config_metadata: { ...printConfig(server.config), env: [...server.env] },
          error: observed?.error || null,
        },
        container_stats: used && {
          cpu_usage: used.cpuPercent === null ? null : printPercent(used.cpuPercent),
          memory_usage: used.memoryBytes === null ? null : printBytes(used.memoryBytes),
          uptime: printDuration(used.uptimeSeconds),
        },
      };
    },

    enableServer: ({ params, body }, context) => submit('enable', params.id, readConfig(body.config), context),
    disableServer: ({ params }, context) => submit('disable', params.id, {}, context),
    restartServer: ({ params }, context) => submit('restart', params.id, {}, context),

    async getServerLogs({ params, query }, context) {
      const { caller, signal } = context;
      const { server } = portal.servers.get(caller, params.id);
      if (!server) return query.follow ? new StreamReply('application/x-ndjson', none()) : { logs: [] };
      const { lines, since, follow } = query;
      const range = { lines, sinceMs: since === undefined ? 0 : Date.parse(since), follow };
      const stream = await logs.open(originOf(context), server.id, range, signal);
      if (follow) return new StreamReply('application/x-ndjson', filledLines(printLines(stream)));
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString().trimEnd();
      return { logs: text === '' ? [] : text.split('\n').map(printLine) };
    },

    async bulkServers({ body }, context) {
      const { operation, server_ids: servers, config } = body;
      const job = await portal.work.submitBulk(originOf(context), { operation, servers, config: readConfig(config) });
      const id = operationId(job);
      return {
        operation_id: id,
        total_servers: new Set(servers).size,
        status: 'processing',
        progress_url: `/api/v1/operations/${id}`,
      };
    },

    getOperation({ params }, context) {
      const view = operationOf(jobs, originOf(context), params.id);
      return {
        operation_id: view.operationId,
        status: view.status,
        total: view.total,
        completed: view.completed,
        failed: view.failed,
        details: view.details.map(({ serverId, status, message }) => ({ server_id: serverId, status, message })),
      };
    },
  };
}

function render(server: PortalServer) {
  return {
    id: server.id,
    name: server.name,
    display_name: server.displayName,
    description: server.description,
    image: server.image,
    catalog_type: server.catalogType,
    category: server.category,
    tags: [...server.tags],
    shared: server.entry === null,
  };
}

function userConfig({ enabled, state, containerId, lastStateChange }: PortalServer) {
  return {
    enabled,
    container_state: state,
    container_id: containerId,
    last_state_change: isoTimeOrNull(lastStateChange),
  };
}

function variablesOf({ id }: PortalServer) {
  const { variables = [] } = predefinedEntries.find((entry) => entry.id === id) ?? {};
  return variables.map(({ key: name, description, required }) => ({ name, description, required }));
}

async function* none(): AsyncGenerator<Uint8Array> {}
