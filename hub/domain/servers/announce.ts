import { isoTime } from '../clock.js';
import type { Store } from '../store.js';
import type { Observation, ObservedServers } from './observed.js';
import { serverHealth } from './observed.js';
import type { ServerRecord } from './record.js';
import type { ServerRegistry } from './registry.js';

/** Puts every change of an observed state into the journal (`seeds/003`, "Webhooks": `server.connected`, `.disconnected`, `.error`). */
export function announceServers(store: Store, registry: ServerRegistry, observed: ObservedServers): void {
  observed.onChange((serverId, now, before) => {
    const record = registry.byId(serverId);
    if (!record) return;
    announceHealth(store, record, now, before);
    if (now.state === before.state || now.state === 'connecting') return;
    const timestamp = isoTime(Date.now());
    const common = { serverId, serverName: record.name, timestamp };
    const data =
      now.state === 'connected'
        ? { ...common, toolCount: now.tools.length }
        : { ...common, ...(now.error ? { error: now.error } : {}) };
    store.record({ writes: [], events: [{ type: `server.${now.state}`, serverId, data }] });
  });
}

/** A server becomes degraded, goes down or recovers. A server that starts well is no news besides `server.connected`. */
function announceHealth(store: Store, record: ServerRecord, now: Observation, before: Observation): void {
  const health = serverHealth(record, now);
  const was = before.state === 'error' ? 'down' : serverHealth(record, before);
  // On the way between two states nothing is known yet.
  if (health === null || health === was || now.state === 'connecting' || now.state === 'disconnected') return;
  const recovered = was === 'degraded' || (before.error !== '' && before.state !== 'disconnected');
  if (health === 'healthy' && !recovered) return;
  const reason = health === 'degraded' ? now.degraded : now.error;
  const timestamp = isoTime(Date.now());
  const data = { serverId: record.id, serverName: record.name, health, ...(reason ? { reason } : {}), timestamp };
  store.record({ writes: [], events: [{ type: 'server.health', serverId: record.id, data }] });
}
