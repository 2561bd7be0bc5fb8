import type { RequestOrigin } from '../access/caller.js';
import { allows, type Permission } from '../access/permissions.js';
import { below, DomainError, invalid } from '../errors.js';
import { checkSiteUrl } from '../net/url-guard.js';
import { checkAuth } from '../servers/auth-rules.js';
import type { WorkflowCatalog } from '../workflows/catalog.js';
import type { ConfigInput, DefinitionType } from './config.js';

/**
 * Permissions besides `definition.write`, by type: a definition needs what registering such a server, or defining such a workflow, needs.
 */
const needed: Readonly<Partial<Record<DefinitionType, Permission>>> = {
  stdio: 'server.execute',
  npm: 'server.execute',
  pypi: 'server.execute',
  docker: 'server.execute',
  workflow: 'workflow.define',
};

/** Checks a config as far as its form does not say. @throws DomainError `invalid_input` naming the field, `forbidden`. */
export function checkConfig(
  { caller }: RequestOrigin,
  catalog: WorkflowCatalog,
  type: DefinitionType,
  config: ConfigInput,
): void {
  if (config.type !== type) throw invalid('config.type', `must be '${type}', as the definition's type is`);
  const permission = needed[type];
  if (permission && caller && !allows(caller.role, permission))
    throw new DomainError('forbidden', `definitions of type '${type}' are not for role ${caller.role}`, { permission });
  switch (config.type) {
    case 'workflow': {
      const { parameters = {}, steps } = config;
      below('config', () => catalog.check({ parameters, steps }));
      return;
    }
    case 'http':
    case 'sse':
    case 'websocket': {
      const { username, password } = new URL(config.url);
      if (username || password) throw invalid('config.url', 'must hold no user name or password: use headers or auth');
      checkSiteUrl(config.url, 'config.url');
      if (config.auth) {
        const { auth, type: transport } = config;
        below('config', () => checkAuth(auth, transport));
      }
    }
  }
}
