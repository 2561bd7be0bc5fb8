import { type ClientOptions, Roundhouse } from '../client.js';
import type { CallOptions } from '../core/caller.js';
import type * as types from '../gen/automation.types.js';
import { type CamelKeys, snakeKeys } from './case.js';

/**
 * The Automation API in the shape of its document's SDK example: methods side by side, options in camelCase. Answers are the API's own.
 *
 * @example
 * const client = new MCPClient({ baseUrl: 'http://localhost:8080', token: 'your-token' });
 * const status = await client.getStatus();
 * const result = await client.updateServer('github', { version: 'latest' });
 * const testResults = await client.runTests({ testType: 'all' });
 */
export class MCPClient {
  /** The whole client. */
  readonly hub: Roundhouse;

  constructor(options: ClientOptions) {
    this.hub = new Roundhouse(options);
  }

  getStatus(options?: CallOptions) {
    return this.hub.automation.status.get(options);
  }

  listServers(query?: types.ListServersQuery, options?: CallOptions) {
    return this.hub.automation.servers.list(query, options);
  }

  getServer(server: string, options?: CallOptions) {
    return this.hub.automation.servers.get(server, options);
  }

  startServer(server: string, options?: CallOptions) {
    return this.hub.automation.servers.start(server, options);
  }

  stopServer(server: string, body: CamelKeys<types.StopServerBody> = {}, options?: CallOptions) {
    return this.hub.automation.servers.stop(server, snakeKeys(body), options);
  }

  restartServer(server: string, body: CamelKeys<types.RestartServerBody> = {}, options?: CallOptions) {
    return this.hub.automation.servers.restart(server, snakeKeys(body), options);
  }

  checkUpdates(query?: types.CheckUpdatesQuery, options?: CallOptions) {
    return this.hub.automation.updates.check(query, options);
  }

  /** Begins an update; `waitForUpdate` follows it. */
  updateServer(server: string, body: CamelKeys<types.UpdateServerBody> = {}, options?: CallOptions) {
    return this.hub.automation.updates.updateServer(server, snakeKeys(body), options);
  }

  /** By the update's id, or the server's last one by its name. */
  getUpdate(update: string, options?: CallOptions) {
    return this.hub.automation.updates.get(update, options);
  }

  waitForUpdate(update: string, options?: Parameters<Roundhouse['automation']['updates']['wait']>[1]) {
    return this.hub.automation.updates.wait(update, options);
  }

  rollbackServer(server: string, body: CamelKeys<types.RollbackServerBody> = {}, options?: CallOptions) {
    return this.hub.automation.updates.rollbackServer(server, snakeKeys(body), options);
  }

  /** Begins a run of tests; `waitForTests` follows it. */
  runTests(body: CamelKeys<types.RunTestsBody> = {}, options?: CallOptions) {
    return this.hub.automation.tests.run(snakeKeys(body), options);
  }

  getTest(test: string, options?: CallOptions) {
    return this.hub.automation.tests.get(test, options);
  }

  waitForTests(test: string, options?: Parameters<Roundhouse['automation']['tests']['wait']>[1]) {
    return this.hub.automation.tests.wait(test, options);
  }

  runCleanup(body: CamelKeys<types.RunCleanupBody> = {}, options?: CallOptions) {
    return this.hub.automation.cleanup.run(snakeKeys(body), options);
  }

  getCleanup(cleanup: string, options?: CallOptions) {
    return this.hub.automation.cleanup.get(cleanup, options);
  }

  executeWorkflow(body: CamelKeys<types.ExecuteWorkflowBody>, options?: CallOptions) {
    return this.hub.automation.orchestration.executeWorkflow(snakeKeys(body), options);
  }

  getWorkflow(workflow: string, options?: CallOptions) {
    return this.hub.automation.orchestration.getWorkflow(workflow, options);
  }

  getLogs(query?: types.GetLogsQuery, options?: CallOptions) {
    return this.hub.automation.logs.get(query, options);
  }

  getAlerts(query?: types.GetAlertsQuery, options?: CallOptions) {
    return this.hub.automation.alerts.get(query, options);
  }
}
