import type { Domain } from '../../domain/domain.js';
import type { Api, LimitClass } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { apiKeyEndpoints, apiKeyHandlers } from './api-keys.js';
import { dashboardEndpoints, dashboardHandlers } from './dashboard.js';
import { databaseEndpoints, databaseHandlers } from './databases.js';
import { definitionEndpoints, definitionHandlers } from './definitions.js';
import { backendEnvelope } from './envelope.js';
import { workflowRunEndpoints, workflowRunHandlers } from './workflow-runs.js';

/** `seeds/004`, "Rate Limiting". */
export const limits = {
  default: { requests: 100, windowSeconds: 60, per: 'address' },
} as const satisfies Record<string, LimitClass>;

/** The MCP Backend API (`seeds/004`). */
export function backendApi(domain: Domain): Api {
  return {
    name: 'backend',
    title: 'MCP Backend',
    version: '1.0.0',
    endpoints: [
      ...bind(definitionEndpoints, definitionHandlers(domain)),
      ...bind(workflowRunEndpoints, workflowRunHandlers(domain)),
      ...bind(databaseEndpoints, databaseHandlers(domain)),
      ...bind(dashboardEndpoints, dashboardHandlers(domain)),
      ...bind(apiKeyEndpoints, apiKeyHandlers(domain)),
    ],
    envelope: backendEnvelope,
    limits,
    defaultLimit: { read: 'default', write: 'default' },
    resetHeader: 'seconds-left',
  };
}
