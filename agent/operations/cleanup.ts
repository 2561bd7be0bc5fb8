import type { Storage, Target } from '../drivers/storage/storage.js';
import { targets } from '../drivers/storage/storage.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Deletes old files in the agent's own folders, or counts them. */
export function cleanup(storage: Storage): Operation<'cleanup'> {
  return {
    name: 'cleanup',
    async run({ targets: wanted, beforeMs, dryRun, force }) {
      const unknown = wanted.find((name) => !isTarget(name));
      if (unknown !== undefined)
        throw new AgentFailure('invalid_argument', `'${unknown}' is nothing to clean up`, { field: 'targets' });
      const request = { targets: wanted.filter(isTarget), before: Number(beforeMs), dryRun, force };
      return { case: 'json', value: Buffer.from(JSON.stringify({ targets: await storage.clean(request) })) };
    },
  };
}

function isTarget(name: string): name is Target {
  return (targets as readonly string[]).includes(name);
}
