// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.
import type { Caller, CallOptions, Operation } from '../core/caller.js';
import { EventStream, type EventStreamOptions } from '../core/event-stream.js';
import { allPages } from '../core/pages.js';
import { callStream, followLines, type CallEvent } from '../core/streams.js';
import type { Stream, StreamOptions } from '../core/stream.js';
import type * as types from './connect.types.js';

const operations = {
  listServers: { id: 'connect.listServers', verb: 'GET', path: '/connect/api/servers', answer: 'data' },
  createServer: { id: 'connect.createServer', verb: 'POST', path: '/connect/api/servers', answer: 'data' },
  getServer: { id: 'connect.getServer', verb: 'GET', path: '/connect/api/servers/{id}', answer: 'data' },
  updateServer: { id: 'connect.updateServer', verb: 'PUT', path: '/connect/api/servers/{id}', answer: 'data' },
  deleteServer: { id: 'connect.deleteServer', verb: 'DELETE', path: '/connect/api/servers/{id}', answer: 'rest' },
  connectServer: { id: 'connect.connectServer', verb: 'POST', path: '/connect/api/servers/{id}/connect', answer: 'data' },
  disconnectServer: { id: 'connect.disconnectServer', verb: 'POST', path: '/connect/api/servers/{id}/disconnect', answer: 'data' },
  connectServers: { id: 'connect.connectServers', verb: 'POST', path: '/connect/api/servers/bulk/connect', answer: 'data' },
  disconnectServers: { id: 'connect.disconnectServers', verb: 'POST', path: '/connect/api/servers/bulk/disconnect', answer: 'data' },
  readServerLog: { id: 'connect.readServerLog', verb: 'GET', path: '/connect/api/servers/{id}/logs', answer: 'data' },
  listResources: { id: 'connect.listResources', verb: 'GET', path: '/connect/api/servers/{id}/resources', answer: 'data' },
  readResource: { id: 'connect.readResource', verb: 'POST', path: '/connect/api/servers/{id}/resources/read', answer: 'data' },
  listPrompts: { id: 'connect.listPrompts', verb: 'GET', path: '/connect/api/servers/{id}/prompts', answer: 'data' },
  getPrompt: { id: 'connect.getPrompt', verb: 'POST', path: '/connect/api/servers/{id}/prompts/get', answer: 'data' },
  returnFromConsent: { id: 'connect.returnFromConsent', verb: 'GET', path: '/connect/api/oauth/callback', answer: 'text', isPublic: true },
  completeConsent: { id: 'connect.completeConsent', verb: 'POST', path: '/connect/api/oauth/callback', answer: 'text', isPublic: true },
  showClient: { id: 'connect.showClient', verb: 'GET', path: '/connect/api/oauth/client', answer: 'body', isPublic: true },
  listTools: { id: 'connect.listTools', verb: 'GET', path: '/connect/api/tools', answer: 'data' },
  invokeTool: { id: 'connect.invokeTool', verb: 'POST', path: '/connect/api/tools/{name}/invoke', answer: 'data' },
  listToolCategories: { id: 'connect.listToolCategories', verb: 'GET', path: '/connect/api/tools/categories', answer: 'data' },
  getToolStatistics: { id: 'connect.getToolStatistics', verb: 'GET', path: '/connect/api/tools/stats', answer: 'data' },
  getToolActivity: { id: 'connect.getToolActivity', verb: 'GET', path: '/connect/api/tools/activity', answer: 'data' },
  listRecentTools: { id: 'connect.listRecentTools', verb: 'GET', path: '/connect/api/tools/recent', answer: 'data' },
  getToolHistory: { id: 'connect.getToolHistory', verb: 'GET', path: '/connect/api/tools/{name}/history', answer: 'data' },
  listGroups: { id: 'connect.listGroups', verb: 'GET', path: '/connect/api/groups', answer: 'data' },
  createGroup: { id: 'connect.createGroup', verb: 'POST', path: '/connect/api/groups', answer: 'data' },
  updateGroup: { id: 'connect.updateGroup', verb: 'PUT', path: '/connect/api/groups/{id}', answer: 'data' },
  deleteGroup: { id: 'connect.deleteGroup', verb: 'DELETE', path: '/connect/api/groups/{id}', answer: 'rest' },
  addServersToGroup: { id: 'connect.addServersToGroup', verb: 'POST', path: '/connect/api/groups/{id}/servers', answer: 'data' },
  listTemplates: { id: 'connect.listTemplates', verb: 'GET', path: '/connect/api/templates', answer: 'data' },
  instantiateTemplate: { id: 'connect.instantiateTemplate', verb: 'POST', path: '/connect/api/templates/{id}/instantiate', answer: 'data' },
  searchRegistry: { id: 'connect.searchRegistry', verb: 'GET', path: '/connect/api/registry/servers', answer: 'data' },
  addRegistryServer: { id: 'connect.addRegistryServer', verb: 'POST', path: '/connect/api/registry/servers', answer: 'data' },
  listFavorites: { id: 'connect.listFavorites', verb: 'GET', path: '/connect/api/favorites', answer: 'data' },
  addFavorite: { id: 'connect.addFavorite', verb: 'POST', path: '/connect/api/favorites/{toolName}', answer: 'data' },
  removeFavorite: { id: 'connect.removeFavorite', verb: 'DELETE', path: '/connect/api/favorites/{toolName}', answer: 'rest' },
  getCacheStats: { id: 'connect.getCacheStats', verb: 'GET', path: '/connect/api/cache/stats', answer: 'data' },
  clearCache: { id: 'connect.clearCache', verb: 'DELETE', path: '/connect/api/cache', answer: 'data' },
  listAudit: { id: 'connect.listAudit', verb: 'GET', path: '/connect/api/audit', answer: 'data' },
  exportAudit: { id: 'connect.exportAudit', verb: 'GET', path: '/connect/api/audit/export', answer: 'data', orText: true },
  getMonitor: { id: 'connect.getMonitor', verb: 'GET', path: '/connect/api/monitor', answer: 'data' },
  listCircuitBreakers: { id: 'connect.listCircuitBreakers', verb: 'GET', path: '/connect/api/monitor/circuit-breakers', answer: 'data' },
  listWebhooks: { id: 'connect.listWebhooks', verb: 'GET', path: '/connect/api/webhooks', answer: 'data' },
  createWebhook: { id: 'connect.createWebhook', verb: 'POST', path: '/connect/api/webhooks', answer: 'data' },
  updateWebhook: { id: 'connect.updateWebhook', verb: 'PUT', path: '/connect/api/webhooks/{id}', answer: 'data' },
  deleteWebhook: { id: 'connect.deleteWebhook', verb: 'DELETE', path: '/connect/api/webhooks/{id}', answer: 'rest' },
  testWebhook: { id: 'connect.testWebhook', verb: 'POST', path: '/connect/api/webhooks/{id}/test', answer: 'data' },
  listDeliveries: { id: 'connect.listDeliveries', verb: 'GET', path: '/connect/api/webhooks/{id}/deliveries', answer: 'data' },
  redeliver: { id: 'connect.redeliver', verb: 'POST', path: '/connect/api/webhooks/{id}/deliveries/{deliveryId}/redeliver', answer: 'data' },
  streamEvents: { id: 'connect.streamEvents', verb: 'GET', path: '/connect/api/sse/events', answer: 'response' },
  createTicket: { id: 'connect.createTicket', verb: 'POST', path: '/connect/api/sse/tickets', answer: 'data' },
  listAgents: { id: 'connect.listAgents', verb: 'GET', path: '/connect/api/agents', answer: 'data' },
  listJoinTokens: { id: 'connect.listJoinTokens', verb: 'GET', path: '/connect/api/agents/tokens', answer: 'data' },
  createJoinToken: { id: 'connect.createJoinToken', verb: 'POST', path: '/connect/api/agents/tokens', answer: 'data' },
  revokeJoinToken: { id: 'connect.revokeJoinToken', verb: 'DELETE', path: '/connect/api/agents/tokens/{id}', answer: 'rest' },
  revokeAgent: { id: 'connect.revokeAgent', verb: 'DELETE', path: '/connect/api/agents/{id}', answer: 'rest' },
  getAgentPolicy: { id: 'connect.getAgentPolicy', verb: 'GET', path: '/connect/api/agents/{id}/policy', answer: 'data' },
  pingAgent: { id: 'connect.pingAgent', verb: 'POST', path: '/connect/api/agents/{id}/ping', answer: 'data' },
  listSites: { id: 'connect.listSites', verb: 'GET', path: '/connect/api/sites', answer: 'data' },
  listKeys: { id: 'connect.listKeys', verb: 'GET', path: '/connect/api/keys', answer: 'data' },
  createKey: { id: 'connect.createKey', verb: 'POST', path: '/connect/api/keys', answer: 'data' },
  revokeKey: { id: 'connect.revokeKey', verb: 'DELETE', path: '/connect/api/keys/{id}', answer: 'rest' },
  createUser: { id: 'connect.createUser', verb: 'POST', path: '/connect/api/users', answer: 'data' },
  setPassword: { id: 'connect.setPassword', verb: 'PUT', path: '/connect/api/users/{username}/password', answer: 'rest' },
  createBackup: { id: 'connect.createBackup', verb: 'POST', path: '/connect/api/backups', answer: 'bytes' },
  getSession: { id: 'connect.getSession', verb: 'GET', path: '/connect/api/session', answer: 'data', isPublic: true },
  signIn: { id: 'connect.signIn', verb: 'POST', path: '/connect/api/session', answer: 'data', isPublic: true },
  signOut: { id: 'connect.signOut', verb: 'DELETE', path: '/connect/api/session', answer: 'rest' },
  beginSignIn: { id: 'connect.beginSignIn', verb: 'POST', path: '/connect/api/session/provider', answer: 'data', isPublic: true },
  finishSignIn: { id: 'connect.finishSignIn', verb: 'POST', path: '/connect/api/session/provider/callback', answer: 'data', isPublic: true },
  getHealth: { id: 'connect.getHealth', verb: 'GET', path: '/connect/health', answer: 'body', isPublic: true },
  getMetrics: { id: 'connect.getMetrics', verb: 'GET', path: '/connect/metrics', answer: 'text' },
  federate: { id: 'connect.federate', verb: 'GET', path: '/connect/federate', answer: 'text' },
  discoverTargets: { id: 'connect.discoverTargets', verb: 'GET', path: '/connect/sd/prometheus', answer: 'body' },
} as const satisfies Record<string, Operation>;

/** `servers` of the MCP Connect API. */
export class ConnectServers {
  constructor(private readonly caller: Caller) {}

  /**
   * List all configured MCP servers.
   *
   * `GET /connect/api/servers` · permission `server.read`
   */
  list(query?: types.ListServersQuery, options?: CallOptions): Promise<types.ListServersResult> {
    return this.caller.call(operations.listServers, [], undefined, query, options);
  }

  /**
   * Create a new MCP server configuration.
   *
   * `POST /connect/api/servers` · permission `server.write`
   */
  create(body: types.CreateServerBody, options?: CallOptions): Promise<types.CreateServerResult> {
    return this.caller.call(operations.createServer, [], body, undefined, options);
  }

  /**
   * Get a specific server.
   *
   * `GET /connect/api/servers/{id}` · permission `server.read`
   * @param id Id or name.
   */
  get(id: string, options?: CallOptions): Promise<types.GetServerResult> {
    return this.caller.call(operations.getServer, [id], undefined, undefined, options);
  }

  /**
   * Update a server configuration.
   *
   * `PUT /connect/api/servers/{id}` · permission `server.write`
   * @param id Id or name.
   */
  update(id: string, body: types.UpdateServerBody, options?: CallOptions): Promise<types.UpdateServerResult> {
    return this.caller.call(operations.updateServer, [id], body, undefined, options);
  }

  /**
   * Delete a server configuration.
   *
   * `DELETE /connect/api/servers/{id}` · permission `server.write`
   * @param id Id or name.
   */
  delete(id: string, options?: CallOptions): Promise<types.DeleteServerResult> {
    return this.caller.call(operations.deleteServer, [id], undefined, undefined, options);
  }

  /**
   * Connect to a specific MCP server.
   *
   * `POST /connect/api/servers/{id}/connect` · permission `server.operate`
   * @param id Id or name.
   */
  connectServer(id: string, options?: CallOptions): Promise<types.ConnectServerResult> {
    return this.caller.call(operations.connectServer, [id], undefined, undefined, options);
  }

  /**
   * Disconnect from a specific MCP server.
   *
   * `POST /connect/api/servers/{id}/disconnect` · permission `server.operate`
   * @param id Id or name.
   */
  disconnectServer(id: string, options?: CallOptions): Promise<types.DisconnectServerResult> {
    return this.caller.call(operations.disconnectServer, [id], undefined, undefined, options);
  }

  /**
   * Connect to multiple servers simultaneously.
   *
   * `POST /connect/api/servers/bulk/connect` · permission `server.operate`
   */
  connectServers(body: types.ConnectServersBody, options?: CallOptions): Promise<types.ConnectServersResult> {
    return this.caller.call(operations.connectServers, [], body, undefined, options);
  }

  /**
   * Disconnect from multiple servers simultaneously.
   *
   * `POST /connect/api/servers/bulk/disconnect` · permission `server.operate`
   */
  disconnectServers(body: types.DisconnectServersBody, options?: CallOptions): Promise<types.DisconnectServersResult> {
    return this.caller.call(operations.disconnectServers, [], body, undefined, options);
  }

  /**
   * Read a server's log; with follow=true as a chunked stream of JSON lines.
   *
   * `GET /connect/api/servers/{id}/logs` · permission `server.logs` · extension
   * @param id Id or name.
   */
  readLog(id: string, query?: types.ReadServerLogQuery, options?: CallOptions): Promise<types.ReadServerLogResult> {
    return this.caller.call(operations.readServerLog, [id], undefined, query, options);
  }

  /**
   * Read a server's log; with follow=true as a chunked stream of JSON lines.
   * As it goes on, entry by entry, until the stream is closed.
   *
   * `GET /connect/api/servers/{id}/logs` · permission `server.logs` · extension
   * @param id Id or name.
   */
  followLog(id: string, query?: types.ReadServerLogQuery, options?: StreamOptions): Stream<types.ReadServerLogResult["logs"][number]> {
    return followLines(this.caller, operations.readServerLog, [id], undefined, query, options, "follow");
  }

  /**
   * List the resources of a server.
   *
   * `GET /connect/api/servers/{id}/resources` · permission `resource.read` · extension
   * @param id Id or name.
   */
  listResources(id: string, options?: CallOptions): Promise<types.ListResourcesResult> {
    return this.caller.call(operations.listResources, [id], undefined, undefined, options);
  }

  /**
   * Read a resource of a server.
   *
   * `POST /connect/api/servers/{id}/resources/read` · permission `resource.read` · extension
   * @param id Id or name.
   */
  readResource(id: string, body: types.ReadResourceBody, options?: CallOptions): Promise<types.ReadResourceResult> {
    return this.caller.call(operations.readResource, [id], body, undefined, options);
  }

  /**
   * List the prompts of a server.
   *
   * `GET /connect/api/servers/{id}/prompts` · permission `resource.read` · extension
   * @param id Id or name.
   */
  listPrompts(id: string, options?: CallOptions): Promise<types.ListPromptsResult> {
    return this.caller.call(operations.listPrompts, [id], undefined, undefined, options);
  }

  /**
   * Fill in a prompt of a server.
   *
   * `POST /connect/api/servers/{id}/prompts/get` · permission `resource.read` · extension
   * @param id Id or name.
   */
  getPrompt(id: string, body: types.GetPromptBody, options?: CallOptions): Promise<types.GetPromptResult> {
    return this.caller.call(operations.getPrompt, [id], body, undefined, options);
  }
}

/** `oauth` of the MCP Connect API. */
export class ConnectOauth {
  constructor(private readonly caller: Caller) {}

  /**
   * The redirect address for users after a consent.
   *
   * `GET /connect/api/oauth/callback` · public · extension
   */
  returnFromConsent(query: types.ReturnFromConsentQuery, options?: CallOptions): Promise<string> {
    return this.caller.call(operations.returnFromConsent, [], undefined, query, options);
  }

  /**
   * Confirm a consent at the page that the browser has come back to.
   *
   * `POST /connect/api/oauth/callback` · public · extension
   */
  completeConsent(body: types.CompleteConsentBody, options?: CallOptions): Promise<string> {
    return this.caller.call(operations.completeConsent, [], body, undefined, options);
  }

  /**
   * The hub's metadata as a client of authorization servers.
   *
   * `GET /connect/api/oauth/client` · public · extension
   */
  showClient(options?: CallOptions): Promise<types.ShowClientResult> {
    return this.caller.call(operations.showClient, [], undefined, undefined, options);
  }
}

/** `tools` of the MCP Connect API. */
export class ConnectTools {
  constructor(private readonly caller: Caller) {}

  /**
   * List all available tools across connected servers.
   *
   * `GET /connect/api/tools` · permission `tool.read`
   */
  list(query?: types.ListToolsQuery, options?: CallOptions): Promise<types.ListToolsResult> {
    return this.caller.call(operations.listTools, [], undefined, query, options);
  }

  /**
   * List all available tools across connected servers.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /connect/api/tools` · permission `tool.read`
   */
  listAll(query: types.ListToolsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListToolsResult["tools"][number], void, undefined> {
    return allPages(query, "offset", "tools", (page) => this.list(page, options));
  }

  /**
   * Invoke a specific tool.
   *
   * `POST /connect/api/tools/{name}/invoke` · permission `tool.invoke`
   * @param name Name of the tool.
   */
  invoke(name: string, body?: types.InvokeToolBody, options?: CallOptions): Promise<types.InvokeToolResult> {
    return this.caller.call(operations.invokeTool, [name], body, undefined, options);
  }

  /**
   * Invoke a specific tool.
   * Tells its progress and log messages as they come, then its result.
   *
   * `POST /connect/api/tools/{name}/invoke` · permission `tool.invoke`
   * @param name Name of the tool.
   */
  invokeStream(name: string, body?: types.InvokeToolBody, options?: StreamOptions): Stream<CallEvent<types.InvokeToolResult>> {
    return callStream(this.caller, operations.invokeTool, [name], body, undefined, options, "stream");
  }

  /**
   * Get all tool categories with counts; tools without one count as uncategorized.
   *
   * `GET /connect/api/tools/categories` · permission `tool.read`
   */
  listCategories(options?: CallOptions): Promise<types.ListToolCategoriesResult> {
    return this.caller.call(operations.listToolCategories, [], undefined, undefined, options);
  }

  /**
   * Get tool usage statistics; days are UTC, the newest of 30 first.
   *
   * `GET /connect/api/tools/stats` · permission `tool.read`
   */
  getStatistics(options?: CallOptions): Promise<types.GetToolStatisticsResult> {
    return this.caller.call(operations.getToolStatistics, [], undefined, undefined, options);
  }

  /**
   * Calls of tools, their errors and durations over the last hour or day, in steps, oldest first.
   *
   * `GET /connect/api/tools/activity` · permission `tool.read` · extension
   */
  getActivity(query?: types.GetToolActivityQuery, options?: CallOptions): Promise<types.GetToolActivityResult> {
    return this.caller.call(operations.getToolActivity, [], undefined, query, options);
  }

  /**
   * Get recently used tools for the authenticated API key, newest first; lastUsedAt is its own last use.
   *
   * `GET /connect/api/tools/recent` · permission `tool.read`
   */
  listRecent(query?: types.ListRecentToolsQuery, options?: CallOptions): Promise<types.ListRecentToolsResult> {
    return this.caller.call(operations.listRecentTools, [], undefined, query, options);
  }

  /**
   * Get invocation history for a specific tool, newest first; below operator the caller’s own calls.
   *
   * `GET /connect/api/tools/{name}/history` · permission `tool.read`
   * @param name Name of the tool.
   */
  getHistory(name: string, query?: types.GetToolHistoryQuery, options?: CallOptions): Promise<types.GetToolHistoryResult> {
    return this.caller.call(operations.getToolHistory, [name], undefined, query, options);
  }
}

/** `groups` of the MCP Connect API. */
export class ConnectGroups {
  constructor(private readonly caller: Caller) {}

  /**
   * List all server groups.
   *
   * `GET /connect/api/groups` · permission `group.read`
   */
  list(options?: CallOptions): Promise<types.ListGroupsResult> {
    return this.caller.call(operations.listGroups, [], undefined, undefined, options);
  }

  /**
   * Create a new server group.
   *
   * `POST /connect/api/groups` · permission `group.write`
   */
  create(body: types.CreateGroupBody, options?: CallOptions): Promise<types.CreateGroupResult> {
    return this.caller.call(operations.createGroup, [], body, undefined, options);
  }

  /**
   * Update a server group; absent fields stay.
   *
   * `PUT /connect/api/groups/{id}` · permission `group.write`
   * @param id Id or name.
   */
  update(id: string, body: types.UpdateGroupBody, options?: CallOptions): Promise<types.UpdateGroupResult> {
    return this.caller.call(operations.updateGroup, [id], body, undefined, options);
  }

  /**
   * Delete a server group; its servers are ungrouped.
   *
   * `DELETE /connect/api/groups/{id}` · permission `group.write`
   * @param id Id or name.
   */
  delete(id: string, options?: CallOptions): Promise<types.DeleteGroupResult> {
    return this.caller.call(operations.deleteGroup, [id], undefined, undefined, options);
  }

  /**
   * Add servers to a group, all or none; a server leaves the group that it was in.
   *
   * `POST /connect/api/groups/{id}/servers` · permission `group.write`
   * @param id Id or name.
   */
  addServersTo(id: string, body: types.AddServersToGroupBody, options?: CallOptions): Promise<types.AddServersToGroupResult> {
    return this.caller.call(operations.addServersToGroup, [id], body, undefined, options);
  }
}

/** `templates` of the MCP Connect API. */
export class ConnectTemplates {
  constructor(private readonly caller: Caller) {}

  /**
   * List all available server templates.
   *
   * `GET /connect/api/templates` · permission `template.read`
   */
  list(query?: types.ListTemplatesQuery, options?: CallOptions): Promise<types.ListTemplatesResult> {
    return this.caller.call(operations.listTemplates, [], undefined, query, options);
  }

  /**
   * Create a server from a template, with the permissions of POST /api/servers.
   *
   * `POST /connect/api/templates/{id}/instantiate` · permission `server.write`
   * @param id Id of the template, `builtin-…`.
   */
  instantiate(id: string, body: types.InstantiateTemplateBody, options?: CallOptions): Promise<types.InstantiateTemplateResult> {
    return this.caller.call(operations.instantiateTemplate, [id], body, undefined, options);
  }
}

/** `registry` of the MCP Connect API. */
export class ConnectRegistry {
  constructor(private readonly caller: Caller) {}

  /**
   * Find servers in the MCP registry.
   *
   * `GET /connect/api/registry/servers` · permission `server.write` · extension
   */
  search(query: types.SearchRegistryQuery, options?: CallOptions): Promise<types.SearchRegistryResult> {
    return this.caller.call(operations.searchRegistry, [], undefined, query, options);
  }

  /**
   * Create a server from the MCP registry, with the permissions of POST /api/servers.
   *
   * `POST /connect/api/registry/servers` · permission `server.write` · extension
   */
  addServer(body: types.AddRegistryServerBody, options?: CallOptions): Promise<types.AddRegistryServerResult> {
    return this.caller.call(operations.addRegistryServer, [], body, undefined, options);
  }
}

/** `favorites` of the MCP Connect API. */
export class ConnectFavorites {
  constructor(private readonly caller: Caller) {}

  /**
   * Get favorited tools for the authenticated API key, newest first.
   *
   * `GET /connect/api/favorites` · permission `tool.read`
   */
  list(options?: CallOptions): Promise<types.ListFavoritesResult> {
    return this.caller.call(operations.listFavorites, [], undefined, undefined, options);
  }

  /**
   * Add a tool to favorites; a present favorite stays as it is.
   *
   * `POST /connect/api/favorites/{toolName}` · permission `tool.read`
   * @param toolName Name of the tool.
   */
  add(toolName: string, body?: types.AddFavoriteBody, options?: CallOptions): Promise<types.AddFavoriteResult> {
    return this.caller.call(operations.addFavorite, [toolName], body, undefined, options);
  }

  /**
   * Remove a tool from favorites.
   *
   * `DELETE /connect/api/favorites/{toolName}` · permission `tool.read`
   * @param toolName Name of the tool.
   */
  remove(toolName: string, query?: types.RemoveFavoriteQuery, options?: CallOptions): Promise<types.RemoveFavoriteResult> {
    return this.caller.call(operations.removeFavorite, [toolName], undefined, query, options);
  }
}

/** `cache` of the MCP Connect API. */
export class ConnectCache {
  constructor(private readonly caller: Caller) {}

  /**
   * Get cache statistics; hits and misses since the hub started.
   *
   * `GET /connect/api/cache/stats` · permission `cache.read`
   */
  getStats(options?: CallOptions): Promise<types.GetCacheStatsResult> {
    return this.caller.call(operations.getCacheStats, [], undefined, undefined, options);
  }

  /**
   * Clear the response cache: all entries within the key's grants, or those that the parameters name.
   *
   * `DELETE /connect/api/cache` · permission `cache.clear`
   */
  clear(query?: types.ClearCacheQuery, options?: CallOptions): Promise<types.ClearCacheResult> {
    return this.caller.call(operations.clearCache, [], undefined, query, options);
  }
}

/** `audit` of the MCP Connect API. */
export class ConnectAudit {
  constructor(private readonly caller: Caller) {}

  /**
   * Query audit logs, newest first.
   *
   * `GET /connect/api/audit` · permission `audit.read`
   */
  list(query?: types.ListAuditQuery, options?: CallOptions): Promise<types.ListAuditResult> {
    return this.caller.call(operations.listAudit, [], undefined, query, options);
  }

  /**
   * Query audit logs, newest first.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /connect/api/audit` · permission `audit.read`
   */
  listAll(query: types.ListAuditQuery = {}, options?: CallOptions): AsyncGenerator<types.ListAuditResult["entries"][number], void, undefined> {
    return allPages(query, "offset", "entries", (page) => this.list(page, options));
  }

  /**
   * Export audit logs as CSV or JSON, oldest first.
   *
   * `GET /connect/api/audit/export` · permission `audit.read`
   */
  export(query?: types.ExportAuditQuery, options?: CallOptions): Promise<types.ExportAuditResult | string> {
    return this.caller.call(operations.exportAudit, [], undefined, query, options);
  }
}

/** `monitor` of the MCP Connect API. */
export class ConnectMonitor {
  constructor(private readonly caller: Caller) {}

  /**
   * Get monitoring dashboard data, within the key's grants.
   *
   * `GET /connect/api/monitor` · permission `monitor.read`
   */
  get(options?: CallOptions): Promise<types.GetMonitorResult> {
    return this.caller.call(operations.getMonitor, [], undefined, undefined, options);
  }

  /**
   * Get circuit breaker states for all servers; half-open: the cooldown is over, and the next call decides.
   *
   * `GET /connect/api/monitor/circuit-breakers` · permission `monitor.read`
   */
  listCircuitBreakers(options?: CallOptions): Promise<types.ListCircuitBreakersResult> {
    return this.caller.call(operations.listCircuitBreakers, [], undefined, undefined, options);
  }
}

/** `webhooks` of the MCP Connect API. */
export class ConnectWebhooks {
  constructor(private readonly caller: Caller) {}

  /**
   * List all webhook subscriptions.
   *
   * `GET /connect/api/webhooks` · permission `webhook.manage`
   */
  list(options?: CallOptions): Promise<types.ListWebhooksResult> {
    return this.caller.call(operations.listWebhooks, [], undefined, undefined, options);
  }

  /**
   * Create a webhook subscription; its whole secret is shown only now.
   *
   * `POST /connect/api/webhooks` · permission `webhook.manage`
   */
  create(body: types.CreateWebhookBody, options?: CallOptions): Promise<types.CreateWebhookResult> {
    return this.caller.call(operations.createWebhook, [], body, undefined, options);
  }

  /**
   * Change a webhook subscription, enable or disable it; absent fields stay.
   *
   * `PUT /connect/api/webhooks/{id}` · permission `webhook.manage` · extension
   * @param id Id of the webhook.
   */
  update(id: string, body: types.UpdateWebhookBody, options?: CallOptions): Promise<types.UpdateWebhookResult> {
    return this.caller.call(operations.updateWebhook, [id], body, undefined, options);
  }

  /**
   * Delete a webhook subscription and its waiting deliveries.
   *
   * `DELETE /connect/api/webhooks/{id}` · permission `webhook.manage`
   * @param id Id of the webhook.
   */
  delete(id: string, options?: CallOptions): Promise<types.DeleteWebhookResult> {
    return this.caller.call(operations.deleteWebhook, [id], undefined, undefined, options);
  }

  /**
   * Send a test delivery, once, and return its outcome.
   *
   * `POST /connect/api/webhooks/{id}/test` · permission `webhook.manage`
   * @param id Id of the webhook.
   */
  test(id: string, options?: CallOptions): Promise<types.TestWebhookResult> {
    return this.caller.call(operations.testWebhook, [id], undefined, undefined, options);
  }

  /**
   * Get webhook delivery history, newest first.
   *
   * `GET /connect/api/webhooks/{id}/deliveries` · permission `webhook.manage`
   * @param id Id of the webhook.
   */
  listDeliveries(id: string, query?: types.ListDeliveriesQuery, options?: CallOptions): Promise<types.ListDeliveriesResult> {
    return this.caller.call(operations.listDeliveries, [id], undefined, query, options);
  }

  /**
   * Begin a failed delivery again.
   *
   * `POST /connect/api/webhooks/{id}/deliveries/{deliveryId}/redeliver` · permission `webhook.manage` · extension
   * @param id Id of the webhook.
   * @param deliveryId Id of the delivery.
   */
  redeliver(id: string, deliveryId: string, options?: CallOptions): Promise<types.RedeliverResult> {
    return this.caller.call(operations.redeliver, [id, deliveryId], undefined, undefined, options);
  }
}

/** `sse` of the MCP Connect API. */
export class ConnectSse {
  constructor(private readonly caller: Caller) {}

  /**
   * Server-Sent Events: the events of the fleet as they happen.
   * A lost connection is taken up again where it broke.
   *
   * `GET /connect/api/sse/events` · permission `event.read`
   */
  streamEvents(query?: types.StreamEventsQuery, options?: EventStreamOptions): EventStream<types.ServerEvent> {
    return new EventStream<types.ServerEvent>(this.caller, operations.streamEvents, [], undefined, query, options);
  }

  /**
   * A ticket for one event stream, valid for 30 s: browsers' EventSource cannot send a header.
   *
   * `POST /connect/api/sse/tickets` · permission `authenticated` · extension
   */
  createTicket(options?: CallOptions): Promise<types.CreateTicketResult> {
    return this.caller.call(operations.createTicket, [], undefined, undefined, options);
  }
}

/** `agents` of the MCP Connect API. */
export class ConnectAgents {
  constructor(private readonly caller: Caller) {}

  /**
   * List the enrolled agents.
   *
   * `GET /connect/api/agents` · permission `agent.read` · extension
   */
  list(options?: CallOptions): Promise<types.ListAgentsResult> {
    return this.caller.call(operations.listAgents, [], undefined, undefined, options);
  }

  /**
   * List the valid join tokens.
   *
   * `GET /connect/api/agents/tokens` · permission `agent.enroll` · extension
   */
  listJoinTokens(options?: CallOptions): Promise<types.ListJoinTokensResult> {
    return this.caller.call(operations.listJoinTokens, [], undefined, undefined, options);
  }

  /**
   * Make a join token, which enrols one agent at a site.
   *
   * `POST /connect/api/agents/tokens` · permission `agent.enroll` · extension
   */
  createJoinToken(body: types.CreateJoinTokenBody, options?: CallOptions): Promise<types.CreateJoinTokenResult> {
    return this.caller.call(operations.createJoinToken, [], body, undefined, options);
  }

  /**
   * Revoke a join token: no agent can use it any more.
   *
   * `DELETE /connect/api/agents/tokens/{id}` · permission `agent.enroll` · extension
   * @param id Id of the join token.
   */
  revokeJoinToken(id: string, options?: CallOptions): Promise<types.RevokeJoinTokenResult> {
    return this.caller.call(operations.revokeJoinToken, [id], undefined, undefined, options);
  }

  /**
   * Revoke an agent's certificate and close its streams.
   *
   * `DELETE /connect/api/agents/{id}` · permission `agent.enroll` · extension
   * @param id Id of the agent.
   */
  revoke(id: string, options?: CallOptions): Promise<types.RevokeAgentResult> {
    return this.caller.call(operations.revokeAgent, [id], undefined, undefined, options);
  }

  /**
   * Get the policy of the site, as it is in force at an agent.
   *
   * `GET /connect/api/agents/{id}/policy` · permission `server.write` · extension
   * @param id Id of the agent.
   */
  getPolicy(id: string, options?: CallOptions): Promise<types.GetAgentPolicyResult> {
    return this.caller.call(operations.getAgentPolicy, [id], undefined, undefined, options);
  }

  /**
   * Send a value to an agent and get it back.
   *
   * `POST /connect/api/agents/{id}/ping` · permission `agent.read` · extension
   * @param id Id of the agent.
   */
  ping(id: string, body?: types.PingAgentBody, options?: CallOptions): Promise<types.PingAgentResult> {
    return this.caller.call(operations.pingAgent, [id], body, undefined, options);
  }
}

/** `sites` of the MCP Connect API. */
export class ConnectSites {
  constructor(private readonly caller: Caller) {}

  /**
   * List the sites, with their agents and servers counted.
   *
   * `GET /connect/api/sites` · permission `agent.read` · extension
   */
  list(options?: CallOptions): Promise<types.ListSitesResult> {
    return this.caller.call(operations.listSites, [], undefined, undefined, options);
  }
}

/** `keys` of the MCP Connect API. */
export class ConnectKeys {
  constructor(private readonly caller: Caller) {}

  /**
   * List the API keys that are not revoked.
   *
   * `GET /connect/api/keys` · permission `key.manage` · extension
   */
  list(options?: CallOptions): Promise<types.ListKeysResult> {
    return this.caller.call(operations.listKeys, [], undefined, undefined, options);
  }

  /**
   * Make an API key.
   *
   * `POST /connect/api/keys` · permission `key.manage` · extension
   */
  create(body: types.CreateKeyBody, options?: CallOptions): Promise<types.CreateKeyResult> {
    return this.caller.call(operations.createKey, [], body, undefined, options);
  }

  /**
   * Revoke an API key; refused from the next request on.
   *
   * `DELETE /connect/api/keys/{id}` · permission `key.manage` · extension
   * @param id Id of the key.
   */
  revoke(id: string, options?: CallOptions): Promise<types.RevokeKeyResult> {
    return this.caller.call(operations.revokeKey, [id], undefined, undefined, options);
  }
}

/** `users` of the MCP Connect API. */
export class ConnectUsers {
  constructor(private readonly caller: Caller) {}

  /**
   * Make a user.
   *
   * `POST /connect/api/users` · permission `user.manage` · extension
   */
  create(body: types.CreateUserBody, options?: CallOptions): Promise<types.CreateUserResult> {
    return this.caller.call(operations.createUser, [], body, undefined, options);
  }

  /**
   * Set a user's password; earlier sign-ins of this user end.
   *
   * `PUT /connect/api/users/{username}/password` · permission `user.manage` · extension
   * @param username Name of the user.
   */
  setPassword(username: string, body: types.SetPasswordBody, options?: CallOptions): Promise<types.SetPasswordResult> {
    return this.caller.call(operations.setPassword, [username], body, undefined, options);
  }
}

/** `backups` of the MCP Connect API. */
export class ConnectBackups {
  constructor(private readonly caller: Caller) {}

  /**
   * A consistent copy of the live store, as one file.
   *
   * `POST /connect/api/backups` · permission `backup.create` · extension
   */
  create(body?: types.CreateBackupBody, options?: CallOptions): Promise<ReadableStream<Uint8Array>> {
    return this.caller.call(operations.createBackup, [], body, undefined, options);
  }
}

/** `session` of the MCP Connect API. */
export class ConnectSession {
  constructor(private readonly caller: Caller) {}

  /**
   * The session of this browser, and the ways to sign in.
   *
   * `GET /connect/api/session` · public · extension
   */
  get(options?: CallOptions): Promise<types.GetSessionResult> {
    return this.caller.call(operations.getSession, [], undefined, undefined, options);
  }

  /**
   * Sign a browser in with user name and password.
   *
   * `POST /connect/api/session` · public · extension
   */
  signIn(body: types.SignInBody, options?: CallOptions): Promise<types.SignInResult> {
    return this.caller.call(operations.signIn, [], body, undefined, options);
  }

  /**
   * Sign this browser out.
   *
   * `DELETE /connect/api/session` · permission `authenticated` · extension
   */
  signOut(options?: CallOptions): Promise<types.SignOutResult> {
    return this.caller.call(operations.signOut, [], undefined, undefined, options);
  }

  /**
   * Begin to sign a browser in at the identity provider.
   *
   * `POST /connect/api/session/provider` · public · extension
   */
  beginSignIn(body: types.BeginSignInBody, options?: CallOptions): Promise<types.BeginSignInResult> {
    return this.caller.call(operations.beginSignIn, [], body, undefined, options);
  }

  /**
   * Sign a browser in with the code of the identity provider.
   *
   * `POST /connect/api/session/provider/callback` · public · extension
   */
  finishSignIn(body: types.FinishSignInBody, options?: CallOptions): Promise<types.FinishSignInResult> {
    return this.caller.call(operations.finishSignIn, [], body, undefined, options);
  }
}

/** `health` of the MCP Connect API. */
export class ConnectHealth {
  constructor(private readonly caller: Caller) {}

  /**
   * Health check.
   *
   * `GET /connect/health` · public
   */
  get(options?: CallOptions): Promise<types.GetHealthResult> {
    return this.caller.call(operations.getHealth, [], undefined, undefined, options);
  }
}

/** `metrics` of the MCP Connect API. */
export class ConnectMetrics {
  constructor(private readonly caller: Caller) {}

  /**
   * Metrics in Prometheus format.
   *
   * `GET /connect/metrics` · permission `metrics.read`
   */
  get(query?: types.GetMetricsQuery, options?: CallOptions): Promise<string> {
    return this.caller.call(operations.getMetrics, [], undefined, query, options);
  }
}

/** `federate` of the MCP Connect API. */
export class ConnectFederate {
  constructor(private readonly caller: Caller) {}

  /**
   * Chosen series, for another Prometheus.
   *
   * `GET /connect/federate` · permission `metrics.read` · extension
   */
  federate(query?: types.FederateQuery, options?: CallOptions): Promise<string> {
    return this.caller.call(operations.federate, [], undefined, query, options);
  }
}

/** `sd` of the MCP Connect API. */
export class ConnectSd {
  constructor(private readonly caller: Caller) {}

  /**
   * Targets for Prometheus.
   *
   * `GET /connect/sd/prometheus` · permission `metrics.read` · extension
   */
  discoverTargets(query?: types.DiscoverTargetsQuery, options?: CallOptions): Promise<types.DiscoverTargetsResult> {
    return this.caller.call(operations.discoverTargets, [], undefined, query, options);
  }
}

/** The MCP Connect API, noun by noun. */
export class Connect {
  readonly servers: ConnectServers;
  readonly oauth: ConnectOauth;
  readonly tools: ConnectTools;
  readonly groups: ConnectGroups;
  readonly templates: ConnectTemplates;
  readonly registry: ConnectRegistry;
  readonly favorites: ConnectFavorites;
  readonly cache: ConnectCache;
  readonly audit: ConnectAudit;
  readonly monitor: ConnectMonitor;
  readonly webhooks: ConnectWebhooks;
  readonly sse: ConnectSse;
  readonly agents: ConnectAgents;
  readonly sites: ConnectSites;
  readonly keys: ConnectKeys;
  readonly users: ConnectUsers;
  readonly backups: ConnectBackups;
  readonly session: ConnectSession;
  readonly health: ConnectHealth;
  readonly metrics: ConnectMetrics;
  readonly federate: ConnectFederate;
  readonly sd: ConnectSd;

  constructor(caller: Caller) {
    this.servers = new ConnectServers(caller);
    this.oauth = new ConnectOauth(caller);
    this.tools = new ConnectTools(caller);
    this.groups = new ConnectGroups(caller);
    this.templates = new ConnectTemplates(caller);
    this.registry = new ConnectRegistry(caller);
    this.favorites = new ConnectFavorites(caller);
    this.cache = new ConnectCache(caller);
    this.audit = new ConnectAudit(caller);
    this.monitor = new ConnectMonitor(caller);
    this.webhooks = new ConnectWebhooks(caller);
    this.sse = new ConnectSse(caller);
    this.agents = new ConnectAgents(caller);
    this.sites = new ConnectSites(caller);
    this.keys = new ConnectKeys(caller);
    this.users = new ConnectUsers(caller);
    this.backups = new ConnectBackups(caller);
    this.session = new ConnectSession(caller);
    this.health = new ConnectHealth(caller);
    this.metrics = new ConnectMetrics(caller);
    this.federate = new ConnectFederate(caller);
    this.sd = new ConnectSd(caller);
  }
}
