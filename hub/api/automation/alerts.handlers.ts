import type { AlertRecord } from '../../domain/alerts/record.js';
import { type AlertRule, kindOf, type RuleChange } from '../../domain/alerts/rule.js';
import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { Handlers } from '../../http/endpoint.js';
import type { alertEndpoints } from './alerts.js';
import { originOf } from './origin.js';

export function alertHandlers({ alerts, alertRules, registry }: Domain): Handlers<typeof alertEndpoints> {
  const render = ({ acknowledgement, ...alert }: AlertRecord) => ({
    id: alert.id,
    severity: alert.severity,
    // By its name of now.
    server: alert.serverId === null ? null : (registry.byId(alert.serverId)?.name ?? alert.subject),
    title: alert.title,
    description: alert.description,
    triggered_at: isoTime(alert.triggeredAt),
    acknowledged: acknowledgement !== null,
    acknowledged_by: acknowledgement?.by ?? null,
    acknowledged_at: isoTimeOrNull(acknowledgement?.at),
    acknowledgement: acknowledgement?.message ?? null,
    rule: alert.rule,
    subject: alert.subject,
    site: alert.site,
    value: alert.value,
    threshold: alert.threshold,
    resolved_at: isoTimeOrNull(alert.resolvedAt ?? undefined),
  });
  return {
    getAlerts({ query }, { caller }) {
      const found = alerts.list(caller, query.status);
      const count = (severity: string) => found.filter((alert) => alert.severity === severity).length;
      return {
        alerts: found.map(render),
        total: found.length,
        critical: count('critical'),
        warning: count('warning'),
        info: count('info'),
      };
    },

    async acknowledgeAlert({ params, body }, context) {
      const { alert_id: id = '' } = params;
      context.audit.resource = { type: 'alert', id };
      return render(await alerts.acknowledge(originOf(context), id, body.message, body.acknowledged_by));
    },

    getAlertRules: () => ({ rules: alertRules.all().map(renderRule) }),

    async setAlertRules({ body }, context) {
      const changes = body.rules.map(
        ({ rule: id, clear_threshold, window_seconds, minimum_calls, ...rest }): RuleChange => ({
          id,
          ...rest,
          ...(clear_threshold === undefined ? {} : { clearThreshold: clear_threshold }),
          ...(window_seconds === undefined ? {} : { windowSeconds: window_seconds }),
          ...(minimum_calls === undefined ? {} : { minimumCalls: minimum_calls }),
        }),
      );
      const rules = await alertRules.update(originOf(context), changes);
      return { rules: rules.map(renderRule) };
    },
  };
}

function renderRule({ id, enabled, severity, threshold, clearThreshold, windowSeconds, minimumCalls }: AlertRule) {
  const { title, unit, direction } = kindOf(id);
  return {
    rule: id,
    title,
    unit,
    direction,
    enabled,
    severity,
    threshold,
    clear_threshold: clearThreshold,
    window_seconds: windowSeconds,
    minimum_calls: minimumCalls,
  };
}
