import type { Domain } from '../../domain/domain.js';
import type { Api, LimitClass } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { adminEndpoints, adminHandlers } from './admin.js';
import { authEndpoints, authHandlers } from './auth.js';
import { catalogEndpoints, catalogHandlers } from './catalog.js';
import { configEndpoints, configHandlers } from './config.js';
import { portalEnvelope } from './envelope.js';
import { serverEndpoints, serverHandlers } from './servers.js';
import { statusEndpoints, statusHandlers } from './status.js';

/** `seeds/002`, "Rate Limiting". */
const limits = {
  standard: { requests: 60, windowSeconds: 60 },
  bulk: { requests: 10, windowSeconds: 60 },
  admin: { requests: 30, windowSeconds: 60 },
} as const satisfies Record<string, LimitClass>;

/** The MCP Portal API (`seeds/002`). */
export function portalApi(domain: Domain): Api {
  return {
    name: 'portal',
    title: 'MCP Portal',
    version: '1.0.0',
    endpoints: [
      ...bind(authEndpoints, authHandlers(domain)),
      ...bind(serverEndpoints, serverHandlers(domain)),
      ...bind(catalogEndpoints, catalogHandlers(domain)),
      ...bind(configEndpoints, configHandlers(domain)),
      ...bind(adminEndpoints, adminHandlers(domain)),
      ...bind(statusEndpoints, statusHandlers(domain)),
    ],
    envelope: portalEnvelope,
    limits,
    defaultLimit: { read: 'standard', write: 'standard' },
    resetHeader: 'epoch',
  };
}
