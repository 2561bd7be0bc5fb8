import { alertOperations } from './alerts.js';
import { clusterOperations } from './clusters/clusters.js';
import { deploymentOperations } from './clusters/deployments.js';
import { podOperations } from './clusters/pods.js';
import { deviceCommandOperations } from './devices/commands.js';
import { deviceBackupOperations, deviceConfigOperations } from './devices/configs.js';
import { deviceOperations } from './devices/devices.js';
import { containerRunOperations } from './docker/container-runs.js';
import { containerLogOperations, containerOperations } from './docker/containers.js';
import { imageOperations } from './docker/images.js';
import { findToolsAmong } from './find-tools.js';
import { jobOperations } from './jobs.js';
import { logOperations } from './logs.js';
import type { ToolOperation } from './operation.js';
import { serverOperations } from './servers.js';

/** The hub's own tools, by name. To add tools: a file in this folder, and its line here. */
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
