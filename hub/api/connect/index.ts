import type { Domain } from '../../domain/domain.js';
import type { Api } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import type { SessionCookies } from '../../http/request/session-cookies.js';
import { accessEndpoints, accessHandlers } from './access.js';
import { agentEndpoints, agentHandlers, type JoinTokenEncoder } from './agents.js';
import { auditEndpoints, auditHandlers } from './audit.js';
import { cacheEndpoints, cacheHandlers } from './cache.js';
import { consentEndpoints, consentHandlers } from './consents.js';
import { contentEndpoints, contentHandlers } from './contents.js';
import { connectEnvelope } from './envelope.js';
import { eventEndpoints, eventHandlers } from './events.js';
import { favoriteEndpoints, favoriteHandlers } from './favorites.js';
import { groupEndpoints, groupHandlers } from './groups.js';
import { monitorEndpoints, monitorHandlers } from './monitor.js';
import { serverEndpoints, serverHandlers } from './servers.js';
import { sessionEndpoints, sessionHandlers } from './session.js';
import { registryEndpoints, registryHandlers } from './sources/registry.js';
import { templateEndpoints, templateHandlers } from './sources/templates.js';
import { toolUsageEndpoints, toolUsageHandlers } from './tool-usage.js';
import { toolEndpoints, toolHandlers } from './tools.js';
import { webhookEndpoints, webhookHandlers } from './webhooks.js';

/** The Connect API (`seeds/003`). */
export function connectApi(domain: Domain, encodeJoinToken: JoinTokenEncoder, cookies: SessionCookies): Api {
  return {
    name: 'connect',
    title: 'MCP Connect',
    version: '1.0.0',
    endpoints: [
      ...bind(serverEndpoints, serverHandlers(domain)),
      ...bind(consentEndpoints, consentHandlers(domain, cookies)),
      ...bind(contentEndpoints, contentHandlers(domain)),
      ...bind(toolEndpoints, toolHandlers(domain)),
      ...bind(toolUsageEndpoints, toolUsageHandlers(domain)),
      ...bind(groupEndpoints, groupHandlers(domain)),
      ...bind(templateEndpoints, templateHandlers(domain)),
      ...bind(registryEndpoints, registryHandlers(domain)),
      ...bind(favoriteEndpoints, favoriteHandlers(domain)),
      ...bind(cacheEndpoints, cacheHandlers(domain)),
      ...bind(auditEndpoints, auditHandlers(domain)),
      ...bind(monitorEndpoints, monitorHandlers(domain)),
      ...bind(webhookEndpoints, webhookHandlers(domain)),
      ...bind(eventEndpoints, eventHandlers(domain)),
      ...bind(agentEndpoints, agentHandlers(domain, encodeJoinToken)),
      ...bind(accessEndpoints, accessHandlers(domain)),
      ...bind(sessionEndpoints, sessionHandlers(domain, cookies)),
    ],
    envelope: connectEnvelope,
    // In this document only the key's tier limits requests ("Rate Limits"). The hub limits signed-in persons at all APIs.
    limits: {},
    defaultLimit: { read: null, write: null },
    resetHeader: 'epoch',
  };
}
