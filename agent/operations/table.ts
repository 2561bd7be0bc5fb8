import type { Logs } from '../drivers/logs/logs.js';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Storage } from '../drivers/storage/storage.js';
import type { UsageMeter } from '../drivers/usage/usage.js';
import { callTool } from './call-tool.js';
import { cleanup } from './cleanup.js';
import { connectServer } from './connect-server.js';
import { disconnectServer } from './disconnect-server.js';
import { inspectServer } from './inspect-server.js';
import { measureUsage } from './measure-usage.js';
import { noop } from './noop.js';
import type { Operation, OperationName } from './operation.js';
import { putServer } from './put-server.js';
import { readLog } from './read-log.js';
import { removeServer } from './remove-server.js';
import { searchLog } from './search-log.js';

import { storageStats } from './storage-stats.js';

/** What operations work with. */
export interface Drivers {
  readonly servers: Servers;
  readonly logs: Logs;
  readonly storage: Storage;
  readonly usage: UsageMeter;
}

/** All operations of this agent, by name. Adding one: a file beside this one, and its line here. */
export function createOperations({
  servers,
  logs,
  storage,
  usage,
}: Drivers): ReadonlyMap<OperationName, Operation<OperationName>> {
  const operations = [
    noop,
    callTool(servers),
    putServer(servers),
    removeServer(servers),
    connectServer(servers),
    disconnectServer(servers),
    readLog(servers, logs),
    searchLog(servers, logs),
    inspectServer(servers),
    cleanup(storage),
    storageStats(storage),
    measureUsage(usage),
  ] as readonly Operation<OperationName>[];
  return new Map(operations.map((operation) => [operation.name, operation]));
}
