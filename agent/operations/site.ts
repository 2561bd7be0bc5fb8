import type { DatabaseProbes } from '../drivers/databases/probes.js';
import { type DatabaseQueries, readValues } from '../drivers/databases/queries.js';
import { type Storage, type Target, targets } from '../drivers/storage/storage.js';
import type { UsageMeter } from '../drivers/usage/usage.js';
import { AgentFailure } from '../failure.js';
import type { Policy } from '../policy/policy.js';
import { json, type Operations } from './operation.js';

/** The agent itself: its machine, its folders, its link, and the databases that it reaches. */
export const siteOperations = (
  storage: Storage,
  usage: UsageMeter,
  databases: DatabaseProbes,
  queries: DatabaseQueries,
  policy: () => Policy,
) =>
  ({
    /** Sends back the command's own value: measures the link. */
    noop({ echo }) {
      if (echo.length === 0) return json(null);
      try {
        JSON.parse(Buffer.from(echo.buffer, echo.byteOffset, echo.byteLength).toString('utf8'));
      } catch {
        throw new AgentFailure('invalid_argument', 'echo is not a JSON value', { field: 'echo' });
      }
      return { case: 'json', value: echo };
    },

    /** Deletes old files in the agent's own folders, or counts them. */
    async cleanup({ targets: wanted, beforeMs, dryRun, force }) {
      const unknown = wanted.find((name) => !isTarget(name));
      if (unknown !== undefined)
        throw new AgentFailure('invalid_argument', `'${unknown}' is nothing to clean up`, { field: 'targets' });
      const request = { targets: wanted.filter(isTarget), before: Number(beforeMs), dryRun, force };
      return json({ targets: await storage.clean(request) });
    },

    /** Measures the agent's own folders, and the file system that they are on. */
    storageStats: async () => json(await storage.stats()),

    /** Reads the site's policy. */
    readPolicy: async () => json(policy().rules),

    /** Measures the memory and the disk space that the agent's machine and its servers use. */
    measureUsage: async () => json(await usage.measure()),

    /** Asks a database's server for a sign of life. */
    checkDatabase: async ({ type, host, port }, { signal }) =>
      json(await databases.probe({ type, host, port }, signal)),

    /** Runs one statement at a database. */
    queryDatabase: async ({ values, statementTimeoutMs: timeoutMs, ...query }, { signal }) =>
      json(await queries.run({ ...query, values: readValues(values), timeoutMs }, signal)),
  }) satisfies Partial<Operations>;

function isTarget(name: string): name is Target {
  return (targets as readonly string[]).includes(name);
}
