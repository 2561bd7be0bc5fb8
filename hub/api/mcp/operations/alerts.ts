import { Type } from 'typebox';
import { isoTime, isoTimeOrNull } from '../../../domain/moments.js';
import { operation } from './operation.js';

/** Tools for alerts. */
export const alertOperations = [
  operation({
    name: 'roundhouse_list_alerts',
    title: 'List alerts',
    description: 'List what is wrong in the fleet now: servers that fail, circuits that are open, disks that fill up.',
    permission: 'alert.read',
    effect: 'read',
    input: Type.Object({
      state: Type.Enum(['active', 'resolved', 'all'], { default: 'active' }),
      limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    }),
    run({ alerts, registry }, { state, limit }, { view }) {
      const found = alerts.list(view.caller, state);
      return {
        alerts: found.slice(0, limit).map((alert) => ({
          id: alert.id,
          severity: alert.severity,
          title: alert.title,
          description: alert.description,
          server: alert.serverId === null ? null : (registry.byId(alert.serverId)?.name ?? alert.subject),
          site: alert.site,
          acknowledged: alert.acknowledgement !== null,
          triggeredAt: isoTime(alert.triggeredAt),
          resolvedAt: isoTimeOrNull(alert.resolvedAt ?? undefined),
        })),
        total: found.length,
      };
    },
  }),
];
