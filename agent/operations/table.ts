import type { Logs } from '../drivers/logs/logs.js';
import type { PrivateInstances } from '../drivers/mcp/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Devices } from '../drivers/network/devices.js';
import type { Storage } from '../drivers/storage/storage.js';
import type { UsageMeter } from '../drivers/usage/usage.js';
import { answerAsk } from './answer-ask.js';
import { applyConfig } from './apply-config.js';
import { callTool } from './call-tool.js';
import { checkSource } from './check-source.js';
import { cleanup } from './cleanup.js';
import { closePrivate } from './close-private.js';
import { connectDevice } from './connect-device.js';
import { connectServer } from './connect-server.js';
import { disconnectDevice } from './disconnect-device.js';
import { disconnectServer } from './disconnect-server.js';
import { downloadSource } from './download-source.js';
import { getConfig } from './get-config.js';
import { inspectChange } from './inspect-change.js';
import { inspectDevice } from './inspect-device.js';
import { inspectServer } from './inspect-server.js';
import { installSource } from './install-source.js';
import { keepInstalled } from './keep-installed.js';
import { listInstalled } from './list-installed.js';
import { mcpNotify } from './mcp-notify.js';
import { mcpRequest } from './mcp-request.js';
import { measureUsage } from './measure-usage.js';
import { noop } from './noop.js';
import { openPrivate } from './open-private.js';
import type { Operation, OperationName } from './operation.js';
import { putDevice } from './put-device.js';
import { putServer } from './put-server.js';
import { readLog } from './read-log.js';
import { removeDevice } from './remove-device.js';
import { removeInstalled } from './remove-installed.js';
import { removeServer } from './remove-server.js';
import { runCommands } from './run-commands.js';
import { runSuite } from './run-suite.js';
import { searchLog } from './search-log.js';

import { storageStats } from './storage-stats.js';
import { switchServer } from './switch-server.js';
import { syncMcp } from './sync-mcp.js';
import { verifySource } from './verify-source.js';

/** What operations work with. */
export interface Drivers {
  readonly servers: Servers;
  readonly privates: PrivateInstances;
  readonly devices: Devices;
  readonly logs: Logs;
  readonly storage: Storage;
  readonly usage: UsageMeter;
  /** The agent's data folder. */
  readonly dataDir: string;
}

/** All operations of this agent, by name. Adding one: a file beside this one, and its line here. */
export function createOperations({
  servers,
  privates,
  devices,
  logs,
  storage,
  usage,
  dataDir,
}: Drivers): ReadonlyMap<OperationName, Operation<OperationName>> {
  const operations = [
    noop,
    callTool(servers, privates),
    mcpRequest(servers, privates),
    mcpNotify(privates),
    openPrivate(privates),
    closePrivate(privates),
    answerAsk(privates),
    syncMcp(servers, privates),
    putServer(servers),
    removeServer(servers),
    connectServer(servers),
    disconnectServer(servers),
    readLog(servers, logs),
    searchLog(servers, logs),
    inspectServer(servers),
    cleanup(storage),
    storageStats(storage),
    putDevice(devices),
    removeDevice(devices),
    connectDevice(devices),
    disconnectDevice(devices),
    inspectDevice(devices),
    runCommands(devices),
    getConfig(devices),
    applyConfig(devices),
    inspectChange(devices),
    checkSource(servers),
    downloadSource(servers),
    installSource(servers),
    verifySource(servers),
    switchServer(servers),
    listInstalled(servers),
    removeInstalled(servers),
    keepInstalled(servers),
    measureUsage(usage),
    runSuite(servers, dataDir),
  ] as readonly Operation<OperationName>[];
  return new Map(operations.map((operation) => [operation.name, operation]));
}
