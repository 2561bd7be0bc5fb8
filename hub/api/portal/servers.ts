import { Type } from 'typebox';
import type { Caller } from '../../domain/access/caller.js';
import { measureServer, type PortalServer } from '../../domain/catalog/portal-servers.js';
import { predefinedEntries } from '../../domain/catalog/predefined.js';
import { type CatalogOperation, catalogOperations, operationId, operationOf } from '../../domain/catalog/work.js';
import type { Domain } from '../../domain/domain.js';
import { isoTimeOrNull } from '../../domain/moments.js';
import { logEntries } from '../../domain/servers/logs.js';
import { filledLines } from '../../http/answer/keep-alive-lines.js';
import { type Context, endpoint, type Handlers, StreamReply } from '../../http/endpoint.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';
import {
  Pagination,
  PolicyConfig,
  paginationOf,
  pagingFields,
  printBytes,
  printConfig,
  printDuration,
  printPercent,
  readConfig,
  ServerConfig,
  ServerParams,
  ShownConfig,
  TextOrNull,
} from './schemas.js';

const State = Type.String({
  title: 'ContainerState',
  enum: ['running', 'starting', 'stopped', 'error', 'unreachable'],
});
const userConfig = {
  enabled: Type.Boolean(),
  container_state: State,
  container_id: Type.Union([Type.String(), Type.Null()], { description: '`null` where it runs in no container' }),
  last_state_change: TimeOrNull,
};
const shown = {
  id: Id,
  name: Type.String(),
  display_name: Type.String(),
  description: Type.String(),
  image: Type.String({
    description: "An image's name; of a package `npm:…` or `pypi:…`; of others their command or address",
  }),
  catalog_type: Type.String({ enum: ['predefined', 'custom'] }),
  category: Type.String(),
  tags: Type.Array(Type.String()),
  shared: Type.Boolean({ description: 'Extension: registered for all, and not enabled by each for themselves' }),
  changeable: Type.Boolean({ description: 'Extension: an entry of the catalog that the caller may change and remove' }),
  private: Type.Boolean({
    description: 'Extension: an entry that another user added and that is not shared; team admins name it by its id',
  }),
  owner: Type.Union([Type.String(), Type.Null()], {
    description: 'Extension: the user or key that added the entry, for super admins; otherwise `null`',
  }),
};

const begun = Type.Object(
  {
    message: Type.String(),
    operation_id: Type.String({ description: 'For `GET /api/v1/operations/{id}`' }),
    estimated_time: Type.Integer({ description: 'Seconds' }),
  },
  { title: 'BegunOperation' },
);

/** `seeds/002`, "Server Management Endpoints" and "Bulk Operations". */
export const serverEndpoints = {
  listServers: endpoint({
    method: 'GET',
    path: '/api/v1/servers',
    summary: 'List all available MCP servers, each with the configuration of the caller',
    description:
      'The list holds the predefined and custom servers of the catalog, and servers that were registered through other APIs, which count as custom. Each has the state that it has for the caller.',
    permission: 'catalog.read',
    query: Type.Object({
      catalog_type: Type.Union([Type.Literal('predefined'), Type.Literal('custom'), Type.Literal('all')], {
        default: 'all',
        description: 'Only predefined or only custom servers',
      }),
      category: Type.Optional(Type.String({ maxLength: 64, description: 'Only servers of this category' })),
      shared: Type.Optional(
        Type.Boolean({
          description:
            'Extension: only servers that are registered for all (`true`), or only entries of the catalog (`false`)',
        }),
      ),
      search: Type.Optional(Type.String({ maxLength: 256, description: 'In name or description' })),
      ...pagingFields,
    }),
    response: Type.Object({
      servers: Type.Array(Type.Object({ ...shown, user_config: Type.Object(userConfig) }, { title: 'Server' })),
      pagination: Pagination,
    }),
  }),
  getServer: endpoint({
    method: 'GET',
    path: '/api/v1/servers/{id}',
    summary: 'Detailed information about a server',
    description:
      'The answer adds the values that the server takes, the names of the values that the caller gave, and the present use of its processes.',
    permission: 'catalog.read',
    params: ServerParams,
    response: Type.Object({
      ...shown,
      metadata: Type.Object({
        version: Type.String({ description: 'The version that runs or is installed; `latest` before that' }),
        author: Type.String(),
        documentation: Type.String(),
        restricted: Type.Boolean({
          description: "Extension: it runs with the rights of the site's agent, so only super admins enable it",
        }),
        variables: Type.Array(
          Type.Object(
            { name: Type.String(), description: Type.String(), required: Type.Boolean() },
            { title: 'Variable' },
          ),
          { description: 'Extension: values that it takes in `config.env`, where that is known' },
        ),
      }),
      user_config: Type.Object({
        ...userConfig,
        config_metadata: Type.Object({
          auto_start: ShownConfig.properties.auto_start,
          restart_policy: ShownConfig.properties.restart_policy,
          env: Type.Array(Type.String(), { description: 'Extension: names of the values that were given to it' }),
        }),
        error: Type.Union([Type.String(), Type.Null()], { description: 'Extension: why it does not run' }),
      }),
      container_stats: Type.Union(
        [Type.Object({ cpu_usage: TextOrNull, memory_usage: TextOrNull, uptime: Type.String() }), Type.Null()],
        { description: 'Present use of its container or processes; `null` while it does not run' },
      ),
    }),
  }),
  enableServer: endpoint({
    method: 'POST',
    path: '/api/v1/servers/{id}/enable',
    summary: 'Enable a server for the current user',
    description:
      'The hub registers the server for the caller alone, and starts it unless `auto_start` is off. The answer names the operation to follow. A server that runs with the rights of the agent needs role super_admin.',
    permission: 'catalog.enable',
    audit: 'catalog.enable',
    params: ServerParams,
    body: Type.Object({ config: Type.Optional(ServerConfig) }),
    example: { config: { auto_start: true, restart_policy: 'always' } },
    bodyOptional: true,
    response: begun,
    status: 202,
  }),
  disableServer: endpoint({
    method: 'POST',
    path: '/api/v1/servers/{id}/disable',
    summary: 'Disable a server for the current user',
    description: 'The running server ends. Its configuration and its log stay.',
    permission: 'catalog.enable',
    audit: 'catalog.disable',
    params: ServerParams,
    response: begun,
    status: 202,
  }),
  restartServer: endpoint({
    method: 'POST',
    path: '/api/v1/servers/{id}/restart',
    summary: "Restart a server's container",
    description:
      'The answer names the operation to follow. A server that the caller has not enabled is refused with 409.',
    permission: 'catalog.enable',
    audit: 'catalog.restart',
    params: ServerParams,
    response: begun,
    status: 202,
  }),
  getServerLogs: endpoint({
    method: 'GET',
    path: '/api/v1/servers/{id}/logs',
    summary: "Get a server's log",
    description:
      'With `follow` the answer is a stream of JSON lines that ends when the client leaves. A server that never ran has an empty log.',
    permission: 'catalog.enable',
    params: ServerParams,
    query: Type.Object({
      lines: Type.Integer({ minimum: 1, maximum: 10_000, default: 100, description: 'How many of the last lines' }),
      since: Type.Optional(
        Type.String({ format: 'date-time', description: 'Only lines from this time on (RFC 3339)' }),
      ),
      follow: Type.Boolean({ default: false, description: 'Answer with the log as it grows' }),
    }),
    response: Type.Object({
      logs: Type.Array(
        Type.Object(
          {
            timestamp: Time,
            level: Type.String({ enum: ['debug', 'info', 'warn', 'error'] }),
            message: Type.String(),
            source: Type.String({
              description: 'Extension: `stderr`, `mcp` (the server over MCP) or `agent` (about the server)',
            }),
          },
          { title: 'LogEntry' },
        ),
      ),
    }),
    produces: ['application/x-ndjson'],
  }),
  bulkServers: endpoint({
    method: 'POST',
    path: '/api/v1/servers/bulk',
    summary: 'Enable, disable or restart several servers',
    description:
      'The hub works on each server by itself. If one fails, the others go on, and the operation reports the failure.',
    permission: 'catalog.enable',
    limit: 'bulk',
    audit: 'catalog.bulk',
    body: Type.Object({
      operation: Type.Enum(catalogOperations),
      server_ids: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 100 }),
      config: Type.Optional(PolicyConfig),
    }),
    example: { operation: 'restart', server_ids: ['weather'] },
    response: Type.Object({
      operation_id: Type.String(),
      total_servers: Type.Integer(),
      status: Type.Literal('processing'),
      progress_url: Type.String(),
    }),
    status: 202,
  }),
  getOperation: endpoint({
    method: 'GET',
    path: '/api/v1/operations/{id}',
    summary: 'The state of an operation',
    description: '`completed` and `failed` count servers. The status is `failed` only if all servers failed.',
    permission: 'catalog.read',
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, description: '`op_…` or `bulk_op_…`' }) }),
    response: Type.Object({
      operation_id: Type.String(),
      status: Type.String({ enum: ['in_progress', 'completed', 'failed'], description: '`failed`: all servers did' }),
      total: Type.Integer(),
      completed: Type.Integer(),
      failed: Type.Integer(),
      details: Type.Array(
        Type.Object(
          {
            server_id: Type.String(),
            status: Type.String({ enum: ['pending', 'processing', 'completed', 'failed'] }),
            message: Type.String(),
          },
          { title: 'ServerOutcome' },
        ),
      ),
    }),
  }),
};

const operationReplies = {
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
    const job = await portal.work.submit(context.origin, operation, id, config);
    const { message, seconds } = operationReplies[operation];
    return { message, operation_id: operationId(job), estimated_time: seconds };
  };

  const render = (server: PortalServer, caller: Caller) => ({
    id: server.id,
    name: server.name,
    display_name: server.displayName,
    description: server.description,
    image: server.image,
    catalog_type: server.catalogType,
    category: server.category,
    tags: [...server.tags],
    shared: server.entry === null,
    changeable: server.entry !== null && portal.catalog.mayChange(caller, server.entry),
    private: server.isPrivate,
    owner: server.owner,
  });

  return {
    listServers({ query }, { caller }) {
      const { catalog_type: catalogType, category, shared, search } = query;
      const found = portal.servers.list(caller, { catalogType, category: category || undefined, shared, search });
      const { page, limit } = query;
      const servers = found.part((page - 1) * limit, page * limit).map((server) => ({
        ...render(server, caller),
        user_config: renderUserConfig(server),
      }));
      return { servers, pagination: paginationOf(query, found.total) };
    },

    async getServer({ params }, { caller }) {
      const server = portal.servers.get(caller, params.id);
      const { server: record, observed } = server;
      const used = record && observed ? await measureServer(fleet(), record, observed) : null;
      return {
        ...render(server, caller),
        metadata: {
          version: server.version || 'latest',
          author: server.author,
          documentation: server.documentation,
          restricted: server.entry?.confined === false,
          variables: variablesOf(server),
        },
        user_config: {
          ...renderUserConfig(server),
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
      const range = { lines, sinceMs: since === undefined ? 0 : Date.parse(since) };
      if (!follow) return { logs: (await logs.read(context.origin, server.id, range, signal)).map(printLine) };
      const stream = await logs.open(context.origin, server.id, { ...range, follow }, signal);
      return new StreamReply('application/x-ndjson', filledLines(printLines(stream)));
    },

    async bulkServers({ body }, context) {
      const { operation, server_ids: servers, config } = body;
      const job = await portal.work.submitBulk(context.origin, { operation, servers, config: readConfig(config) });
      const id = operationId(job);
      return {
        operation_id: id,
        total_servers: new Set(servers).size,
        status: 'processing',
        progress_url: `/api/v1/operations/${id}`,
      };
    },

    getOperation({ params }, context) {
      const view = operationOf(jobs, context.origin, params.id);
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

function renderUserConfig({ enabled, state, containerId, lastStateChange }: PortalServer) {
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

export type PortalLevel = 'debug' | 'info' | 'warn' | 'error';

const levels: Readonly<Record<string, PortalLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  err: 'error',
  error: 'error',
  critical: 'error',
  fatal: 'error',
  panic: 'error',
  alert: 'error',
  emergency: 'error',
};
const NAMES = Object.keys(levels).join('|');

/** The forms in which programs write a level: `level=warn`, `"level":"warn"`, `[WARN]`, `WARN:`, with or without a time stamp before. */
const NAMED = new RegExp(`\\b(?:level|lvl|severity)"?\\s*[=:]\\s*"?(${NAMES})\\b`, 'i');
const LEADING = new RegExp(`^(?:[\\d\\s:.,TZ+/-]{0,40})[\\[(<]?(${NAMES})(?:[\\])>]|\\b(?=[:\\s|]|$))`, 'i');
/** A level is looked for in this many characters from the beginning. */
const LOOKED_AT = 256;

/** The level that a line of standard error names; `undefined` for none. */
export function levelIn(message: string): PortalLevel | undefined {
  const head = message.slice(0, LOOKED_AT);
  const name = (NAMED.exec(head) ?? LEADING.exec(head))?.[1];
  return name === undefined ? undefined : levels[name.toLowerCase()];
}

/** An entry as the portal prints it. */
export function printLine(text: string) {
  const entry = JSON.parse(text) as Record<string, unknown>;
  const textOf = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
  const [timestamp, level, source, message] = ['timestamp', 'level', 'source', 'message'].map(textOf) as [
    string,
    string,
    string,
    string,
  ];
  const said = source === 'stderr' ? levelIn(message) : undefined;
  return {
    timestamp,
    level: said ?? (Object.hasOwn(levels, level) ? levels[level] : undefined) ?? 'info',
    message,
    source,
  };
}

const encoder = new TextEncoder();

/** The same for a followed log. */
export async function* printLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const entries of logEntries(chunks)) {
    const text = entries.map((entry) => `${JSON.stringify(printLine(entry))}\n`).join('');
    if (text !== '') yield encoder.encode(text);
  }
}
