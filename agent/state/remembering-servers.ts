import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import { overriding } from '../overriding.js';
import type { DesiredStateFile } from './desired-state.js';

/** The servers of an agent, with their wanted state kept for its next start. `restore` applies the kept state. */
export function rememberServers(
  servers: Servers,
  file: Pick<DesiredStateFile, 'keep' | 'flush'>,
): { readonly servers: Servers; restore(specs: readonly ServerSpec[]): void } {
  const specs = new Map<string, ServerSpec>();
  const know = (wanted: readonly ServerSpec[]): void => {
    specs.clear();
    for (const spec of wanted) specs.set(spec.id, spec);
  };
  const keep = (): void => file.keep([...specs.values()]);
  return {
    servers: overriding(servers, {
      // The hub's state replaces any older or newer one: the hub may have been restored from a backup.
      setDesired(wanted) {
        know(wanted);
        file.keep(wanted);
        servers.setDesired(wanted);
      },
      put(spec) {
        const known = specs.get(spec.id);
        // Two changes that overtook each other on their way: the later one stays.
        const stale = known !== undefined && known.revision > spec.revision;
        const report = servers.put(stale ? known : spec);
        if (!stale) {
          specs.set(spec.id, spec);
          keep();
        }
        return report;
      },
      async switch(spec, options) {
        const known = specs.get(spec.id);
        if (known !== undefined && known.revision > spec.revision) {
          const reason = 'the server was changed meanwhile';
          throw new AgentFailure('cancelled', reason, { reason, outcome: 'not_run' });
        }
        const swapped = () => {
          // Not before: an agent that is killed before this line starts the old version, and an agent that is killed after it starts the
          // new one.
          specs.set(spec.id, spec);
          keep();
          options.swapped?.();
        };
        const report = await servers.switch(spec, { ...options, swapped });
        await file.flush();
        return report;
      },
      remove(serverId) {
        if (specs.delete(serverId)) keep();
        return servers.remove(serverId);
      },
    }),
    restore(kept) {
      know(kept);
      servers.setDesired(kept);
    },
  };
}
