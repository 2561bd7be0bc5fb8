import type { DatabaseProbes } from '../drivers/databases/probes.js';
import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import type { Logs } from '../drivers/logs/logs.js';
import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Devices } from '../drivers/network/devices.js';
import type { Storage } from '../drivers/storage/storage.js';
import type { UsageMeter } from '../drivers/usage/usage.js';
import { answerAsk } from './answer-ask.js';
import { applyConfig } from './apply-config.js';
import { authorizeServer } from './authorize-server.js';
import { callTool } from './call-tool.js';
import { checkDatabase } from './check-database.js';
import { checkSource } from './check-source.js';
import { cleanup } from './cleanup.js';
import { closePrivate } from './close-private.js';
import { connectDevice } from './connect-device.js';
import { connectServer } from './connect-server.js';
import { disconnectDevice } from './disconnect-device.js';
import { disconnectServer } from './disconnect-server.js';
import { containerStats } from './docker-container-stats.js';
import { execContainer } from './docker-exec-container.js';
import { dockerInfo } from './docker-info.js';
import { inspectContainer } from './docker-inspect-container.js';
import { listContainers } from './docker-list-containers.js';
import { listImages } from './docker-list-images.js';
import { pullImage } from './docker-pull-image.js';
import { readContainerLog } from './docker-read-container-log.js';
import { removeContainer } from './docker-remove-container.js';
import { removeImage } from './docker-remove-image.js';
import { restartContainer } from './docker-restart-container.js';
import { runContainer } from './docker-run-container.js';
import { startContainer } from './docker-start-container.js';
import { stopContainer } from './docker-stop-container.js';
import { downloadSource } from './download-source.js';
import { getConfig } from './get-config.js';
import { inspectChange } from './inspect-change.js';
import { inspectDevice } from './inspect-device.js';
import { inspectServer } from './inspect-server.js';
import { installSource } from './install-source.js';
import { keepInstalled } from './keep-installed.js';
import { checkCluster } from './kubernetes-check-cluster.js';
import { createDeployment } from './kubernetes-create-deployment.js';
import { createNamespace } from './kubernetes-create-namespace.js';
import { execPod } from './kubernetes-exec-pod.js';
import { getDeployment } from './kubernetes-get-deployment.js';
import { getPod } from './kubernetes-get-pod.js';
import { listDeployments } from './kubernetes-list-deployments.js';
import { listNamespaces } from './kubernetes-list-namespaces.js';
import { listPods } from './kubernetes-list-pods.js';
import { readPodLog } from './kubernetes-read-pod-log.js';
import { scaleDeployment } from './kubernetes-scale-deployment.js';
import { streamExecPod } from './kubernetes-stream-exec-pod.js';
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

/** The parts that operations work with. */
export interface Drivers {
  readonly servers: Servers;
  readonly privates: PrivateInstances;
  readonly devices: Devices;
  readonly docker: DockerHost;
  readonly kubernetes: Kubernetes;
  readonly logs: Logs;
  readonly storage: Storage;
  readonly usage: UsageMeter;
  readonly databases: DatabaseProbes;
  /** The agent's data folder. */
  readonly dataDir: string;
}

/** All operations of this agent, by name. To add an operation: a file in this folder, and its line here. */
export function createOperations({
  servers,
  privates,
  devices,
  docker,
  kubernetes,
  logs,
  storage,
  usage,
  databases,
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
    removeServer(servers, privates),
    connectServer(servers),
    authorizeServer(servers),
    disconnectServer(servers, privates),
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
    dockerInfo(docker),
    listContainers(docker),
    inspectContainer(docker),
    readContainerLog(docker),
    startContainer(docker),
    stopContainer(docker),
    restartContainer(docker),
    removeContainer(docker),
    runContainer(docker),
    execContainer(docker),
    containerStats(docker),
    listImages(docker),
    pullImage(docker),
    removeImage(docker),
    checkCluster(kubernetes),
    listNamespaces(kubernetes),
    createNamespace(kubernetes),
    listPods(kubernetes),
    getPod(kubernetes),
    readPodLog(kubernetes),
    execPod(kubernetes),
    streamExecPod(kubernetes),
    listDeployments(kubernetes),
    getDeployment(kubernetes),
    createDeployment(kubernetes),
    scaleDeployment(kubernetes),
    checkSource(servers),
    downloadSource(servers),
    installSource(servers),
    verifySource(servers),
    switchServer(servers),
    listInstalled(servers),
    removeInstalled(servers),
    keepInstalled(servers),
    measureUsage(usage),
    checkDatabase(databases),
    runSuite(servers, dataDir),
  ] as readonly Operation<OperationName>[];
  return new Map(operations.map((operation) => [operation.name, operation]));
}
