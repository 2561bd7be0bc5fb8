import { alertOperations } from './alerts.js';
import { clusterOperations } from './clusters.js';
import { containerLogOperations } from './container-logs.js';
import { containerRunOperations } from './container-runs.js';
import { containerOperations } from './containers.js';
import { deploymentOperations } from './deployments.js';
import { deviceBackupOperations } from './device-backups.js';
import { deviceCommandOperations } from './device-commands.js';
import { deviceConfigOperations } from './device-configs.js';
import { deviceOperations } from './devices.js';
import { findToolsAmong } from './find-tools.js';
import { imageOperations } from './images.js';
import { jobOperations } from './jobs.js';
import { logOperations } from './logs.js';
import type { ToolOperation } from './operation.js';
import { podOperations } from './pods.js';
import { serverOperations } from './servers.js';

/** The hub's own tools, by name. Adding some: a file beside this one, and its line here. */
export const operations: readonly ToolOperation[] = [
  findToolsAmong(() => operations),
  ...serverOperations,
  ...logOperations,
  ...jobOperations,
  ...alertOperations,
  ...deviceOperations,
  ...deviceCommandOperations,
  ...deviceConfigOperations,
  ...deviceBackupOperations,
  ...containerOperations,
  ...containerLogOperations,
  ...containerRunOperations,
  ...imageOperations,
  ...clusterOperations,
  ...podOperations,
  ...deploymentOperations,
].sort((a, b) => (a.name < b.name ? -1 : 1));
