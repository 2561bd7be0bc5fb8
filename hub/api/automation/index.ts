import type { Domain } from '../../domain/domain.js';
import type { Api } from '../../http/api.js';
import { bind } from '../../http/endpoint.js';
import { alertEndpoints, alertHandlers } from './alerts.js';
import { authEndpoints, authHandlers } from './auth.js';
import { cleanupEndpoints, cleanupHandlers } from './cleanup.js';
import { automationEnvelope, automationHeaders } from './envelope.js';
import { jobEndpoints, jobHandlers } from './jobs.js';
import { logEndpoints, logHandlers } from './logs.js';
import { orchestrationEndpoints, orchestrationHandlers } from './orchestration.js';
import { serverEndpoints, serverHandlers } from './servers.js';
import { limits, systemEndpoints, systemHandlers } from './system.js';
import { testEndpoints, testHandlers } from './tests.js';
import { triggerEndpoints, triggerHandlers } from './triggers.js';
import { updateEndpoints, updateHandlers } from './updates.js';

/** The MCP Automation System API (`seeds/000`). */
export function automationApi(domain: Domain): Api {
  return {
    name: 'automation',
    title: 'MCP Automation System',
    version: '3.0.0',
    endpoints: [
      ...bind(authEndpoints, authHandlers(domain)),
      ...bind(systemEndpoints, systemHandlers(domain)),
      ...bind(serverEndpoints, serverHandlers(domain)),
      ...bind(updateEndpoints, updateHandlers(domain)),
      ...bind(testEndpoints, testHandlers(domain)),
      ...bind(cleanupEndpoints, cleanupHandlers(domain)),
      ...bind(orchestrationEndpoints, orchestrationHandlers(domain)),
      ...bind(triggerEndpoints, triggerHandlers(domain)),
      ...bind(jobEndpoints, jobHandlers(domain)),
      ...bind(logEndpoints, logHandlers(domain)),
      ...bind(alertEndpoints, alertHandlers(domain)),
    ],
    envelope: automationEnvelope,
    limits,
    defaultLimit: { read: 'read', write: 'write' },
    resetHeader: 'epoch',
    headers: automationHeaders,
  };
}
