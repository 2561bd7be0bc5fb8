import type { Domain } from '../../domain/domain.js';
import type { Api } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { accessHandlers } from './access.handlers.js';
import { accessEndpoints } from './access.js';
import { agentHandlers, type JoinTokenEncoder } from './agents.handlers.js';
import { agentEndpoints } from './agents.js';
import { connectEnvelope } from './envelope.js';
import { serverHandlers } from './servers.handlers.js';
import { serverEndpoints } from './servers.js';
import { toolHandlers } from './tools.handlers.js';
import { toolEndpoints } from './tools.js';

/** The Connect API (`seeds/003`). */
export function connectApi(domain: Domain, encodeJoinToken: JoinTokenEncoder): Api {
  return {
    name: 'connect',
    title: 'MCP Connect',
    version: '1.0.0',
    endpoints: [
      ...bind(serverEndpoints, serverHandlers(domain)),
      ...bind(toolEndpoints, toolHandlers(domain)),
      ...bind(agentEndpoints, agentHandlers(domain, encodeJoinToken)),
      ...bind(accessEndpoints, accessHandlers(domain)),
    ],
    envelope: connectEnvelope,
    // This document limits by the key's tier alone ("Rate Limits").
    limits: {},
    defaultLimit: { read: null, write: null },
    resetHeader: 'epoch',
  };
}
