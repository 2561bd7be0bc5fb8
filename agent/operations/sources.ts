import { untilCancelled } from '../cancellation.js';
import type { Versions } from '../drivers/mcp/versions.js';
import { json, type Operations } from './operation.js';

/** The versions of the packages, repositories and images that servers come from. */
export const sourceOperations = (versions: Versions) =>
  ({
    /** Asks a server's source which versions there are. */
    checkSource: ({ serverId }, { signal }) =>
      untilCancelled(signal, async (aborted) => json(await versions.check(serverId, aborted))),

    /** Fetches a version of a server's source without installing it. */
    downloadSource: ({ serverId, version, anyCommit }, { signal }) =>
      untilCancelled(signal, async (aborted) => {
        const exact = await versions.exact(serverId, version, aborted);
        return json(await versions.download(serverId, exact, aborted, anyCommit));
      }),

    /** Installs a version of a server's source in addition to the others. If one caller cancels, it goes on for the other callers. */
    installSource: async ({ serverId, version, anyCommit }) =>
      json(await versions.install(serverId, version, anyCommit)),

    /** Starts an installed version in addition to the running one, and returns its description and its tools. */
    verifySource: ({ serverId, version }, { signal }) =>
      untilCancelled(signal, async (aborted) => {
        const { tools, ...verified } = await versions.verify(serverId, version, aborted);
        // The definitions are passed on as the server sent them.
        const head = JSON.stringify(verified).slice(0, -1);
        return { case: 'json', value: Buffer.from(`${head},"tools":[${tools.join(',')}]}`) };
      }),

    /** Says which versions of a server's source are installed. */
    listInstalled: async ({ serverId }) => json(await versions.list(serverId)),

    /** Removes an installed version of a server's source. */
    removeInstalled: async ({ serverId, version }) => json(await versions.remove(serverId, version)),

    /** Says which versions of a server's source must stay for rollbacks. */
    async keepInstalled({ serverId, versions: kept }) {
      await versions.keep(serverId, kept);
      return json(null);
    },
  }) satisfies Partial<Operations>;
