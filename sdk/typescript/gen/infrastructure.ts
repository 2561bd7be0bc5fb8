// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.
import type { Caller, CallOptions, Operation } from '../core/caller.js';
import { allPages } from '../core/pages.js';
import { followText } from '../core/streams.js';
import type { Stream, StreamOptions } from '../core/stream.js';
import type * as types from './infrastructure.types.js';

const operations = {
  login: { id: 'infrastructure.login', verb: 'POST', path: '/infrastructure/api/v1/auth/login', answer: 'data', isPublic: true },
  refresh: { id: 'infrastructure.refresh', verb: 'POST', path: '/infrastructure/api/v1/auth/refresh', answer: 'data', isPublic: true },
  logout: { id: 'infrastructure.logout', verb: 'POST', path: '/infrastructure/api/v1/auth/logout', answer: 'data' },
  listUsers: { id: 'infrastructure.listUsers', verb: 'GET', path: '/infrastructure/api/v1/users', answer: 'page' },
  createUser: { id: 'infrastructure.createUser', verb: 'POST', path: '/infrastructure/api/v1/users', answer: 'data' },
  getUser: { id: 'infrastructure.getUser', verb: 'GET', path: '/infrastructure/api/v1/users/{user_id}', answer: 'data' },
  updateUser: { id: 'infrastructure.updateUser', verb: 'PUT', path: '/infrastructure/api/v1/users/{user_id}', answer: 'data' },
  deleteUser: { id: 'infrastructure.deleteUser', verb: 'DELETE', path: '/infrastructure/api/v1/users/{user_id}', answer: 'data' },
  listApiKeys: { id: 'infrastructure.listApiKeys', verb: 'GET', path: '/infrastructure/api/v1/api-keys', answer: 'page' },
  createApiKey: { id: 'infrastructure.createApiKey', verb: 'POST', path: '/infrastructure/api/v1/api-keys', answer: 'data' },
  deleteApiKey: { id: 'infrastructure.deleteApiKey', verb: 'DELETE', path: '/infrastructure/api/v1/api-keys/{key_id}', answer: 'data' },
  listClusters: { id: 'infrastructure.listClusters', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/clusters', answer: 'page' },
  createCluster: { id: 'infrastructure.createCluster', verb: 'POST', path: '/infrastructure/api/v1/kubernetes/clusters', answer: 'data' },
  getCluster: { id: 'infrastructure.getCluster', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/clusters/{cluster_id}', answer: 'data' },
  updateCluster: { id: 'infrastructure.updateCluster', verb: 'PUT', path: '/infrastructure/api/v1/kubernetes/clusters/{cluster_id}', answer: 'data' },
  deleteCluster: { id: 'infrastructure.deleteCluster', verb: 'DELETE', path: '/infrastructure/api/v1/kubernetes/clusters/{cluster_id}', answer: 'data' },
  checkCluster: { id: 'infrastructure.checkCluster', verb: 'POST', path: '/infrastructure/api/v1/kubernetes/clusters/{cluster_id}/check', answer: 'data' },
  listNamespaces: { id: 'infrastructure.listNamespaces', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces', answer: 'page' },
  createNamespace: { id: 'infrastructure.createNamespace', verb: 'POST', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces', answer: 'data' },
  listPods: { id: 'infrastructure.listPods', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods', answer: 'page' },
  getPod: { id: 'infrastructure.getPod', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}', answer: 'data' },
  readPodLog: { id: 'infrastructure.readPodLog', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs', answer: 'data' },
  execInPod: { id: 'infrastructure.execInPod', verb: 'POST', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec', answer: 'data' },
  openPodTerminal: { id: 'infrastructure.openPodTerminal', verb: 'POST', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/terminals', answer: 'data' },
  listDeployments: { id: 'infrastructure.listDeployments', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments', answer: 'page' },
  createDeployment: { id: 'infrastructure.createDeployment', verb: 'POST', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments', answer: 'data' },
  getDeployment: { id: 'infrastructure.getDeployment', verb: 'GET', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}', answer: 'data' },
  scaleDeployment: { id: 'infrastructure.scaleDeployment', verb: 'PUT', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale', answer: 'data' },
  restartDeployment: { id: 'infrastructure.restartDeployment', verb: 'POST', path: '/infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/restart', answer: 'data' },
  listDevices: { id: 'infrastructure.listDevices', verb: 'GET', path: '/infrastructure/api/v1/network/devices', answer: 'page' },
  createDevice: { id: 'infrastructure.createDevice', verb: 'POST', path: '/infrastructure/api/v1/network/devices', answer: 'data' },
  getDevice: { id: 'infrastructure.getDevice', verb: 'GET', path: '/infrastructure/api/v1/network/devices/{device_id}', answer: 'data' },
  updateDevice: { id: 'infrastructure.updateDevice', verb: 'PUT', path: '/infrastructure/api/v1/network/devices/{device_id}', answer: 'data' },
  deleteDevice: { id: 'infrastructure.deleteDevice', verb: 'DELETE', path: '/infrastructure/api/v1/network/devices/{device_id}', answer: 'data' },
  connectDevice: { id: 'infrastructure.connectDevice', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/connect', answer: 'data' },
  disconnectDevice: { id: 'infrastructure.disconnectDevice', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/disconnect', answer: 'data' },
  runCommand: { id: 'infrastructure.runCommand', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/command', answer: 'data' },
  runCommands: { id: 'infrastructure.runCommands', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/commands', answer: 'data' },
  getConfig: { id: 'infrastructure.getConfig', verb: 'GET', path: '/infrastructure/api/v1/network/devices/{device_id}/config', answer: 'data' },
  putConfig: { id: 'infrastructure.putConfig', verb: 'PUT', path: '/infrastructure/api/v1/network/devices/{device_id}/config', answer: 'data' },
  commitConfig: { id: 'infrastructure.commitConfig', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/config/commit', answer: 'data' },
  rollbackConfig: { id: 'infrastructure.rollbackConfig', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/config/rollback', answer: 'data' },
  backupConfig: { id: 'infrastructure.backupConfig', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/config/backup', answer: 'data' },
  listBackups: { id: 'infrastructure.listBackups', verb: 'GET', path: '/infrastructure/api/v1/network/devices/{device_id}/config/backups', answer: 'page' },
  restoreConfig: { id: 'infrastructure.restoreConfig', verb: 'POST', path: '/infrastructure/api/v1/network/devices/{device_id}/config/restore', answer: 'data' },
  getBackup: { id: 'infrastructure.getBackup', verb: 'GET', path: '/infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}', answer: 'data' },
  deleteBackup: { id: 'infrastructure.deleteBackup', verb: 'DELETE', path: '/infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}', answer: 'data' },
  getCandidate: { id: 'infrastructure.getCandidate', verb: 'GET', path: '/infrastructure/api/v1/network/devices/{device_id}/config/candidate', answer: 'data' },
  listChanges: { id: 'infrastructure.listChanges', verb: 'GET', path: '/infrastructure/api/v1/network/devices/{device_id}/config/changes', answer: 'page' },
  listDockerHosts: { id: 'infrastructure.listDockerHosts', verb: 'GET', path: '/infrastructure/api/v1/docker/hosts', answer: 'data' },
  listContainers: { id: 'infrastructure.listContainers', verb: 'GET', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers', answer: 'page' },
  getContainer: { id: 'infrastructure.getContainer', verb: 'GET', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}', answer: 'data' },
  startContainer: { id: 'infrastructure.startContainer', verb: 'POST', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/start', answer: 'data' },
  stopContainer: { id: 'infrastructure.stopContainer', verb: 'POST', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/stop', answer: 'data' },
  restartContainer: { id: 'infrastructure.restartContainer', verb: 'POST', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/restart', answer: 'data' },
  readContainerLog: { id: 'infrastructure.readContainerLog', verb: 'GET', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs', answer: 'data' },
  execInContainer: { id: 'infrastructure.execInContainer', verb: 'POST', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/exec', answer: 'data' },
  openContainerTerminal: { id: 'infrastructure.openContainerTerminal', verb: 'POST', path: '/infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/terminals', answer: 'data' },
  listImages: { id: 'infrastructure.listImages', verb: 'GET', path: '/infrastructure/api/v1/docker/hosts/{host_id}/images', answer: 'page' },
} as const satisfies Record<string, Operation>;

/** `auth` of the MCP Server API. */
export class InfrastructureAuth {
  constructor(private readonly caller: Caller) {}

  /**
   * Sign in with user name and password.
   *
   * `POST /infrastructure/api/v1/auth/login` · public
   */
  login(body: types.LoginBody, options?: CallOptions): Promise<types.LoginResult> {
    return this.caller.call(operations.login, [], body, undefined, options);
  }

  /**
   * Exchange a refresh token for a new pair; the old one is spent.
   *
   * `POST /infrastructure/api/v1/auth/refresh` · public
   */
  refresh(body: types.RefreshBody, options?: CallOptions): Promise<types.RefreshResult> {
    return this.caller.call(operations.refresh, [], body, undefined, options);
  }

  /**
   * Sign out: the access token and its refresh token are refused from now on.
   *
   * `POST /infrastructure/api/v1/auth/logout` · permission `authenticated`
   */
  logout(options?: CallOptions): Promise<types.LogoutResult> {
    return this.caller.call(operations.logout, [], undefined, undefined, options);
  }
}

/** `users` of the MCP Server API. */
export class InfrastructureUsers {
  constructor(private readonly caller: Caller) {}

  /**
   * List all users.
   *
   * `GET /infrastructure/api/v1/users` · permission `user.manage`
   */
  list(query?: types.ListUsersQuery, options?: CallOptions): Promise<types.ListUsersResult> {
    return this.caller.call(operations.listUsers, [], undefined, query, options);
  }

  /**
   * List all users.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/users` · permission `user.manage`
   */
  listAll(query: types.ListUsersQuery = {}, options?: CallOptions): AsyncGenerator<types.ListUsersResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.list(page, options));
  }

  /**
   * Create a user.
   *
   * `POST /infrastructure/api/v1/users` · permission `user.manage`
   */
  create(body: types.CreateUserBody, options?: CallOptions): Promise<types.CreateUserResult> {
    return this.caller.call(operations.createUser, [], body, undefined, options);
  }

  /**
   * Get a user.
   *
   * `GET /infrastructure/api/v1/users/{user_id}` · permission `authenticated`
   * @param userId Id, or `me`.
   */
  get(userId: string, options?: CallOptions): Promise<types.GetUserResult> {
    return this.caller.call(operations.getUser, [userId], undefined, undefined, options);
  }

  /**
   * Update a user.
   *
   * `PUT /infrastructure/api/v1/users/{user_id}` · permission `authenticated`
   * @param userId Id, or `me`.
   */
  update(userId: string, body: types.UpdateUserBody, options?: CallOptions): Promise<types.UpdateUserResult> {
    return this.caller.call(operations.updateUser, [userId], body, undefined, options);
  }

  /**
   * Delete a user.
   *
   * `DELETE /infrastructure/api/v1/users/{user_id}` · permission `user.manage`
   * @param userId Id, or `me`.
   */
  delete(userId: string, options?: CallOptions): Promise<types.DeleteUserResult> {
    return this.caller.call(operations.deleteUser, [userId], undefined, undefined, options);
  }
}

/** `apiKeys` of the MCP Server API. */
export class InfrastructureApiKeys {
  constructor(private readonly caller: Caller) {}

  /**
   * List the current user's API keys.
   *
   * `GET /infrastructure/api/v1/api-keys` · permission `authenticated`
   */
  list(query?: types.ListApiKeysQuery, options?: CallOptions): Promise<types.ListApiKeysResult> {
    return this.caller.call(operations.listApiKeys, [], undefined, query, options);
  }

  /**
   * List the current user's API keys.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/api-keys` · permission `authenticated`
   */
  listAll(query: types.ListApiKeysQuery = {}, options?: CallOptions): AsyncGenerator<types.ListApiKeysResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.list(page, options));
  }

  /**
   * Create an API key.
   *
   * `POST /infrastructure/api/v1/api-keys` · permission `authenticated`
   */
  create(body: types.CreateApiKeyBody, options?: CallOptions): Promise<types.CreateApiKeyResult> {
    return this.caller.call(operations.createApiKey, [], body, undefined, options);
  }

  /**
   * Delete one of the current user's API keys; it is refused from the next request on.
   *
   * `DELETE /infrastructure/api/v1/api-keys/{key_id}` · permission `authenticated`
   * @param keyId Id of the key.
   */
  delete(keyId: string, options?: CallOptions): Promise<types.DeleteApiKeyResult> {
    return this.caller.call(operations.deleteApiKey, [keyId], undefined, undefined, options);
  }
}

/** `kubernetes` of the MCP Server API. */
export class InfrastructureKubernetes {
  constructor(private readonly caller: Caller) {}

  /**
   * List all Kubernetes clusters.
   *
   * `GET /infrastructure/api/v1/kubernetes/clusters` · permission `cluster.read`
   */
  listClusters(query?: types.ListClustersQuery, options?: CallOptions): Promise<types.ListClustersResult> {
    return this.caller.call(operations.listClusters, [], undefined, query, options);
  }

  /**
   * List all Kubernetes clusters.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/kubernetes/clusters` · permission `cluster.read`
   */
  listClustersAll(query: types.ListClustersQuery = {}, options?: CallOptions): AsyncGenerator<types.ListClustersResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listClusters(page, options));
  }

  /**
   * Add a Kubernetes cluster.
   *
   * `POST /infrastructure/api/v1/kubernetes/clusters` · permission `cluster.write`
   */
  createCluster(body: types.CreateClusterBody, options?: CallOptions): Promise<types.CreateClusterResult> {
    return this.caller.call(operations.createCluster, [], body, undefined, options);
  }

  /**
   * Get a Kubernetes cluster.
   *
   * `GET /infrastructure/api/v1/kubernetes/clusters/{cluster_id}` · permission `cluster.read`
   * @param clusterId Id or name.
   */
  getCluster(clusterId: string, options?: CallOptions): Promise<types.GetClusterResult> {
    return this.caller.call(operations.getCluster, [clusterId], undefined, undefined, options);
  }

  /**
   * Update a Kubernetes cluster.
   *
   * `PUT /infrastructure/api/v1/kubernetes/clusters/{cluster_id}` · permission `cluster.write`
   * @param clusterId Id or name.
   */
  updateCluster(clusterId: string, body: types.UpdateClusterBody, options?: CallOptions): Promise<types.UpdateClusterResult> {
    return this.caller.call(operations.updateCluster, [clusterId], body, undefined, options);
  }

  /**
   * Remove a Kubernetes cluster.
   *
   * `DELETE /infrastructure/api/v1/kubernetes/clusters/{cluster_id}` · permission `cluster.write`
   * @param clusterId Id or name.
   */
  deleteCluster(clusterId: string, options?: CallOptions): Promise<types.DeleteClusterResult> {
    return this.caller.call(operations.deleteCluster, [clusterId], undefined, undefined, options);
  }

  /**
   * Check a Kubernetes cluster now.
   *
   * `POST /infrastructure/api/v1/kubernetes/clusters/{cluster_id}/check` · permission `cluster.read` · extension
   * @param clusterId Id or name.
   */
  checkCluster(clusterId: string, options?: CallOptions): Promise<types.CheckClusterResult> {
    return this.caller.call(operations.checkCluster, [clusterId], undefined, undefined, options);
  }

  /**
   * List all namespaces in a cluster.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces` · permission `cluster.read`
   * @param clusterId Id or name.
   */
  listNamespaces(clusterId: string, query?: types.ListNamespacesQuery, options?: CallOptions): Promise<types.ListNamespacesResult> {
    return this.caller.call(operations.listNamespaces, [clusterId], undefined, query, options);
  }

  /**
   * List all namespaces in a cluster.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces` · permission `cluster.read`
   * @param clusterId Id or name.
   */
  listNamespacesAll(clusterId: string, query: types.ListNamespacesQuery = {}, options?: CallOptions): AsyncGenerator<types.ListNamespacesResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listNamespaces(clusterId, page, options));
  }

  /**
   * Create a namespace.
   *
   * `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces` · permission `cluster.operate`
   * @param clusterId Id or name.
   */
  createNamespace(clusterId: string, body: types.CreateNamespaceBody, options?: CallOptions): Promise<types.CreateNamespaceResult> {
    return this.caller.call(operations.createNamespace, [clusterId], body, undefined, options);
  }

  /**
   * List all pods in a namespace.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods` · permission `cluster.read`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   */
  listPods(clusterId: string, namespace: string, query?: types.ListPodsQuery, options?: CallOptions): Promise<types.ListPodsResult> {
    return this.caller.call(operations.listPods, [clusterId, namespace], undefined, query, options);
  }

  /**
   * List all pods in a namespace.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods` · permission `cluster.read`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   */
  listPodsAll(clusterId: string, namespace: string, query: types.ListPodsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListPodsResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listPods(clusterId, namespace, page, options));
  }

  /**
   * Get a pod.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}` · permission `cluster.read`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param podName Name.
   */
  getPod(clusterId: string, namespace: string, podName: string, options?: CallOptions): Promise<types.GetPodResult> {
    return this.caller.call(operations.getPod, [clusterId, namespace, podName], undefined, undefined, options);
  }

  /**
   * Get logs for a pod.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs` · permission `cluster.logs`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param podName Name.
   */
  readPodLog(clusterId: string, namespace: string, podName: string, query?: types.ReadPodLogQuery, options?: CallOptions): Promise<types.ReadPodLogResult> {
    return this.caller.call(operations.readPodLog, [clusterId, namespace, podName], undefined, query, options);
  }

  /**
   * Get logs for a pod.
   * As it goes on, line by line, until it ends or the stream is closed.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs` · permission `cluster.logs`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param podName Name.
   */
  followPodLog(clusterId: string, namespace: string, podName: string, query?: types.ReadPodLogQuery, options?: StreamOptions): Stream<string> {
    return followText(this.caller, operations.readPodLog, [clusterId, namespace, podName], undefined, query, options, "follow");
  }

  /**
   * Execute a command in a pod.
   *
   * `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec` · permission `cluster.execute`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param podName Name.
   */
  execInPod(clusterId: string, namespace: string, podName: string, body: types.ExecInPodBody, options?: CallOptions): Promise<types.ExecInPodResult> {
    return this.caller.call(operations.execInPod, [clusterId, namespace, podName], body, undefined, options);
  }

  /**
   * Open a terminal in a pod.
   *
   * `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/terminals` · permission `cluster.execute` · extension
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param podName Name.
   */
  openPodTerminal(clusterId: string, namespace: string, podName: string, body?: types.OpenPodTerminalBody, options?: CallOptions): Promise<types.OpenPodTerminalResult> {
    return this.caller.call(operations.openPodTerminal, [clusterId, namespace, podName], body, undefined, options);
  }

  /**
   * List all deployments in a namespace.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments` · permission `cluster.read`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   */
  listDeployments(clusterId: string, namespace: string, query?: types.ListDeploymentsQuery, options?: CallOptions): Promise<types.ListDeploymentsResult> {
    return this.caller.call(operations.listDeployments, [clusterId, namespace], undefined, query, options);
  }

  /**
   * List all deployments in a namespace.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments` · permission `cluster.read`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   */
  listDeploymentsAll(clusterId: string, namespace: string, query: types.ListDeploymentsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListDeploymentsResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listDeployments(clusterId, namespace, page, options));
  }

  /**
   * Create a deployment.
   *
   * `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments` · permission `cluster.execute`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   */
  createDeployment(clusterId: string, namespace: string, body: types.CreateDeploymentBody, options?: CallOptions): Promise<types.CreateDeploymentResult> {
    return this.caller.call(operations.createDeployment, [clusterId, namespace], body, undefined, options);
  }

  /**
   * Get a deployment.
   *
   * `GET /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}` · permission `cluster.read` · extension
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param deploymentName Name.
   */
  getDeployment(clusterId: string, namespace: string, deploymentName: string, options?: CallOptions): Promise<types.GetDeploymentResult> {
    return this.caller.call(operations.getDeployment, [clusterId, namespace, deploymentName], undefined, undefined, options);
  }

  /**
   * Scale a deployment.
   *
   * `PUT /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale` · permission `cluster.operate`
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param deploymentName Name.
   */
  scaleDeployment(clusterId: string, namespace: string, deploymentName: string, body: types.ScaleDeploymentBody, options?: CallOptions): Promise<types.ScaleDeploymentResult> {
    return this.caller.call(operations.scaleDeployment, [clusterId, namespace, deploymentName], body, undefined, options);
  }

  /**
   * Restart a deployment.
   *
   * `POST /infrastructure/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/restart` · permission `cluster.operate` · extension
   * @param clusterId Id or name.
   * @param namespace By RFC 1123, as the names of all that is in a cluster.
   * @param deploymentName Name.
   */
  restartDeployment(clusterId: string, namespace: string, deploymentName: string, options?: CallOptions): Promise<types.RestartDeploymentResult> {
    return this.caller.call(operations.restartDeployment, [clusterId, namespace, deploymentName], undefined, undefined, options);
  }
}

/** `network` of the MCP Server API. */
export class InfrastructureNetwork {
  constructor(private readonly caller: Caller) {}

  /**
   * List all network devices.
   *
   * `GET /infrastructure/api/v1/network/devices` · permission `device.read`
   */
  listDevices(query?: types.ListDevicesQuery, options?: CallOptions): Promise<types.ListDevicesResult> {
    return this.caller.call(operations.listDevices, [], undefined, query, options);
  }

  /**
   * List all network devices.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/network/devices` · permission `device.read`
   */
  listDevicesAll(query: types.ListDevicesQuery = {}, options?: CallOptions): AsyncGenerator<types.ListDevicesResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listDevices(page, options));
  }

  /**
   * Add a network device.
   *
   * `POST /infrastructure/api/v1/network/devices` · permission `device.write`
   */
  createDevice(body: types.CreateDeviceBody, options?: CallOptions): Promise<types.CreateDeviceResult> {
    return this.caller.call(operations.createDevice, [], body, undefined, options);
  }

  /**
   * Get a network device.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}` · permission `device.read`
   * @param deviceId Id or name.
   */
  getDevice(deviceId: string, options?: CallOptions): Promise<types.GetDeviceResult> {
    return this.caller.call(operations.getDevice, [deviceId], undefined, undefined, options);
  }

  /**
   * Update a network device.
   *
   * `PUT /infrastructure/api/v1/network/devices/{device_id}` · permission `device.write`
   * @param deviceId Id or name.
   */
  updateDevice(deviceId: string, body: types.UpdateDeviceBody, options?: CallOptions): Promise<types.UpdateDeviceResult> {
    return this.caller.call(operations.updateDevice, [deviceId], body, undefined, options);
  }

  /**
   * Remove a network device.
   *
   * `DELETE /infrastructure/api/v1/network/devices/{device_id}` · permission `device.write`
   * @param deviceId Id or name.
   */
  deleteDevice(deviceId: string, options?: CallOptions): Promise<types.DeleteDeviceResult> {
    return this.caller.call(operations.deleteDevice, [deviceId], undefined, undefined, options);
  }

  /**
   * Connect to a network device.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/connect` · permission `device.operate`
   * @param deviceId Id or name.
   */
  connectDevice(deviceId: string, options?: CallOptions): Promise<types.ConnectDeviceResult> {
    return this.caller.call(operations.connectDevice, [deviceId], undefined, undefined, options);
  }

  /**
   * Disconnect from a network device.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/disconnect` · permission `device.operate`
   * @param deviceId Id or name.
   */
  disconnectDevice(deviceId: string, options?: CallOptions): Promise<types.DisconnectDeviceResult> {
    return this.caller.call(operations.disconnectDevice, [deviceId], undefined, undefined, options);
  }

  /**
   * Execute a command on a network device.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/command` · permission `device.command`
   * @param deviceId Id or name.
   */
  runCommand(deviceId: string, body: types.RunCommandBody, options?: CallOptions): Promise<types.RunCommandResult> {
    return this.caller.call(operations.runCommand, [deviceId], body, undefined, options);
  }

  /**
   * Execute multiple commands on a network device, one after the other.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/commands` · permission `device.command`
   * @param deviceId Id or name.
   */
  runCommands(deviceId: string, body: types.RunCommandsBody, options?: CallOptions): Promise<types.RunCommandsResult> {
    return this.caller.call(operations.runCommands, [deviceId], body, undefined, options);
  }

  /**
   * Get the configuration of a network device.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}/config` · permission `device.command`
   * @param deviceId Id or name.
   */
  getConfig(deviceId: string, query?: types.GetConfigQuery, options?: CallOptions): Promise<types.GetConfigResult> {
    return this.caller.call(operations.getConfig, [deviceId], undefined, query, options);
  }

  /**
   * Update the configuration of a network device.
   *
   * `PUT /infrastructure/api/v1/network/devices/{device_id}/config` · permission `device.change`
   * @param deviceId Id or name.
   */
  putConfig(deviceId: string, body: types.PutConfigBody, options?: CallOptions): Promise<types.PutConfigResult> {
    return this.caller.call(operations.putConfig, [deviceId], body, undefined, options);
  }

  /**
   * Commit the candidate configuration.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/config/commit` · permission `device.change`
   * @param deviceId Id or name.
   */
  commitConfig(deviceId: string, options?: CallOptions): Promise<types.CommitConfigResult> {
    return this.caller.call(operations.commitConfig, [deviceId], undefined, undefined, options);
  }

  /**
   * Roll configuration changes back.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/config/rollback` · permission `device.change`
   * @param deviceId Id or name.
   */
  rollbackConfig(deviceId: string, body?: types.RollbackConfigBody, options?: CallOptions): Promise<types.RollbackConfigResult> {
    return this.caller.call(operations.rollbackConfig, [deviceId], body, undefined, options);
  }

  /**
   * Create a backup of the device configuration.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/config/backup` · permission `device.operate`
   * @param deviceId Id or name.
   */
  backupConfig(deviceId: string, body?: types.BackupConfigBody, options?: CallOptions): Promise<types.BackupConfigResult> {
    return this.caller.call(operations.backupConfig, [deviceId], body, undefined, options);
  }

  /**
   * List configuration backups for a device.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}/config/backups` · permission `device.read`
   * @param deviceId Id or name.
   */
  listBackups(deviceId: string, query?: types.ListBackupsQuery, options?: CallOptions): Promise<types.ListBackupsResult> {
    return this.caller.call(operations.listBackups, [deviceId], undefined, query, options);
  }

  /**
   * List configuration backups for a device.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}/config/backups` · permission `device.read`
   * @param deviceId Id or name.
   */
  listBackupsAll(deviceId: string, query: types.ListBackupsQuery = {}, options?: CallOptions): AsyncGenerator<types.ListBackupsResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listBackups(deviceId, page, options));
  }

  /**
   * Restore a configuration backup.
   *
   * `POST /infrastructure/api/v1/network/devices/{device_id}/config/restore` · permission `device.change`
   * @param deviceId Id or name.
   */
  restoreConfig(deviceId: string, body: types.RestoreConfigBody, options?: CallOptions): Promise<types.RestoreConfigResult> {
    return this.caller.call(operations.restoreConfig, [deviceId], body, undefined, options);
  }

  /**
   * Get a configuration backup with its text.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}` · permission `device.command` · extension
   * @param deviceId Id or name.
   * @param backupId Id of the backup.
   */
  getBackup(deviceId: string, backupId: string, options?: CallOptions): Promise<types.GetBackupResult> {
    return this.caller.call(operations.getBackup, [deviceId, backupId], undefined, undefined, options);
  }

  /**
   * Delete a configuration backup.
   *
   * `DELETE /infrastructure/api/v1/network/devices/{device_id}/config/backups/{backup_id}` · permission `device.operate` · extension
   * @param deviceId Id or name.
   * @param backupId Id of the backup.
   */
  deleteBackup(deviceId: string, backupId: string, options?: CallOptions): Promise<types.DeleteBackupResult> {
    return this.caller.call(operations.deleteBackup, [deviceId, backupId], undefined, undefined, options);
  }

  /**
   * Get the candidate configuration that the hub keeps for a device.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}/config/candidate` · permission `device.command` · extension
   * @param deviceId Id or name.
   */
  getCandidate(deviceId: string, options?: CallOptions): Promise<types.GetCandidateResult> {
    return this.caller.call(operations.getCandidate, [deviceId], undefined, undefined, options);
  }

  /**
   * List the changes of a device's configuration.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}/config/changes` · permission `device.command` · extension
   * @param deviceId Id or name.
   */
  listChanges(deviceId: string, query?: types.ListChangesQuery, options?: CallOptions): Promise<types.ListChangesResult> {
    return this.caller.call(operations.listChanges, [deviceId], undefined, query, options);
  }

  /**
   * List the changes of a device's configuration.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/network/devices/{device_id}/config/changes` · permission `device.command` · extension
   * @param deviceId Id or name.
   */
  listChangesAll(deviceId: string, query: types.ListChangesQuery = {}, options?: CallOptions): AsyncGenerator<types.ListChangesResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listChanges(deviceId, page, options));
  }
}

/** `docker` of the MCP Server API. */
export class InfrastructureDocker {
  constructor(private readonly caller: Caller) {}

  /**
   * List the Docker hosts.
   *
   * `GET /infrastructure/api/v1/docker/hosts` · permission `docker.read` · extension
   */
  listHosts(options?: CallOptions): Promise<types.ListDockerHostsResult> {
    return this.caller.call(operations.listDockerHosts, [], undefined, undefined, options);
  }

  /**
   * List the containers of a Docker host.
   *
   * `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers` · permission `docker.read` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   */
  listContainers(hostId: string, query?: types.ListContainersQuery, options?: CallOptions): Promise<types.ListContainersResult> {
    return this.caller.call(operations.listContainers, [hostId], undefined, query, options);
  }

  /**
   * List the containers of a Docker host.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers` · permission `docker.read` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   */
  listContainersAll(hostId: string, query: types.ListContainersQuery = {}, options?: CallOptions): AsyncGenerator<types.ListContainersResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listContainers(hostId, page, options));
  }

  /**
   * Get a container.
   *
   * `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}` · permission `docker.read` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  getContainer(hostId: string, container: string, options?: CallOptions): Promise<types.GetContainerResult> {
    return this.caller.call(operations.getContainer, [hostId, container], undefined, undefined, options);
  }

  /**
   * Start a container.
   *
   * `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/start` · permission `docker.operate` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  startContainer(hostId: string, container: string, options?: CallOptions): Promise<types.StartContainerResult> {
    return this.caller.call(operations.startContainer, [hostId, container], undefined, undefined, options);
  }

  /**
   * Stop a container.
   *
   * `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/stop` · permission `docker.operate` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  stopContainer(hostId: string, container: string, body?: types.StopContainerBody, options?: CallOptions): Promise<types.StopContainerResult> {
    return this.caller.call(operations.stopContainer, [hostId, container], body, undefined, options);
  }

  /**
   * Restart a container.
   *
   * `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/restart` · permission `docker.operate` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  restartContainer(hostId: string, container: string, body?: types.RestartContainerBody, options?: CallOptions): Promise<types.RestartContainerResult> {
    return this.caller.call(operations.restartContainer, [hostId, container], body, undefined, options);
  }

  /**
   * Get logs for a container.
   *
   * `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs` · permission `docker.logs` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  readContainerLog(hostId: string, container: string, query?: types.ReadContainerLogQuery, options?: CallOptions): Promise<types.ReadContainerLogResult> {
    return this.caller.call(operations.readContainerLog, [hostId, container], undefined, query, options);
  }

  /**
   * Get logs for a container.
   * As it goes on, line by line, until it ends or the stream is closed.
   *
   * `GET /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/logs` · permission `docker.logs` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  followContainerLog(hostId: string, container: string, query?: types.ReadContainerLogQuery, options?: StreamOptions): Stream<string> {
    return followText(this.caller, operations.readContainerLog, [hostId, container], undefined, query, options, "follow");
  }

  /**
   * Execute a command in a container.
   *
   * `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/exec` · permission `docker.execute` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  execInContainer(hostId: string, container: string, body: types.ExecInContainerBody, options?: CallOptions): Promise<types.ExecInContainerResult> {
    return this.caller.call(operations.execInContainer, [hostId, container], body, undefined, options);
  }

  /**
   * Open a terminal in a container.
   *
   * `POST /infrastructure/api/v1/docker/hosts/{host_id}/containers/{container}/terminals` · permission `docker.execute` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   * @param container Id or name of the container.
   */
  openContainerTerminal(hostId: string, container: string, body?: types.OpenContainerTerminalBody, options?: CallOptions): Promise<types.OpenContainerTerminalResult> {
    return this.caller.call(operations.openContainerTerminal, [hostId, container], body, undefined, options);
  }

  /**
   * List the images of a Docker host.
   *
   * `GET /infrastructure/api/v1/docker/hosts/{host_id}/images` · permission `docker.read` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   */
  listImages(hostId: string, query?: types.ListImagesQuery, options?: CallOptions): Promise<types.ListImagesResult> {
    return this.caller.call(operations.listImages, [hostId], undefined, query, options);
  }

  /**
   * List the images of a Docker host.
   * Iterates over the items of all pages, from the page that `query` names on.
   *
   * `GET /infrastructure/api/v1/docker/hosts/{host_id}/images` · permission `docker.read` · extension
   * @param hostId Id or name of the agent whose machine has the Docker Engine.
   */
  listImagesAll(hostId: string, query: types.ListImagesQuery = {}, options?: CallOptions): AsyncGenerator<types.ListImagesResult["data"][number], void, undefined> {
    return allPages(query, "page", "data", (page) => this.listImages(hostId, page, options));
  }
}

/** The MCP Server API, noun by noun. */
export class Infrastructure {
  readonly auth: InfrastructureAuth;
  readonly users: InfrastructureUsers;
  readonly apiKeys: InfrastructureApiKeys;
  readonly kubernetes: InfrastructureKubernetes;
  readonly network: InfrastructureNetwork;
  readonly docker: InfrastructureDocker;

  constructor(caller: Caller) {
    this.auth = new InfrastructureAuth(caller);
    this.users = new InfrastructureUsers(caller);
    this.apiKeys = new InfrastructureApiKeys(caller);
    this.kubernetes = new InfrastructureKubernetes(caller);
    this.network = new InfrastructureNetwork(caller);
    this.docker = new InfrastructureDocker(caller);
  }
}
