import type { Versions } from '../drivers/mcp/versions.js';
import { overriding } from '../overriding.js';

/**
 * The versions of servers' sources, as far as the site's policy allows them: an installation runs a package's own scripts.
 * @param check throws AgentFailure `refused` where a server may not run (in this version, where one is given).
 */
export function policeVersions(versions: Versions, check: (serverId: string, version?: string) => void): Versions {
  return overriding(versions, {
    async check(serverId, signal) {
      check(serverId);
      return versions.check(serverId, signal);
    },
    async download(serverId, version, signal) {
      check(serverId, version);
      return versions.download(serverId, version, signal);
    },
    async install(serverId, version) {
      check(serverId, version);
      return versions.install(serverId, version);
    },
    async verify(serverId, version, signal) {
      check(serverId, version);
      return versions.verify(serverId, version, signal);
    },
  });
}
