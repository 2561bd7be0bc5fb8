import type { Domain } from '../../domain/domain.js';
import type { Api } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { authEndpoints, authHandlers } from './auth.js';
import { automationEnvelope } from './envelope.js';

/** The MCP Automation System API (`seeds/000`). */
export function automationApi(domain: Domain): Api {
  return {
    name: 'automation',
    title: 'MCP Automation System',
    version: '3.0.0',
    endpoints: bind(authEndpoints, authHandlers(domain)),
    envelope: automationEnvelope,
    // `seeds/000`, "Default Limits".
    limits: {
      authentication: { requests: 5, windowSeconds: 60, per: 'address' },
      read: { requests: 100, windowSeconds: 60 },
      write: { requests: 20, windowSeconds: 60 },
      update: { requests: 5, windowSeconds: 300 },
      cleanup: { requests: 2, windowSeconds: 600 },
    },
    defaultLimit: { read: 'read', write: 'write' },
    resetHeader: 'epoch',
    headers: { 'X-API-Version': 'v1' },
  };
}
