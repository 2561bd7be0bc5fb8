import type { Domain } from '../../domain/domain.js';
import type { Api, LimitClass } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { apiKeyEndpoints, apiKeyHandlers } from './api-keys.js';
import { authEndpoints, authHandlers } from './auth.js';
import { clusterEndpoints, clusterHandlers } from './clusters.js';
import { deploymentEndpoints, deploymentHandlers } from './deployments.js';
import { deviceConfigEndpoints, deviceConfigHandlers } from './device-config.js';
import { deviceOperationEndpoints, deviceOperationHandlers } from './device-operations.js';
import { deviceEndpoints, deviceHandlers } from './devices.js';
import { dockerEndpoints, dockerHandlers } from './docker.js';
import { infrastructureEnvelope } from './envelope.js';
import { namespaceEndpoints, namespaceHandlers } from './namespaces.js';
import { podEndpoints, podHandlers } from './pods.js';
import { userEndpoints, userHandlers } from './users.js';

/** `seeds/001`, "Rate Limiting": a user counts together with all of the user's keys. */
export const limits = {
  default: { requests: 100, windowSeconds: 60, per: 'user' },
  kubernetes: { requests: 50, windowSeconds: 60, per: 'user' },
  network: { requests: 30, windowSeconds: 60, per: 'user' },
} as const satisfies Record<string, LimitClass>;

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
      ...bind(dockerEndpoints, dockerHandlers(domain)),
    ],
    envelope: infrastructureEnvelope,
    limits,
    defaultLimit: { read: 'default', write: 'default' },
    resetHeader: 'epoch',
  };
}
