import type { Domain } from '../../domain/domain.js';
import type { Api } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { apiKeyEndpoints, apiKeyHandlers } from './api-keys.js';
import { authEndpoints, authHandlers } from './auth.js';
import { infrastructureEnvelope } from './envelope.js';
import { limits } from './limits.js';
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
    ],
    envelope: infrastructureEnvelope,
    limits,
    defaultLimit: { read: 'default', write: 'default' },
    resetHeader: 'epoch',
  };
}
