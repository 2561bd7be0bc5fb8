// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.
import type { Caller, CallOptions, Operation } from '../core/caller.js';
import { allPages } from '../core/pages.js';
import { waitUntilOver, type WaitOptions } from '../core/wait.js';
import type * as types from './automation.types.js';

const operations = {
  createToken: { id: 'automation.createToken', verb: 'POST', path: '/automation/api/v1/auth/token', answer: 'body', isPublic: true },
  refreshToken: { id: 'automation.refreshToken', verb: 'POST', path: '/automation/api/v1/auth/refresh', answer: 'data', isPublic: true },
  getStatus: { id: 'automation.getStatus', verb: 'GET', path: '/automation/api/v1/status', answer: 'data' },
  getInfo: { id: 'automation.getInfo', verb: 'GET', path: '/automation/api/v1/info', answer: 'data' },
  listServers: { id: 'automation.listServers', verb: 'GET', path: '/automation/api/v1/servers', answer: 'data' },
  getServer: { id: 'automation.getServer', verb: 'GET', path: '/automation/api/v1/servers/{server_name}', answer: 'data' },
  startServer: { id: 'automation.startServer', verb: 'POST', path: '/automation/api/v1/servers/{server_name}/start', answer: 'data' },
  stopServer: { id: 'automation.stopServer', verb: 'POST', path: '/automation/api/v1/servers/{server_name}/stop', answer: 'data' },
  restartServer: { id: 'automation.restartServer', verb: 'POST', path: '/automation/api/v1/servers/{server_name}/restart', answer: 'data' },
  getDeclaration: { id: 'automation.getDeclaration', verb: 'GET', path: '/automation/api/v1/servers/{server_name}/tests', answer: 'data' },
  putDeclaration: { id: 'automation.putDeclaration', verb: 'PUT', path: '/automation/api/v1/servers/{server_name}/tests', answer: 'data' },
  approveTools: { id: 'automation.approveTools', verb: 'POST', path: '/automation/api/v1/servers/{server_name}/tests/approve', answer: 'data' },
  checkUpdates: { id: 'automation.checkUpdates', verb: 'GET', path: '/automation/api/v1/updates/check', answer: 'data' },
  updateServer: { id: 'automation.updateServer', verb: 'POST', path: '/automation/api/v1/updates/{server_name}', answer: 'data' },
  getUpdate: { id: 'automation.getUpdate', verb: 'GET', path: '/automation/api/v1/updates/{server_name}', answer: 'data' },
  rollbackServer: { id: 'automation.rollbackServer', verb: 'POST', path: '/automation/api/v1/updates/{server_name}/rollback', answer: 'data' },
  runTests: { id: 'automation.runTests', verb: 'POST', path: '/automation/api/v1/tests/run', answer: 'data' },
  getTestHistory: { id: 'automation.getTestHistory', verb: 'GET', path: '/automation/api/v1/tests/history', answer: 'data' },
  getTest: { id: 'automation.getTest', verb: 'GET', path: '/automation/api/v1/tests/{test_id}', answer: 'data' },
  runCleanup: { id: 'automation.runCleanup', verb: 'POST', path: '/automation/api/v1/cleanup/run', answer: 'data' },
  getCleanup: { id: 'automation.getCleanup', verb: 'GET', path: '/automation/api/v1/cleanup/{cleanup_id}', answer: 'data' },
  getStorageStats: { id: 'automation.getStorageStats', verb: 'GET', path: '/automation/api/v1/cleanup/stats', answer: 'data' },
  getOrchestrationStatus: { id: 'automation.getOrchestrationStatus', verb: 'GET', path: '/automation/api/v1/orchestration/status', answer: 'data' },
  executeWorkflow: { id: 'automation.executeWorkflow', verb: 'POST', path: '/automation/api/v1/orchestration/workflows/execute', answer: 'data' },
  planWorkflow: { id: 'automation.planWorkflow', verb: 'POST', path: '/automation/api/v1/orchestration/workflows/dry-run', answer: 'data' },
  getWorkflow: { id: 'automation.getWorkflow', verb: 'GET', path: '/automation/api/v1/orchestration/workflows/{workflow_id}', answer: 'data' },
  cancelWorkflow: { id: 'automation.cancelWorkflow', verb: 'POST', path: '/automation/api/v1/orchestration/workflows/{workflow_id}/cancel', answer: 'data' },
  retryWorkflow: { id: 'automation.retryWorkflow', verb: 'POST', path: '/automation/api/v1/orchestration/workflows/{workflow_id}/retry', answer: 'data' },
  diffWorkflows: { id: 'automation.diffWorkflows', verb: 'GET', path: '/automation/api/v1/orchestration/workflows/{workflow_id}/diff/{other_id}', answer: 'data' },
  decideWorkflowStep: { id: 'automation.decideWorkflowStep', verb: 'POST', path: '/automation/api/v1/orchestration/workflows/{workflow_id}/decide', answer: 'data' },
  listSchedules: { id: 'automation.listSchedules', verb: 'GET', path: '/automation/api/v1/orchestration/schedules', answer: 'data' },
  listWorkflows: { id: 'automation.listWorkflows', verb: 'GET', path: '/automation/api/v1/orchestration/workflows', answer: 'data' },
  createWorkflow: { id: 'automation.createWorkflow', verb: 'POST', path: '/automation/api/v1/orchestration/workflows', answer: 'data' },
  listTriggers: { id: 'automation.listTriggers', verb: 'GET', path: '/automation/api/v1/orchestration/triggers', answer: 'data' },
  createTrigger: { id: 'automation.createTrigger', verb: 'POST', path: '/automation/api/v1/orchestration/triggers', answer: 'data' },
  setTrigger: { id: 'automation.setTrigger', verb: 'PATCH', path: '/automation/api/v1/orchestration/triggers/{trigger_id}', answer: 'data' },
  deleteTrigger: { id: 'automation.deleteTrigger', verb: 'DELETE', path: '/automation/api/v1/orchestration/triggers/{trigger_id}', answer: 'data' },
  receiveTrigger: { id: 'automation.receiveTrigger', verb: 'POST', path: '/automation/api/v1/orchestration/triggers/{trigger_id}/receive', answer: 'data', isPublic: true },
  listJobs: { id: 'automation.listJobs', verb: 'GET', path: '/automation/api/v1/jobs', answer: 'data' },
  getJob: { id: 'automation.getJob', verb: 'GET', path: '/automation/api/v1/jobs/{job_id}', answer: 'data' },
  cancelJob: { id: 'automation.cancelJob', verb: 'POST', path: '/automation/api/v1/jobs/{job_id}/cancel', answer: 'data' },
  getLogs: { id: 'automation.getLogs', verb: 'GET', path: '/automation/api/v1/logs', answer: 'data' },
  getAlerts: { id: 'automation.getAlerts', verb: 'GET', path: '/automation/api/v1/alerts', answer: 'data' },
  acknowledgeAlert: { id: 'automation.acknowledgeAlert', verb: 'POST', path: '/automation/api/v1/alerts/{alert_id}/acknowledge', answer: 'data' },
  getAlertRules: { id: 'automation.getAlertRules', verb: 'GET', path: '/automation/api/v1/alerts/rules', answer: 'data' },
  setAlertRules: { id: 'automation.setAlertRules', verb: 'PUT', path: '/automation/api/v1/alerts/rules', answer: 'data' },
  getHealth: { id: 'automation.getHealth', verb: 'GET', path: '/automation/api/v1/health', answer: 'body', isPublic: true },
  getMetrics: { id: 'automation.getMetrics', verb: 'GET', path: '/automation/api/v1/metrics', answer: 'text' },
} as const satisfies Record<string, Operation>;

/** `auth` of the MCP Automation System API. */
export class AutomationAuth {
  constructor(private readonly caller: Caller) {}

  /**
   * Obtain a token with user name and password.
   *
   * `POST /automation/api/v1/auth/token` · public
   */
  createToken(body: types.CreateTokenBody, options?: CallOptions): Promise<types.CreateTokenResult> {
    return this.caller.call(operations.createToken, [], body, undefined, options);
  }

  /**
   * Exchange a refresh token for a new pair; the old one is spent.
   *
   * `POST /automation/api/v1/auth/refresh` · public
   */
  refreshToken(body: types.RefreshTokenBody, options?: CallOptions): Promise<types.RefreshTokenResult> {
    return this.caller.call(operations.refreshToken, [], body, undefined, options);
  }
}

/** `status` of the MCP Automation System API. */
export class AutomationStatus {
  constructor(private readonly caller: Caller) {}

  /**
   * Overall system health and status.
   *
   * `GET /automation/api/v1/status` · permission `monitor.read`
   */
  get(options?: CallOptions): Promise<types.GetStatusResult> {
    return this.caller.call(operations.getStatus, [], undefined, undefined, options);
  }
}

/** `info` of the MCP Automation System API. */
export class AutomationInfo {
  constructor(private readonly caller: Caller) {}

  /**
   * System information.
   *
   * `GET /automation/api/v1/info` · permission `monitor.read`
   */
  get(options?: CallOptions): Promise<types.GetInfoResult> {
    return this.caller.call(operations.getInfo, [], undefined, undefined, options);
  }
}

/** `servers` of the MCP Automation System API. */
export class AutomationServers {
  constructor(private readonly caller: Caller) {}

  /**
   * List all MCP servers with their current status.
   *
   * `GET /automation/api/v1/servers` · permission `server.read`
   */
  list(query?: types.ListServersQuery, options?: CallOptions): Promise<types.ListServersResult> {
    return this.caller.call(operations.listServers, [], undefined, query, options);
  }

  /**
   * Detailed information about an MCP server.
   *
   * `GET /automation/api/v1/servers/{server_name}` · permission `server.read`
   * @param serverName Name or id.
   */
  get(serverName: string, options?: CallOptions): Promise<types.GetServerResult> {
    return this.caller.call(operations.getServer, [serverName], undefined, undefined, options);
  }

  /**
   * Start a stopped MCP server.
   *
   * `POST /automation/api/v1/servers/{server_name}/start` · permission `server.operate`
   * @param serverName Name or id.
   */
  start(serverName: string, options?: CallOptions): Promise<types.StartServerResult> {
    return this.caller.call(operations.startServer, [serverName], undefined, undefined, options);
  }

  /**
   * Stop a running MCP server.
   *
   * `POST /automation/api/v1/servers/{server_name}/stop` · permission `server.operate`
   * @param serverName Name or id.
   */
  stop(serverName: string, body?: types.StopServerBody, options?: CallOptions): Promise<types.StopServerResult> {
    return this.caller.call(operations.stopServer, [serverName], body, undefined, options);
  }

  /**
   * Restart an MCP server.
   *
   * `POST /automation/api/v1/servers/{server_name}/restart` · permission `server.operate`
   * @param serverName Name or id.
   */
  restart(serverName: string, body?: types.RestartServerBody, options?: CallOptions): Promise<types.RestartServerResult> {
    return this.caller.call(operations.restartServer, [serverName], body, undefined, options);
  }

  /**
   * The declarations for the tests of a server.
   *
   * `GET /automation/api/v1/servers/{server_name}/tests` · permission `job.read` · extension
   * @param serverName Name or id.
   */
  getDeclaration(serverName: string, options?: CallOptions): Promise<types.GetDeclarationResult> {
    return this.caller.call(operations.getDeclaration, [serverName], undefined, undefined, options);
  }

  /**
   * Declare which tools tests may call, and cases.
   *
   * `PUT /automation/api/v1/servers/{server_name}/tests` · permission `test.declare` · extension
   * @param serverName Name or id.
   */
  putDeclaration(serverName: string, body: types.PutDeclarationBody, options?: CallOptions): Promise<types.PutDeclarationResult> {
    return this.caller.call(operations.putDeclaration, [serverName], body, undefined, options);
  }

  /**
   * Approve the definitions that the tools of a server have now.
   *
   * `POST /automation/api/v1/servers/{server_name}/tests/approve` · permission `test.declare` · extension
   * @param serverName Name or id.
   */
  approveTools(serverName: string, body?: types.ApproveToolsBody, options?: CallOptions): Promise<types.ApproveToolsResult> {
    return this.caller.call(operations.approveTools, [serverName], body, undefined, options);
  }
}

/** `updates` of the MCP Automation System API. */
export class AutomationUpdates {
  constructor(private readonly caller: Caller) {}

  /**
   * Check servers for available updates.
   *
   * `GET /automation/api/v1/updates/check` · permission `server.read`
   */
  check(query?: types.CheckUpdatesQuery, options?: CallOptions): Promise<types.CheckUpdatesResult> {
    return this.caller.call(operations.checkUpdates, [], undefined, query, options);
  }

  /**
   * Initiate an update of a server.
   *
   * `POST /automation/api/v1/updates/{server_name}` · permission `server.update`
   * @param serverName Name or id.
   */
  updateServer(serverName: string, body?: types.UpdateServerBody, options?: CallOptions): Promise<types.UpdateServerResult> {
    return this.caller.call(operations.updateServer, [serverName], body, undefined, options);
  }

  /**
   * Status of an update or rollback.
   *
   * `GET /automation/api/v1/updates/{server_name}` · permission `job.read`
   * @param serverName Id of the update or rollback.
   */
  get(serverName: string, options?: CallOptions): Promise<types.GetUpdateResult> {
    return this.caller.call(operations.getUpdate, [serverName], undefined, undefined, options);
  }

  /**
   * Roll a server back to an earlier version.
   *
   * `POST /automation/api/v1/updates/{server_name}/rollback` · permission `server.update`
   * @param serverName Name or id.
   */
  rollbackServer(serverName: string, body?: types.RollbackServerBody, options?: CallOptions): Promise<types.RollbackServerResult> {
    return this.caller.call(operations.rollbackServer, [serverName], body, undefined, options);
  }

  /** Follows it until it has ended, and resolves with how it ended: look at its `status`. It is asked for by `get`, less often the longer it takes. */
  wait(id: string, options?: WaitOptions<types.GetUpdateResult>): Promise<types.GetUpdateResult> {
    return waitUntilOver((callOptions) => this.get(id, callOptions), options);
  }
}

/** `tests` of the MCP Automation System API. */
export class AutomationTests {
  constructor(private readonly caller: Caller) {}

  /**
   * Execute the test suite for MCP servers.
   *
   * `POST /automation/api/v1/tests/run` · permission `test.run`
   */
  run(body?: types.RunTestsBody, options?: CallOptions): Promise<types.RunTestsResult> {
    return this.caller.call(operations.runTests, [], body, undefined, options);
  }

  /**
   * Test execution history, newest first.
   *
   * `GET /automation/api/v1/tests/history` · permission `job.read`
   */
  getHistory(query?: types.GetTestHistoryQuery, options?: CallOptions): Promise<types.GetTestHistoryResult> {
    return this.caller.call(operations.getTestHistory, [], undefined, query, options);
  }

  /**
   * Test execution history, newest first.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /automation/api/v1/tests/history` · permission `job.read`
   */
  getHistoryAll(query: types.GetTestHistoryQuery = {}, options?: CallOptions): AsyncGenerator<types.GetTestHistoryResult["tests"][number], void, undefined> {
    return allPages(query, "offset", "tests", (page) => this.getHistory(page, options));
  }

  /**
   * Results of a test run, as far as there are any.
   *
   * `GET /automation/api/v1/tests/{test_id}` · permission `job.read`
   * @param testId Id of the test run.
   */
  get(testId: string, options?: CallOptions): Promise<types.GetTestResult> {
    return this.caller.call(operations.getTest, [testId], undefined, undefined, options);
  }

  /** Follows it until it has ended, and resolves with how it ended: look at its `status`. It is asked for by `get`, less often the longer it takes. */
  wait(id: string, options?: WaitOptions<types.GetTestResult>): Promise<types.GetTestResult> {
    return waitUntilOver((callOptions) => this.get(id, callOptions), options);
  }
}

/** `cleanup` of the MCP Automation System API. */
export class AutomationCleanup {
  constructor(private readonly caller: Caller) {}

  /**
   * Trigger a cleanup.
   *
   * `POST /automation/api/v1/cleanup/run` · permission `cleanup.run`
   */
  run(body?: types.RunCleanupBody, options?: CallOptions): Promise<types.RunCleanupResult> {
    return this.caller.call(operations.runCleanup, [], body, undefined, options);
  }

  /**
   * Status of a cleanup.
   *
   * `GET /automation/api/v1/cleanup/{cleanup_id}` · permission `job.read`
   * @param cleanupId Id of the cleanup, as its start answered.
   */
  get(cleanupId: string, options?: CallOptions): Promise<types.GetCleanupResult> {
    return this.caller.call(operations.getCleanup, [cleanupId], undefined, undefined, options);
  }

  /**
   * Storage usage statistics.
   *
   * `GET /automation/api/v1/cleanup/stats` · permission `storage.read`
   */
  getStorageStats(options?: CallOptions): Promise<types.GetStorageStatsResult> {
    return this.caller.call(operations.getStorageStats, [], undefined, undefined, options);
  }

  /** Follows it until it has ended, and resolves with how it ended: look at its `status`. It is asked for by `get`, less often the longer it takes. */
  wait(id: string, options?: WaitOptions<types.GetCleanupResult>): Promise<types.GetCleanupResult> {
    return waitUntilOver((callOptions) => this.get(id, callOptions), options);
  }
}

/** `orchestration` of the MCP Automation System API. */
export class AutomationOrchestration {
  constructor(private readonly caller: Caller) {}

  /**
   * Status and configuration of the job engine.
   *
   * `GET /automation/api/v1/orchestration/status` · permission `job.read`
   */
  getStatus(options?: CallOptions): Promise<types.GetOrchestrationStatusResult> {
    return this.caller.call(operations.getOrchestrationStatus, [], undefined, undefined, options);
  }

  /**
   * Execute a predefined workflow.
   *
   * `POST /automation/api/v1/orchestration/workflows/execute` · permission `workflow.execute`
   */
  executeWorkflow(body: types.ExecuteWorkflowBody, options?: CallOptions): Promise<types.ExecuteWorkflowResult> {
    return this.caller.call(operations.executeWorkflow, [], body, undefined, options);
  }

  /**
   * Show what a workflow execution would do.
   *
   * `POST /automation/api/v1/orchestration/workflows/dry-run` · permission `workflow.execute` · extension
   */
  planWorkflow(body: types.PlanWorkflowBody, options?: CallOptions): Promise<types.PlanWorkflowResult> {
    return this.caller.call(operations.planWorkflow, [], body, undefined, options);
  }

  /**
   * Status of a workflow execution.
   *
   * `GET /automation/api/v1/orchestration/workflows/{workflow_id}` · permission `job.read`
   * @param workflowId Id of the execution.
   */
  getWorkflow(workflowId: string, options?: CallOptions): Promise<types.GetWorkflowResult> {
    return this.caller.call(operations.getWorkflow, [workflowId], undefined, undefined, options);
  }

  /**
   * Cancel a workflow execution.
   *
   * `POST /automation/api/v1/orchestration/workflows/{workflow_id}/cancel` · permission `workflow.execute` · extension
   * @param workflowId Id of the execution.
   */
  cancelWorkflow(workflowId: string, options?: CallOptions): Promise<types.CancelWorkflowResult> {
    return this.caller.call(operations.cancelWorkflow, [workflowId], undefined, undefined, options);
  }

  /**
   * Repeat a workflow execution from a step.
   *
   * `POST /automation/api/v1/orchestration/workflows/{workflow_id}/retry` · permission `workflow.execute` · extension
   * @param workflowId Id of the execution.
   */
  retryWorkflow(workflowId: string, body: types.RetryWorkflowBody, options?: CallOptions): Promise<types.RetryWorkflowResult> {
    return this.caller.call(operations.retryWorkflow, [workflowId], body, undefined, options);
  }

  /**
   * Compare two executions of one workflow.
   *
   * `GET /automation/api/v1/orchestration/workflows/{workflow_id}/diff/{other_id}` · permission `job.read` · extension
   * @param workflowId Id of the execution.
   * @param otherId Id of the execution to compare it with.
   */
  diffWorkflows(workflowId: string, otherId: string, options?: CallOptions): Promise<types.DiffWorkflowsResult> {
    return this.caller.call(operations.diffWorkflows, [workflowId, otherId], undefined, undefined, options);
  }

  /**
   * Decide about a step that waits for a person.
   *
   * `POST /automation/api/v1/orchestration/workflows/{workflow_id}/decide` · permission `workflow.execute` · extension
   * @param workflowId Id of the execution.
   */
  decideWorkflowStep(workflowId: string, body: types.DecideWorkflowStepBody, options?: CallOptions): Promise<types.DecideWorkflowStepResult> {
    return this.caller.call(operations.decideWorkflowStep, [workflowId], body, undefined, options);
  }

  /**
   * List the series of workflow executions, the next one first.
   *
   * `GET /automation/api/v1/orchestration/schedules` · permission `job.read` · extension
   */
  listSchedules(options?: CallOptions): Promise<types.ListSchedulesResult> {
    return this.caller.call(operations.listSchedules, [], undefined, undefined, options);
  }

  /**
   * List the definitions of workflows.
   *
   * `GET /automation/api/v1/orchestration/workflows` · permission `job.read` · extension
   */
  listWorkflows(options?: CallOptions): Promise<types.ListWorkflowsResult> {
    return this.caller.call(operations.listWorkflows, [], undefined, undefined, options);
  }

  /**
   * Add the definition of a workflow.
   *
   * `POST /automation/api/v1/orchestration/workflows` · permission `workflow.define` · extension
   */
  createWorkflow(body: types.CreateWorkflowBody, options?: CallOptions): Promise<types.CreateWorkflowResult> {
    return this.caller.call(operations.createWorkflow, [], body, undefined, options);
  }

  /**
   * List the triggers of workflows.
   *
   * `GET /automation/api/v1/orchestration/triggers` · permission `workflow.execute` · extension
   */
  listTriggers(options?: CallOptions): Promise<types.ListTriggersResult> {
    return this.caller.call(operations.listTriggers, [], undefined, undefined, options);
  }

  /**
   * Start a workflow when something happens.
   *
   * `POST /automation/api/v1/orchestration/triggers` · permission `workflow.execute` · extension
   */
  createTrigger(body: types.CreateTriggerBody, options?: CallOptions): Promise<types.CreateTriggerResult> {
    return this.caller.call(operations.createTrigger, [], body, undefined, options);
  }

  /**
   * Enable or disable a trigger.
   *
   * `PATCH /automation/api/v1/orchestration/triggers/{trigger_id}` · permission `workflow.execute` · extension
   * @param triggerId Id or name.
   */
  setTrigger(triggerId: string, body: types.SetTriggerBody, options?: CallOptions): Promise<types.SetTriggerResult> {
    return this.caller.call(operations.setTrigger, [triggerId], body, undefined, options);
  }

  /**
   * Delete a trigger.
   *
   * `DELETE /automation/api/v1/orchestration/triggers/{trigger_id}` · permission `workflow.execute` · extension
   * @param triggerId Id or name.
   */
  deleteTrigger(triggerId: string, options?: CallOptions): Promise<types.DeleteTriggerResult> {
    return this.caller.call(operations.deleteTrigger, [triggerId], undefined, undefined, options);
  }

  /**
   * A signed message for an incoming webhook.
   *
   * `POST /automation/api/v1/orchestration/triggers/{trigger_id}/receive` · public · extension
   * @param triggerId Id of the trigger.
   */
  receiveTrigger(triggerId: string, body: types.ReceiveTriggerBody, options?: CallOptions): Promise<types.ReceiveTriggerResult> {
    return this.caller.call(operations.receiveTrigger, [triggerId], body, undefined, options);
  }

  /** Follows it until it has ended, and resolves with how it ended: look at its `status`. It is asked for by `getWorkflow`, less often the longer it takes. */
  wait(id: string, options?: WaitOptions<types.GetWorkflowResult>): Promise<types.GetWorkflowResult> {
    return waitUntilOver((callOptions) => this.getWorkflow(id, callOptions), options);
  }
}

/** `jobs` of the MCP Automation System API. */
export class AutomationJobs {
  constructor(private readonly caller: Caller) {}

  /**
   * List jobs, newest first.
   *
   * `GET /automation/api/v1/jobs` · permission `job.read` · extension
   */
  list(query?: types.ListJobsQuery, options?: CallOptions): Promise<types.ListJobsResult> {
    return this.caller.call(operations.listJobs, [], undefined, query, options);
  }

  /**
   * List jobs, newest first.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /automation/api/v1/jobs` · permission `job.read` · extension
   */
  listAll(query: types.ListJobsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListJobsResult["jobs"][number], void, undefined> {
    return allPages(query, "offset", "jobs", (page) => this.list(page, options));
  }

  /**
   * A job, with its steps.
   *
   * `GET /automation/api/v1/jobs/{job_id}` · permission `job.read` · extension
   * @param jobId Id of the job.
   */
  get(jobId: string, options?: CallOptions): Promise<types.GetJobResult> {
    return this.caller.call(operations.getJob, [jobId], undefined, undefined, options);
  }

  /**
   * Cancel a job.
   *
   * `POST /automation/api/v1/jobs/{job_id}/cancel` · permission `job.operate` · extension
   * @param jobId Id of the job.
   */
  cancel(jobId: string, options?: CallOptions): Promise<types.CancelJobResult> {
    return this.caller.call(operations.cancelJob, [jobId], undefined, undefined, options);
  }

  /** Follows it until it has ended, and resolves with how it ended: look at its `status`. It is asked for by `get`, less often the longer it takes. */
  wait(id: string, options?: WaitOptions<types.GetJobResult>): Promise<types.GetJobResult> {
    return waitUntilOver((callOptions) => this.get(id, callOptions), options);
  }
}

/** `logs` of the MCP Automation System API. */
export class AutomationLogs {
  constructor(private readonly caller: Caller) {}

  /**
   * Retrieve system logs.
   *
   * `GET /automation/api/v1/logs` · permission `server.logs`
   */
  get(query?: types.GetLogsQuery, options?: CallOptions): Promise<types.GetLogsResult> {
    return this.caller.call(operations.getLogs, [], undefined, query, options);
  }
}

/** `alerts` of the MCP Automation System API. */
export class AutomationAlerts {
  constructor(private readonly caller: Caller) {}

  /**
   * Get active alerts, newest first.
   *
   * `GET /automation/api/v1/alerts` · permission `alert.read`
   */
  get(query?: types.GetAlertsQuery, options?: CallOptions): Promise<types.GetAlertsResult> {
    return this.caller.call(operations.getAlerts, [], undefined, query, options);
  }

  /**
   * Acknowledge an alert.
   *
   * `POST /automation/api/v1/alerts/{alert_id}/acknowledge` · permission `alert.acknowledge`
   * @param alertId Id of the alert.
   */
  acknowledge(alertId: string, body: types.AcknowledgeAlertBody, options?: CallOptions): Promise<types.AcknowledgeAlertResult> {
    return this.caller.call(operations.acknowledgeAlert, [alertId], body, undefined, options);
  }

  /**
   * The rules by which alerts are raised and resolved.
   *
   * `GET /automation/api/v1/alerts/rules` · permission `alert.read` · extension
   */
  getRules(options?: CallOptions): Promise<types.GetAlertRulesResult> {
    return this.caller.call(operations.getAlertRules, [], undefined, undefined, options);
  }

  /**
   * Change rules.
   *
   * `PUT /automation/api/v1/alerts/rules` · permission `alert.configure` · extension
   */
  setRules(body: types.SetAlertRulesBody, options?: CallOptions): Promise<types.SetAlertRulesResult> {
    return this.caller.call(operations.setAlertRules, [], body, undefined, options);
  }
}

/** `health` of the MCP Automation System API. */
export class AutomationHealth {
  constructor(private readonly caller: Caller) {}

  /**
   * Health check.
   *
   * `GET /automation/api/v1/health` · public
   */
  get(options?: CallOptions): Promise<types.GetHealthResult> {
    return this.caller.call(operations.getHealth, [], undefined, undefined, options);
  }
}

/** `metrics` of the MCP Automation System API. */
export class AutomationMetrics {
  constructor(private readonly caller: Caller) {}

  /**
   * Metrics in Prometheus format.
   *
   * `GET /automation/api/v1/metrics` · permission `metrics.read`
   */
  get(options?: CallOptions): Promise<string> {
    return this.caller.call(operations.getMetrics, [], undefined, undefined, options);
  }
}

/** The MCP Automation System API, noun by noun. */
export class Automation {
  readonly auth: AutomationAuth;
  readonly status: AutomationStatus;
  readonly info: AutomationInfo;
  readonly servers: AutomationServers;
  readonly updates: AutomationUpdates;
  readonly tests: AutomationTests;
  readonly cleanup: AutomationCleanup;
  readonly orchestration: AutomationOrchestration;
  readonly jobs: AutomationJobs;
  readonly logs: AutomationLogs;
  readonly alerts: AutomationAlerts;
  readonly health: AutomationHealth;
  readonly metrics: AutomationMetrics;

  constructor(caller: Caller) {
    this.auth = new AutomationAuth(caller);
    this.status = new AutomationStatus(caller);
    this.info = new AutomationInfo(caller);
    this.servers = new AutomationServers(caller);
    this.updates = new AutomationUpdates(caller);
    this.tests = new AutomationTests(caller);
    this.cleanup = new AutomationCleanup(caller);
    this.orchestration = new AutomationOrchestration(caller);
    this.jobs = new AutomationJobs(caller);
    this.logs = new AutomationLogs(caller);
    this.alerts = new AutomationAlerts(caller);
    this.health = new AutomationHealth(caller);
    this.metrics = new AutomationMetrics(caller);
  }
}
