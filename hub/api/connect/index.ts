import type { Domain } from '../../domain/domain.js';
import type { Api } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { accessHandlers } from './access.handlers.js';
import { accessEndpoints } from './access.js';
import { agentHandlers, type JoinTokenEncoder } from './agents.handlers.js';
import { agentEndpoints } from './agents.js';
import { auditHandlers } from './audit.handlers.js';
import { auditEndpoints } from './audit.js';
import { cacheHandlers } from './cache.handlers.js';
import { cacheEndpoints } from './cache.js';
import { consentHandlers } from './consents.handlers.js';
import { consentEndpoints } from './consents.js';
import { connectEnvelope } from './envelope.js';
import { eventHandlers } from './events.handlers.js';
import { eventEndpoints } from './events.js';
import { favoriteHandlers } from './favorites.handlers.js';
import { favoriteEndpoints } from './favorites.js';
import { groupHandlers } from './groups.handlers.js';
import { groupEndpoints } from './groups.js';
import { monitorHandlers } from './monitor.handlers.js';
import { monitorEndpoints } from './monitor.js';
import { serverHandlers } from './servers.handlers.js';
import { serverEndpoints } from './servers.js';
import { templateHandlers } from './templates.handlers.js';
import { templateEndpoints } from './templates.js';
import { toolUsageHandlers } from './tool-usage.handlers.js';
import { toolUsageEndpoints } from './tool-usage.js';
import { toolHandlers } from './tools.handlers.js';
import { toolEndpoints } from './tools.js';
import { webhookHandlers } from './webhooks.handlers.js';
import { webhookEndpoints } from './webhooks.js';

/** The Connect API (`seeds/003`). */
export function connectApi(domain: Domain, encodeJoinToken: JoinTokenEncoder): Api {
  return {
    name: 'connect',
    title: 'MCP Connect',
    version: '1.0.0',
    endpoints: [
      ...bind(serverEndpoints, serverHandlers(domain)),
      ...bind(consentEndpoints, consentHandlers(domain)),
      ...bind(toolEndpoints, toolHandlers(domain)),
      ...bind(toolUsageEndpoints, toolUsageHandlers(domain)),
      ...bind(groupEndpoints, groupHandlers(domain)),
      ...bind(templateEndpoints, templateHandlers(domain)),
      ...bind(favoriteEndpoints, favoriteHandlers(domain)),
      ...bind(cacheEndpoints, cacheHandlers(domain)),
      ...bind(auditEndpoints, auditHandlers(domain)),
      ...bind(monitorEndpoints, monitorHandlers(domain)),
      ...bind(webhookEndpoints, webhookHandlers(domain)),
      ...bind(eventEndpoints, eventHandlers(domain)),
      ...bind(agentEndpoints, agentHandlers(domain, encodeJoinToken)),
      ...bind(accessEndpoints, accessHandlers(domain)),
    ],
    envelope: connectEnvelope,
    // In this document only the key's tier limits requests ("Rate Limits").
    limits: {},
    defaultLimit: { read: null, write: null },
    resetHeader: 'epoch',
  };
}
