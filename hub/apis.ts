import { automationApi } from './api/automation/index.js';
import { backendApi } from './api/backend/index.js';
import type { JoinTokenEncoder } from './api/connect/agents.js';
import { connectApi } from './api/connect/index.js';
import { infrastructureApi } from './api/infrastructure/index.js';
import { type McpDoors, mcpApi } from './api/mcp/index.js';
import { portalApi } from './api/portal/index.js';
import type { Domain } from './domain/domain.js';
import type { Api } from './http/api.js';
import { withBuiltins } from './http/builtins.js';
import { SessionCookies } from './http/request/session-cookies.js';

/** The APIs that are served, as views of one domain. */
export function createApis(
  domain: Domain,
  encodeJoinToken: JoinTokenEncoder,
  doors: McpDoors,
  cookies = new SessionCookies(),
): Api[] {
  return [
    automationApi(domain),
    infrastructureApi(domain),
    portalApi(domain),
    connectApi(domain, encodeJoinToken, cookies),
    backendApi(domain),
    mcpApi(doors),
  ];
}

/** The APIs for their descriptions only (OpenAPI, tests over the tables). Their handlers must not be called. */
export function describedApis(): Api[] {
  const health = () => ({ status: 'healthy' }) as const;
  const none = () => {
    throw new Error('this API is described, and not served');
  };
  const metrics = { permission: 'metrics.read', read: none, federate: none, targets: none } as const;
  return createApis({} as Domain, () => '', {} as McpDoors).map((api) => withBuiltins(api, health, metrics));
}
