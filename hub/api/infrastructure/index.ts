import type { Domain } from '../../domain/domain.js';
import type { Api } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { apiKeyEndpoints, apiKeyHandlers } from './api-keys.js';
import { authEndpoints, authHandlers } from './auth.js';
import { clusterHandlers } from './clusters.handlers.js';
import { clusterEndpoints } from './clusters.js';
import { deploymentHandlers } from './deployments.handlers.js';
import { deploymentEndpoints } from './deployments.js';
import { deviceConfigHandlers } from './device-config.handlers.js';
import { deviceConfigEndpoints } from './device-config.js';
import { deviceOperationHandlers } from './device-operations.handlers.js';
import { deviceOperationEndpoints } from './device-operations.js';
import { deviceHandlers } from './devices.handlers.js';
import { deviceEndpoints } from './devices.js';
import { infrastructureEnvelope } from './envelope.js';
import { limits } from './limits.js';
import { namespaceHandlers } from './namespaces.handlers.js';
import { namespaceEndpoints } from './namespaces.js';
import { podHandlers } from './pods.handlers.js';
import { podEndpoints } from './pods.js';
import { userHandlers } from './users.handlers.js';
import { userEndpoints } from './users.js';

/** The MCP Server API (`seeds/001`). */
export function infrastructureApi(domain: Domain): Api {
  return {
    name: 'infrastructure',
    title: 'MCP Server',
    version: '1.0.0',
    endpoints: [
      ...bind(authEndpoints, authHandlers(domain)),
      ...bind(userEndpoints, userHandlers(domain)),
      ...bind(apiKeyEndpoints, apiKeyHandlers(domain)),
      ...bind(clusterEndpoints, clusterHandlers(domain)),
      ...bind(namespaceEndpoints, namespaceHandlers(domain)),
      ...bind(podEndpoints, podHandlers(domain)),
      ...bind(deploymentEndpoints, deploymentHandlers(domain)),
      ...bind(deviceEndpoints, deviceHandlers(domain)),
      ...bind(deviceOperationEndpoints, deviceOperationHandlers(domain)),
      ...bind(deviceConfigEndpoints, deviceConfigHandlers(domain)),
    ],
    envelope: infrastructureEnvelope,
    limits,
    defaultLimit: { read: 'default', write: 'default' },
    resetHeader: 'epoch',
  };
}
