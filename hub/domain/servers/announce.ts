import { isoTime } from '../clock.js';
import type { Store } from '../store.js';
import type { ObservedServers } from './observed.js';
import type { ServerRegistry } from './registry.js';

/** Puts every change of an observed state into the journal (`seeds/003`, "Webhooks": `server.connected`, `.disconnected`, `.error`). */
export function announceServers(store: Store, registry: ServerRegistry, observed: ObservedServers): void {
  observed.onChange((serverId, now, before) => {
    const record = registry.byId(serverId);
    if (!record || now.state === before.state || now.state === 'connecting') return;
    const timestamp = isoTime(Date.now());
    const common = { serverId, serverName: record.name, timestamp };
    const data =
      now.state === 'connected'
        ? { ...common, toolCount: now.tools.length }
        : { ...common, ...(now.error ? { error: now.error } : {}) };
    store.record({ writes: [], events: [{ type: `server.${now.state}`, serverId, data }] });
  });
}
