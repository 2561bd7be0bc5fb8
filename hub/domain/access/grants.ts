import { DomainError } from '../errors.js';
import type { Caller } from './caller.js';

/** What grants look at in a server. */
export interface Grantable {
  readonly id: string;
  readonly groupId: string | null;
  readonly site: string;
}

/** Whether the caller's grants cover a server: each list that is present must name it. */
export function maySee(caller: Pick<Caller, 'grants'>, server: Grantable): boolean {
  const { grants } = caller;
  if (!grants) return true;
  if (grants.servers && !grants.servers.includes(server.id)) return false;
  if (grants.groups && (server.groupId === null || !grants.groups.includes(server.groupId))) return false;
  return !grants.sites || grants.sites.includes(server.site);
}

/** Whether the caller's grants cover a tool of a server it may see. */
export function mayUseTool(caller: Pick<Caller, 'grants'>, tool: string): boolean {
  const tools = caller.grants?.tools;
  return !tools || tools.includes(tool);
}

/** @throws DomainError `forbidden` where the caller's key is narrowed to something else. */
export function checkUnrestricted(caller: Caller, action: string): void {
  const { grants } = caller;
  if (grants && (grants.servers || grants.groups || grants.sites || grants.tools))
    throw new DomainError('forbidden', `this key's grants do not allow it to ${action}`);
}
