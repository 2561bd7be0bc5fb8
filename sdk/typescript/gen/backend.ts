// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.
import type { Caller, CallOptions, Operation } from '../core/caller.js';
import { EventStream, type EventStreamOptions } from '../core/event-stream.js';
import { allPages } from '../core/pages.js';
import { waitUntilOver, type WaitOptions } from '../core/wait.js';
import type * as types from './backend.types.js';

const operations = {
  listMcpDefinitions: { id: 'backend.listMcpDefinitions', verb: 'GET', path: '/backend/api/v1/mcp-definitions', answer: 'body' },
  createMcpDefinition: { id: 'backend.createMcpDefinition', verb: 'POST', path: '/backend/api/v1/mcp-definitions', answer: 'body' },
  getMcpDefinition: { id: 'backend.getMcpDefinition', verb: 'GET', path: '/backend/api/v1/mcp-definitions/{definition_id}', answer: 'body' },
  updateMcpDefinition: { id: 'backend.updateMcpDefinition', verb: 'PUT', path: '/backend/api/v1/mcp-definitions/{definition_id}', answer: 'body' },
  deleteMcpDefinition: { id: 'backend.deleteMcpDefinition', verb: 'DELETE', path: '/backend/api/v1/mcp-definitions/{definition_id}', answer: 'body' },
  registerServer: { id: 'backend.registerServer', verb: 'POST', path: '/backend/api/v1/mcp-definitions/{definition_id}/servers', answer: 'body' },
  updateServer: { id: 'backend.updateServer', verb: 'PUT', path: '/backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}', answer: 'body' },
  startWorkflowRun: { id: 'backend.startWorkflowRun', verb: 'POST', path: '/backend/api/v1/workflow-runs', answer: 'body' },
  listWorkflowRuns: { id: 'backend.listWorkflowRuns', verb: 'GET', path: '/backend/api/v1/workflow-runs', answer: 'body' },
  getWorkflowRun: { id: 'backend.getWorkflowRun', verb: 'GET', path: '/backend/api/v1/workflow-runs/{run_id}', answer: 'body' },
  streamWorkflowRun: { id: 'backend.streamWorkflowRun', verb: 'GET', path: '/backend/api/v1/workflow-runs/{run_id}/stream', answer: 'response' },
  cancelWorkflowRun: { id: 'backend.cancelWorkflowRun', verb: 'POST', path: '/backend/api/v1/workflow-runs/{run_id}/cancel', answer: 'body' },
  retryWorkflowRun: { id: 'backend.retryWorkflowRun', verb: 'POST', path: '/backend/api/v1/workflow-runs/{run_id}/retry', answer: 'body' },
  decideWorkflowRunStep: { id: 'backend.decideWorkflowRunStep', verb: 'POST', path: '/backend/api/v1/workflow-runs/{run_id}/decide', answer: 'body' },
  listExternalDbConfigs: { id: 'backend.listExternalDbConfigs', verb: 'GET', path: '/backend/api/v1/external-db-configs', answer: 'body' },
  createExternalDbConfig: { id: 'backend.createExternalDbConfig', verb: 'POST', path: '/backend/api/v1/external-db-configs', answer: 'body' },
  getExternalDbConfig: { id: 'backend.getExternalDbConfig', verb: 'GET', path: '/backend/api/v1/external-db-configs/{config_id}', answer: 'body' },
  updateExternalDbConfig: { id: 'backend.updateExternalDbConfig', verb: 'PUT', path: '/backend/api/v1/external-db-configs/{config_id}', answer: 'body' },
  deleteExternalDbConfig: { id: 'backend.deleteExternalDbConfig', verb: 'DELETE', path: '/backend/api/v1/external-db-configs/{config_id}', answer: 'body' },
  checkExternalDbConfig: { id: 'backend.checkExternalDbConfig', verb: 'POST', path: '/backend/api/v1/external-db-configs/{config_id}/check', answer: 'body' },
  getDashboardSummary: { id: 'backend.getDashboardSummary', verb: 'GET', path: '/backend/api/v1/dashboard/summary', answer: 'body' },
  getEntity: { id: 'backend.getEntity', verb: 'GET', path: '/backend/api/v1/entities/{entity_type}/{entity_id}', answer: 'body' },
  getMetricsSummary: { id: 'backend.getMetricsSummary', verb: 'GET', path: '/backend/api/v1/metrics/summary', answer: 'body' },
  getMetrics: { id: 'backend.getMetrics', verb: 'GET', path: '/backend/api/v1/metrics', answer: 'text' },
  listApiKeys: { id: 'backend.listApiKeys', verb: 'GET', path: '/backend/api/v1/api-keys', answer: 'body' },
  createApiKey: { id: 'backend.createApiKey', verb: 'POST', path: '/backend/api/v1/api-keys', answer: 'body' },
  deleteApiKey: { id: 'backend.deleteApiKey', verb: 'DELETE', path: '/backend/api/v1/api-keys/{key_id}', answer: 'body' },
  getHealth: { id: 'backend.getHealth', verb: 'GET', path: '/backend/api/v1/health', answer: 'body', isPublic: true },
} as const satisfies Record<string, Operation>;

/** `mcpDefinitions` of the MCP Backend API. */
export class BackendMcpDefinitions {
  constructor(private readonly caller: Caller) {}

  /**
   * List MCP definitions, oldest first.
   *
   * `GET /backend/api/v1/mcp-definitions` · permission `definition.read`
   */
  list(query?: types.ListMcpDefinitionsQuery, options?: CallOptions): Promise<types.ListMcpDefinitionsResult> {
    return this.caller.call(operations.listMcpDefinitions, [], undefined, query, options);
  }

  /**
   * List MCP definitions, oldest first.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /backend/api/v1/mcp-definitions` · permission `definition.read`
   */
  listAll(query: types.ListMcpDefinitionsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListMcpDefinitionsResult["items"][number], void, undefined> {
    return allPages(query, "skip", "items", (page) => this.list(page, options));
  }

  /**
   * Create an MCP definition.
   *
   * `POST /backend/api/v1/mcp-definitions` · permission `definition.write`
   */
  create(body: types.CreateMcpDefinitionBody, options?: CallOptions): Promise<types.CreateMcpDefinitionResult> {
    return this.caller.call(operations.createMcpDefinition, [], body, undefined, options);
  }

  /**
   * Get an MCP definition, with its versions, newest first.
   *
   * `GET /backend/api/v1/mcp-definitions/{definition_id}` · permission `definition.read`
   * @param definitionId Id or name.
   */
  get(definitionId: string, options?: CallOptions): Promise<types.GetMcpDefinitionResult> {
    return this.caller.call(operations.getMcpDefinition, [definitionId], undefined, undefined, options);
  }

  /**
   * Update an MCP definition.
   *
   * `PUT /backend/api/v1/mcp-definitions/{definition_id}` · permission `definition.write`
   * @param definitionId Id or name.
   */
  update(definitionId: string, body: types.UpdateMcpDefinitionBody, options?: CallOptions): Promise<types.UpdateMcpDefinitionResult> {
    return this.caller.call(operations.updateMcpDefinition, [definitionId], body, undefined, options);
  }

  /**
   * Delete an MCP definition with all its versions.
   *
   * `DELETE /backend/api/v1/mcp-definitions/{definition_id}` · permission `definition.write`
   * @param definitionId Id or name.
   */
  delete(definitionId: string, options?: CallOptions): Promise<types.DeleteMcpDefinitionResult> {
    return this.caller.call(operations.deleteMcpDefinition, [definitionId], undefined, undefined, options);
  }

  /**
   * Register a server from an MCP definition.
   *
   * `POST /backend/api/v1/mcp-definitions/{definition_id}/servers` · permission `server.write` · extension
   * @param definitionId Id or name.
   */
  registerServer(definitionId: string, body: types.RegisterServerBody, options?: CallOptions): Promise<types.RegisterServerResult> {
    return this.caller.call(operations.registerServer, [definitionId], body, undefined, options);
  }

  /**
   * Update a server to a version of the MCP definition that it was registered from.
   *
   * `PUT /backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}` · permission `server.write` · extension
   * @param definitionId Id or name.
   * @param serverId Id or name.
   */
  updateServer(definitionId: string, serverId: string, body?: types.UpdateServerBody, options?: CallOptions): Promise<types.UpdateServerResult> {
    return this.caller.call(operations.updateServer, [definitionId, serverId], body, undefined, options);
  }
}

/** `workflowRuns` of the MCP Backend API. */
export class BackendWorkflowRuns {
  constructor(private readonly caller: Caller) {}

  /**
   * Start a workflow run.
   *
   * `POST /backend/api/v1/workflow-runs` · permission `workflow.execute`
   */
  start(body: types.StartWorkflowRunBody, options?: CallOptions): Promise<types.StartWorkflowRunResult> {
    return this.caller.call(operations.startWorkflowRun, [], body, undefined, options);
  }

  /**
   * List workflow runs, newest first.
   *
   * `GET /backend/api/v1/workflow-runs` · permission `job.read` · extension
   */
  list(query?: types.ListWorkflowRunsQuery, options?: CallOptions): Promise<types.ListWorkflowRunsResult> {
    return this.caller.call(operations.listWorkflowRuns, [], undefined, query, options);
  }

  /**
   * List workflow runs, newest first.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /backend/api/v1/workflow-runs` · permission `job.read` · extension
   */
  listAll(query: types.ListWorkflowRunsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListWorkflowRunsResult["items"][number], void, undefined> {
    return allPages(query, "skip", "items", (page) => this.list(page, options));
  }

  /**
   * Get a workflow run.
   *
   * `GET /backend/api/v1/workflow-runs/{run_id}` · permission `job.read`
   * @param runId Id of the run.
   */
  get(runId: string, options?: CallOptions): Promise<types.GetWorkflowRunResult> {
    return this.caller.call(operations.getWorkflowRun, [runId], undefined, undefined, options);
  }

  /**
   * Server-Sent Events of a workflow run.
   * A lost connection is taken up again where it broke.
   *
   * `GET /backend/api/v1/workflow-runs/{run_id}/stream` · permission `job.read`
   * @param runId Id of the run.
   */
  stream(runId: string, query?: types.StreamWorkflowRunQuery, options?: EventStreamOptions): EventStream<types.RunEvent> {
    return new EventStream<types.RunEvent>(this.caller, operations.streamWorkflowRun, [runId], undefined, query, options);
  }

  /**
   * Cancel a workflow run.
   *
   * `POST /backend/api/v1/workflow-runs/{run_id}/cancel` · permission `workflow.execute` · extension
   * @param runId Id of the run.
   */
  cancel(runId: string, options?: CallOptions): Promise<types.CancelWorkflowRunResult> {
    return this.caller.call(operations.cancelWorkflowRun, [runId], undefined, undefined, options);
  }

  /**
   * Repeat a workflow run from a step.
   *
   * `POST /backend/api/v1/workflow-runs/{run_id}/retry` · permission `workflow.execute` · extension
   * @param runId Id of the run.
   */
  retry(runId: string, body: types.RetryWorkflowRunBody, options?: CallOptions): Promise<types.RetryWorkflowRunResult> {
    return this.caller.call(operations.retryWorkflowRun, [runId], body, undefined, options);
  }

  /**
   * Decide about a step that waits for a person.
   *
   * `POST /backend/api/v1/workflow-runs/{run_id}/decide` · permission `workflow.execute` · extension
   * @param runId Id of the run.
   */
  decideStep(runId: string, body: types.DecideWorkflowRunStepBody, options?: CallOptions): Promise<types.DecideWorkflowRunStepResult> {
    return this.caller.call(operations.decideWorkflowRunStep, [runId], body, undefined, options);
  }

  /** Follows it until it has ended, and resolves with how it ended: look at its `status`. It is asked for by `get`, less often the longer it takes. */
  wait(id: string, options?: WaitOptions<types.GetWorkflowRunResult>): Promise<types.GetWorkflowRunResult> {
    return waitUntilOver((callOptions) => this.get(id, callOptions), options);
  }
}

/** `externalDbConfigs` of the MCP Backend API. */
export class BackendExternalDbConfigs {
  constructor(private readonly caller: Caller) {}

  /**
   * List external database configurations.
   *
   * `GET /backend/api/v1/external-db-configs` · permission `database.read`
   */
  list(query?: types.ListExternalDbConfigsQuery, options?: CallOptions): Promise<types.ListExternalDbConfigsResult> {
    return this.caller.call(operations.listExternalDbConfigs, [], undefined, query, options);
  }

  /**
   * List external database configurations.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /backend/api/v1/external-db-configs` · permission `database.read`
   */
  listAll(query: types.ListExternalDbConfigsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListExternalDbConfigsResult["items"][number], void, undefined> {
    return allPages(query, "skip", "items", (page) => this.list(page, options));
  }

  /**
   * Create an external database configuration.
   *
   * `POST /backend/api/v1/external-db-configs` · permission `database.write`
   */
  create(body: types.CreateExternalDbConfigBody, options?: CallOptions): Promise<types.CreateExternalDbConfigResult> {
    return this.caller.call(operations.createExternalDbConfig, [], body, undefined, options);
  }

  /**
   * Get an external database configuration.
   *
   * `GET /backend/api/v1/external-db-configs/{config_id}` · permission `database.read` · extension
   * @param configId Id or name.
   */
  get(configId: string, options?: CallOptions): Promise<types.GetExternalDbConfigResult> {
    return this.caller.call(operations.getExternalDbConfig, [configId], undefined, undefined, options);
  }

  /**
   * Update an external database configuration.
   *
   * `PUT /backend/api/v1/external-db-configs/{config_id}` · permission `database.write` · extension
   * @param configId Id or name.
   */
  update(configId: string, body: types.UpdateExternalDbConfigBody, options?: CallOptions): Promise<types.UpdateExternalDbConfigResult> {
    return this.caller.call(operations.updateExternalDbConfig, [configId], body, undefined, options);
  }

  /**
   * Delete an external database configuration.
   *
   * `DELETE /backend/api/v1/external-db-configs/{config_id}` · permission `database.write` · extension
   * @param configId Id or name.
   */
  delete(configId: string, options?: CallOptions): Promise<types.DeleteExternalDbConfigResult> {
    return this.caller.call(operations.deleteExternalDbConfig, [configId], undefined, undefined, options);
  }

  /**
   * Check from a site whether an external database answers.
   *
   * `POST /backend/api/v1/external-db-configs/{config_id}/check` · permission `database.write` · extension
   * @param configId Id or name.
   */
  check(configId: string, body?: types.CheckExternalDbConfigBody, options?: CallOptions): Promise<types.CheckExternalDbConfigResult> {
    return this.caller.call(operations.checkExternalDbConfig, [configId], body, undefined, options);
  }
}

/** `dashboard` of the MCP Backend API. */
export class BackendDashboard {
  constructor(private readonly caller: Caller) {}

  /**
   * Key figures of the hub.
   *
   * `GET /backend/api/v1/dashboard/summary` · permission `monitor.read`
   */
  getSummary(options?: CallOptions): Promise<types.GetDashboardSummaryResult> {
    return this.caller.call(operations.getDashboardSummary, [], undefined, undefined, options);
  }
}

/** `entities` of the MCP Backend API. */
export class BackendEntities {
  constructor(private readonly caller: Caller) {}

  /**
   * Any record of the hub, with the records that it belongs to.
   *
   * `GET /backend/api/v1/entities/{entity_type}/{entity_id}` · permission `authenticated`
   * @param entityType One of server, group, agent, site, device, cluster, catalog_entry, job, workflow_run, mcp_definition, external_db_config, user, api_key; `mcp-definitions` is `mcp_definition`.
   * @param entityId Id of the entity.
   */
  get(entityType: string, entityId: string, options?: CallOptions): Promise<types.GetEntityResult> {
    return this.caller.call(operations.getEntity, [entityType, entityId], undefined, undefined, options);
  }
}

/** `metrics` of the MCP Backend API. */
export class BackendMetrics {
  constructor(private readonly caller: Caller) {}

  /**
   * Numbers, success rates and durations of calls, runs and requests.
   *
   * `GET /backend/api/v1/metrics/summary` · permission `performance.read`
   */
  getSummary(options?: CallOptions): Promise<types.GetMetricsSummaryResult> {
    return this.caller.call(operations.getMetricsSummary, [], undefined, undefined, options);
  }

  /**
   * Metrics in Prometheus format.
   *
   * `GET /backend/api/v1/metrics` · permission `metrics.read`
   */
  get(options?: CallOptions): Promise<string> {
    return this.caller.call(operations.getMetrics, [], undefined, undefined, options);
  }
}

/** `apiKeys` of the MCP Backend API. */
export class BackendApiKeys {
  constructor(private readonly caller: Caller) {}

  /**
   * List the caller's API keys.
   *
   * `GET /backend/api/v1/api-keys` · permission `authenticated`
   */
  list(query?: types.ListApiKeysQuery, options?: CallOptions): Promise<types.ListApiKeysResult> {
    return this.caller.call(operations.listApiKeys, [], undefined, query, options);
  }

  /**
   * List the caller's API keys.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /backend/api/v1/api-keys` · permission `authenticated`
   */
  listAll(query: types.ListApiKeysQuery = {}, options?: CallOptions): AsyncGenerator<types.ListApiKeysResult["items"][number], void, undefined> {
    return allPages(query, "skip", "items", (page) => this.list(page, options));
  }

  /**
   * Create an API key.
   *
   * `POST /backend/api/v1/api-keys` · permission `authenticated`
   */
  create(body: types.CreateApiKeyBody, options?: CallOptions): Promise<types.CreateApiKeyResult> {
    return this.caller.call(operations.createApiKey, [], body, undefined, options);
  }

  /**
   * Delete one of the caller's API keys; it is refused from the next request on.
   *
   * `DELETE /backend/api/v1/api-keys/{key_id}` · permission `authenticated`
   * @param keyId Id of the key.
   */
  delete(keyId: string, options?: CallOptions): Promise<types.DeleteApiKeyResult> {
    return this.caller.call(operations.deleteApiKey, [keyId], undefined, undefined, options);
  }
}

/** `health` of the MCP Backend API. */
export class BackendHealth {
  constructor(private readonly caller: Caller) {}

  /**
   * Health check.
   *
   * `GET /backend/api/v1/health` · public
   */
  get(options?: CallOptions): Promise<types.GetHealthResult> {
    return this.caller.call(operations.getHealth, [], undefined, undefined, options);
  }
}

/** The MCP Backend API, noun by noun. */
export class Backend {
  readonly mcpDefinitions: BackendMcpDefinitions;
  readonly workflowRuns: BackendWorkflowRuns;
  readonly externalDbConfigs: BackendExternalDbConfigs;
  readonly dashboard: BackendDashboard;
  readonly entities: BackendEntities;
  readonly metrics: BackendMetrics;
  readonly apiKeys: BackendApiKeys;
  readonly health: BackendHealth;

  constructor(caller: Caller) {
    this.mcpDefinitions = new BackendMcpDefinitions(caller);
    this.workflowRuns = new BackendWorkflowRuns(caller);
    this.externalDbConfigs = new BackendExternalDbConfigs(caller);
    this.dashboard = new BackendDashboard(caller);
    this.entities = new BackendEntities(caller);
    this.metrics = new BackendMetrics(caller);
    this.apiKeys = new BackendApiKeys(caller);
    this.health = new BackendHealth(caller);
  }
}
