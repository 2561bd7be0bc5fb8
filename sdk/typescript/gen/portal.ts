// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.
import type { Caller, CallOptions, Operation } from '../core/caller.js';
import { allPages } from '../core/pages.js';
import { followLines } from '../core/streams.js';
import type { Stream, StreamOptions } from '../core/stream.js';
import { waitUntilOver, type WaitOptions } from '../core/wait.js';
import type * as types from './portal.types.js';

const operations = {
  login: { id: 'portal.login', verb: 'POST', path: '/portal/api/v1/auth/login', answer: 'location', isPublic: true },
  callback: { id: 'portal.callback', verb: 'POST', path: '/portal/api/v1/auth/callback', answer: 'body', isPublic: true },
  refresh: { id: 'portal.refresh', verb: 'POST', path: '/portal/api/v1/auth/refresh', answer: 'body', isPublic: true },
  logout: { id: 'portal.logout', verb: 'POST', path: '/portal/api/v1/auth/logout', answer: 'none' },
  getMe: { id: 'portal.getMe', verb: 'GET', path: '/portal/api/v1/auth/me', answer: 'body' },
  listServers: { id: 'portal.listServers', verb: 'GET', path: '/portal/api/v1/servers', answer: 'body' },
  getServer: { id: 'portal.getServer', verb: 'GET', path: '/portal/api/v1/servers/{id}', answer: 'body' },
  enableServer: { id: 'portal.enableServer', verb: 'POST', path: '/portal/api/v1/servers/{id}/enable', answer: 'body' },
  disableServer: { id: 'portal.disableServer', verb: 'POST', path: '/portal/api/v1/servers/{id}/disable', answer: 'body' },
  restartServer: { id: 'portal.restartServer', verb: 'POST', path: '/portal/api/v1/servers/{id}/restart', answer: 'body' },
  getServerLogs: { id: 'portal.getServerLogs', verb: 'GET', path: '/portal/api/v1/servers/{id}/logs', answer: 'body' },
  bulkServers: { id: 'portal.bulkServers', verb: 'POST', path: '/portal/api/v1/servers/bulk', answer: 'body' },
  getOperation: { id: 'portal.getOperation', verb: 'GET', path: '/portal/api/v1/operations/{id}', answer: 'body' },
  addCustomServer: { id: 'portal.addCustomServer', verb: 'POST', path: '/portal/api/v1/catalog/custom', answer: 'body' },
  updateCustomServer: { id: 'portal.updateCustomServer', verb: 'PUT', path: '/portal/api/v1/catalog/custom/{id}', answer: 'body' },
  removeCustomServer: { id: 'portal.removeCustomServer', verb: 'DELETE', path: '/portal/api/v1/catalog/custom/{id}', answer: 'none' },
  getConfig: { id: 'portal.getConfig', verb: 'GET', path: '/portal/api/v1/config', answer: 'body' },
  updateConfig: { id: 'portal.updateConfig', verb: 'PUT', path: '/portal/api/v1/config', answer: 'body' },
  exportConfig: { id: 'portal.exportConfig', verb: 'GET', path: '/portal/api/v1/config/export', answer: 'body', orText: true },
  importConfig: { id: 'portal.importConfig', verb: 'POST', path: '/portal/api/v1/config/import', answer: 'body' },
  listUsers: { id: 'portal.listUsers', verb: 'GET', path: '/portal/api/v1/admin/users', answer: 'body' },
  setUserRole: { id: 'portal.setUserRole', verb: 'PUT', path: '/portal/api/v1/admin/users/{id}/role', answer: 'body' },
  listAudit: { id: 'portal.listAudit', verb: 'GET', path: '/portal/api/v1/admin/audit', answer: 'body' },
  getSystemMetrics: { id: 'portal.getSystemMetrics', verb: 'GET', path: '/portal/api/v1/admin/metrics', answer: 'body' },
  getStatus: { id: 'portal.getStatus', verb: 'GET', path: '/portal/api/v1/status', answer: 'body' },
  getHealth: { id: 'portal.getHealth', verb: 'GET', path: '/portal/api/v1/health', answer: 'body', isPublic: true },
} as const satisfies Record<string, Operation>;

/** `auth` of the MCP Portal API. */
export class PortalAuth {
  constructor(private readonly caller: Caller) {}

  /**
   * Begin to sign in at the identity provider.
   *
   * `POST /portal/api/v1/auth/login` · public
   */
  login(body: types.LoginBody, options?: CallOptions): Promise<string> {
    return this.caller.call(operations.login, [], body, undefined, options);
  }

  /**
   * Exchange the code of the identity provider for tokens.
   *
   * `POST /portal/api/v1/auth/callback` · public
   */
  callback(body: types.CallbackBody, options?: CallOptions): Promise<types.CallbackResult> {
    return this.caller.call(operations.callback, [], body, undefined, options);
  }

  /**
   * Get a new access token.
   *
   * `POST /portal/api/v1/auth/refresh` · public
   */
  refresh(body: types.RefreshBody, options?: CallOptions): Promise<types.RefreshResult> {
    return this.caller.call(operations.refresh, [], body, undefined, options);
  }

  /**
   * Sign out.
   *
   * `POST /portal/api/v1/auth/logout` · permission `authenticated`
   */
  logout(body?: types.LogoutBody, options?: CallOptions): Promise<void> {
    return this.caller.call(operations.logout, [], body, undefined, options);
  }

  /**
   * The user who is signed in.
   *
   * `GET /portal/api/v1/auth/me` · permission `authenticated`
   */
  getMe(options?: CallOptions): Promise<types.GetMeResult> {
    return this.caller.call(operations.getMe, [], undefined, undefined, options);
  }
}

/** `servers` of the MCP Portal API. */
export class PortalServers {
  constructor(private readonly caller: Caller) {}

  /**
   * List all available MCP servers, each with the configuration of the caller.
   *
   * `GET /portal/api/v1/servers` · permission `catalog.read`
   */
  list(query?: types.ListServersQuery, options?: CallOptions): Promise<types.ListServersResult> {
    return this.caller.call(operations.listServers, [], undefined, query, options);
  }

  /**
   * List all available MCP servers, each with the configuration of the caller.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /portal/api/v1/servers` · permission `catalog.read`
   */
  listAll(query: types.ListServersQuery = {}, options?: CallOptions): AsyncGenerator<types.ListServersResult["servers"][number], void, undefined> {
    return allPages(query, "page", "servers", (page) => this.list(page, options));
  }

  /**
   * Detailed information about a server.
   *
   * `GET /portal/api/v1/servers/{id}` · permission `catalog.read`
   * @param id Id or name.
   */
  get(id: string, options?: CallOptions): Promise<types.GetServerResult> {
    return this.caller.call(operations.getServer, [id], undefined, undefined, options);
  }

  /**
   * Enable a server for the current user.
   *
   * `POST /portal/api/v1/servers/{id}/enable` · permission `catalog.enable`
   * @param id Id or name.
   */
  enable(id: string, body?: types.EnableServerBody, options?: CallOptions): Promise<types.EnableServerResult> {
    return this.caller.call(operations.enableServer, [id], body, undefined, options);
  }

  /**
   * Disable a server for the current user.
   *
   * `POST /portal/api/v1/servers/{id}/disable` · permission `catalog.enable`
   * @param id Id or name.
   */
  disable(id: string, options?: CallOptions): Promise<types.DisableServerResult> {
    return this.caller.call(operations.disableServer, [id], undefined, undefined, options);
  }

  /**
   * Restart a server's container.
   *
   * `POST /portal/api/v1/servers/{id}/restart` · permission `catalog.enable`
   * @param id Id or name.
   */
  restart(id: string, options?: CallOptions): Promise<types.RestartServerResult> {
    return this.caller.call(operations.restartServer, [id], undefined, undefined, options);
  }

  /**
   * Get a server's log.
   *
   * `GET /portal/api/v1/servers/{id}/logs` · permission `catalog.enable`
   * @param id Id or name.
   */
  getLogs(id: string, query?: types.GetServerLogsQuery, options?: CallOptions): Promise<types.GetServerLogsResult> {
    return this.caller.call(operations.getServerLogs, [id], undefined, query, options);
  }

  /**
   * Get a server's log.
   * As it goes on, entry by entry, until the stream is closed.
   *
   * `GET /portal/api/v1/servers/{id}/logs` · permission `catalog.enable`
   * @param id Id or name.
   */
  followLogs(id: string, query?: types.GetServerLogsQuery, options?: StreamOptions): Stream<types.GetServerLogsResult["logs"][number]> {
    return followLines(this.caller, operations.getServerLogs, [id], undefined, query, options, "follow");
  }

  /**
   * Enable, disable or restart several servers.
   *
   * `POST /portal/api/v1/servers/bulk` · permission `catalog.enable`
   */
  bulk(body: types.BulkServersBody, options?: CallOptions): Promise<types.BulkServersResult> {
    return this.caller.call(operations.bulkServers, [], body, undefined, options);
  }
}

/** `operations` of the MCP Portal API. */
export class PortalOperations {
  constructor(private readonly caller: Caller) {}

  /**
   * The state of an operation.
   *
   * `GET /portal/api/v1/operations/{id}` · permission `catalog.read`
   * @param id `op_…` or `bulk_op_…`.
   */
  get(id: string, options?: CallOptions): Promise<types.GetOperationResult> {
    return this.caller.call(operations.getOperation, [id], undefined, undefined, options);
  }

  /** Follows it until it has ended, and resolves with how it ended: look at its `status`. It is asked for by `get`, less often the longer it takes. */
  wait(id: string, options?: WaitOptions<types.GetOperationResult>): Promise<types.GetOperationResult> {
    return waitUntilOver((callOptions) => this.get(id, callOptions), options);
  }
}

/** `catalog` of the MCP Portal API. */
export class PortalCatalog {
  constructor(private readonly caller: Caller) {}

  /**
   * Add a custom server to the catalog.
   *
   * `POST /portal/api/v1/catalog/custom` · permission `catalog.write`
   */
  addCustomServer(body: types.AddCustomServerBody, options?: CallOptions): Promise<types.AddCustomServerResult> {
    return this.caller.call(operations.addCustomServer, [], body, undefined, options);
  }

  /**
   * Update the definition of a custom server.
   *
   * `PUT /portal/api/v1/catalog/custom/{id}` · permission `catalog.write`
   * @param id Id or name.
   */
  updateCustomServer(id: string, body: types.UpdateCustomServerBody, options?: CallOptions): Promise<types.UpdateCustomServerResult> {
    return this.caller.call(operations.updateCustomServer, [id], body, undefined, options);
  }

  /**
   * Remove a custom server from the catalog.
   *
   * `DELETE /portal/api/v1/catalog/custom/{id}` · permission `catalog.write`
   * @param id Id or name.
   */
  removeCustomServer(id: string, options?: CallOptions): Promise<void> {
    return this.caller.call(operations.removeCustomServer, [id], undefined, undefined, options);
  }
}

/** `config` of the MCP Portal API. */
export class PortalConfig {
  constructor(private readonly caller: Caller) {}

  /**
   * Get the user's configuration.
   *
   * `GET /portal/api/v1/config` · permission `catalog.read`
   */
  get(options?: CallOptions): Promise<types.GetConfigResult> {
    return this.caller.call(operations.getConfig, [], undefined, undefined, options);
  }

  /**
   * Update the user's configuration.
   *
   * `PUT /portal/api/v1/config` · permission `catalog.read`
   */
  update(body: types.UpdateConfigBody, options?: CallOptions): Promise<types.UpdateConfigResult> {
    return this.caller.call(operations.updateConfig, [], body, undefined, options);
  }

  /**
   * Export the configuration.
   *
   * `GET /portal/api/v1/config/export` · permission `catalog.read`
   */
  export(query?: types.ExportConfigQuery, options?: CallOptions): Promise<types.ExportConfigResult | string> {
    return this.caller.call(operations.exportConfig, [], undefined, query, options);
  }

  /**
   * Import a configuration.
   *
   * `POST /portal/api/v1/config/import` · permission `catalog.enable`
   */
  import(body: types.ImportConfigBody, options?: CallOptions): Promise<types.ImportConfigResult> {
    return this.caller.call(operations.importConfig, [], body, undefined, options);
  }
}

/** `admin` of the MCP Portal API. */
export class PortalAdmin {
  constructor(private readonly caller: Caller) {}

  /**
   * List all users.
   *
   * `GET /portal/api/v1/admin/users` · permission `user.manage`
   */
  listUsers(query?: types.ListUsersQuery, options?: CallOptions): Promise<types.ListUsersResult> {
    return this.caller.call(operations.listUsers, [], undefined, query, options);
  }

  /**
   * List all users.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /portal/api/v1/admin/users` · permission `user.manage`
   */
  listUsersAll(query: types.ListUsersQuery = {}, options?: CallOptions): AsyncGenerator<types.ListUsersResult["users"][number], void, undefined> {
    return allPages(query, "page", "users", (page) => this.listUsers(page, options));
  }

  /**
   * Update the role of a user.
   *
   * `PUT /portal/api/v1/admin/users/{id}/role` · permission `user.manage`
   * @param id Id of the user.
   */
  setUserRole(id: string, body: types.SetUserRoleBody, options?: CallOptions): Promise<types.SetUserRoleResult> {
    return this.caller.call(operations.setUserRole, [id], body, undefined, options);
  }

  /**
   * Get audit logs.
   *
   * `GET /portal/api/v1/admin/audit` · permission `audit.read`
   */
  listAudit(query?: types.ListAuditQuery, options?: CallOptions): Promise<types.ListAuditResult> {
    return this.caller.call(operations.listAudit, [], undefined, query, options);
  }

  /**
   * Get audit logs.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /portal/api/v1/admin/audit` · permission `audit.read`
   */
  listAuditAll(query: types.ListAuditQuery = {}, options?: CallOptions): AsyncGenerator<types.ListAuditResult["logs"][number], void, undefined> {
    return allPages(query, "page", "logs", (page) => this.listAudit(page, options));
  }

  /**
   * Get system metrics.
   *
   * `GET /portal/api/v1/admin/metrics` · permission `user.manage`
   */
  getSystemMetrics(options?: CallOptions): Promise<types.GetSystemMetricsResult> {
    return this.caller.call(operations.getSystemMetrics, [], undefined, undefined, options);
  }
}

/** `status` of the MCP Portal API. */
export class PortalStatus {
  constructor(private readonly caller: Caller) {}

  /**
   * Detailed system status.
   *
   * `GET /portal/api/v1/status` · permission `monitor.read`
   */
  get(options?: CallOptions): Promise<types.GetStatusResult> {
    return this.caller.call(operations.getStatus, [], undefined, undefined, options);
  }
}

/** `health` of the MCP Portal API. */
export class PortalHealth {
  constructor(private readonly caller: Caller) {}

  /**
   * Health check.
   *
   * `GET /portal/api/v1/health` · public
   */
  get(options?: CallOptions): Promise<types.GetHealthResult> {
    return this.caller.call(operations.getHealth, [], undefined, undefined, options);
  }
}

/** The MCP Portal API, noun by noun. */
export class Portal {
  readonly auth: PortalAuth;
  readonly servers: PortalServers;
  readonly operations: PortalOperations;
  readonly catalog: PortalCatalog;
  readonly config: PortalConfig;
  readonly admin: PortalAdmin;
  readonly status: PortalStatus;
  readonly health: PortalHealth;

  constructor(caller: Caller) {
    this.auth = new PortalAuth(caller);
    this.servers = new PortalServers(caller);
    this.operations = new PortalOperations(caller);
    this.catalog = new PortalCatalog(caller);
    this.config = new PortalConfig(caller);
    this.admin = new PortalAdmin(caller);
    this.status = new PortalStatus(caller);
    this.health = new PortalHealth(caller);
  }
}
