import { Type } from 'typebox';
import {
  type AlertRecord,
  type AlertRule,
  kindOf,
  type RuleChange,
  ruleKinds,
  ruleNames,
  severities,
} from '../../domain/alerts/rule.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';

const Severity = Type.Enum(severities, { title: 'AlertSeverity' });
const RuleName = Type.Enum(ruleNames, { title: 'AlertRuleName' });
const orNull = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const Acknowledged = {
  acknowledged: Type.Boolean(),
  acknowledged_by: orNull(Type.String({ description: 'Extension' })),
  acknowledged_at: orNull(Type.String({ format: 'date-time', description: 'Extension' })),
  acknowledgement: orNull(Type.String({ description: 'Extension: the message of the caller who acknowledged it' })),
};

const Alert = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    severity: Severity,
    server: orNull(Type.String({ description: '`null` for alerts about agents and keys' })),
    title: Type.String(),
    description: Type.String(),
    triggered_at: Time,
    ...Acknowledged,
    rule: Type.String({ description: 'Extension' }),
    subject: Type.String({ description: 'Extension: the name of the server, agent or key' }),
    site: orNull(Type.String({ description: 'Extension' })),
    value: Type.Number({ description: "Extension: the measured value when the alert was raised, in the rule's unit" }),
    threshold: Type.Number({ description: 'Extension' }),
    resolved_at: orNull(Type.String({ format: 'date-time', description: 'Extension' })),
  },
  { title: 'Alert' },
);

const changeable = {
  enabled: Type.Boolean(),
  severity: Severity,
  threshold: Type.Number({ description: 'Raised from here on, in the unit of the rule' }),
  clear_threshold: Type.Number({ description: 'Resolved only from here on' }),
  window_seconds: Type.Union([Type.Integer({ minimum: 10, maximum: 86_400 }), Type.Null()]),
  minimum_calls: Type.Union([Type.Integer({ minimum: 1, maximum: 500 }), Type.Null()]),
};

const Rules = Type.Object(
  {
    rules: Type.Array(
      Type.Object({
        rule: RuleName,
        title: Type.String(),
        unit: Type.String({ enum: [...new Set(Object.values(ruleKinds).map(({ unit }) => unit))] }),
        direction: Type.String({
          enum: ['above', 'below'],
          description: 'The side of the threshold on which the hub raises the alert',
        }),
        ...changeable,
      }),
    ),
  },
  { title: 'AlertRules' },
);

/** `seeds/000`, "Get Alerts" and "Acknowledge Alert". */
export const alertEndpoints = {
  getAlerts: endpoint({
    method: 'GET',
    path: '/api/v1/alerts',
    summary: 'Get active alerts, newest first',
    description:
      'The hub raises an alert when a rule is broken, and resolves it by itself. An acknowledged alert stays in the list until it is resolved.',
    permission: 'alert.read',
    query: Type.Object({
      status: Type.Union([Type.Literal('active'), Type.Literal('resolved'), Type.Literal('all')], {
        default: 'active',
        description: 'Extension: which alerts; the hub keeps the last 1000 resolved alerts',
      }),
    }),
    response: Type.Object({
      alerts: Type.Array(Alert),
      total: Type.Integer(),
      critical: Type.Integer(),
      warning: Type.Integer(),
      info: Type.Integer(),
    }),
  }),
  acknowledgeAlert: endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{alert_id}/acknowledge',
    summary: 'Acknowledge an alert',
    description: 'The answer is the alert. An alert that is resolved or acknowledged already is refused with 409.',
    permission: 'alert.acknowledge',
    audit: 'alert.acknowledge',
    params: Type.Object({ alert_id: Type.String({ minLength: 1, description: 'Id of the alert' }) }),
    body: Type.Object({
      message: Type.String({ minLength: 1, maxLength: 2000, description: 'The reason, or the action taken' }),
      acknowledged_by: Type.Optional(
        Type.String({ minLength: 1, maxLength: 256, description: "Default: the caller's name" }),
      ),
    }),
    example: { message: 'The disk is being replaced', acknowledged_by: 'on-call' },
    response: Alert,
  }),
  getAlertRules: endpoint({
    method: 'GET',
    path: '/api/v1/alerts/rules',
    summary: 'The rules by which alerts are raised and resolved',
    description: 'Each rule has a threshold, a severity, and the window over which the hub measures.',
    permission: 'alert.read',
    response: Rules,
    extension: true,
  }),
  setAlertRules: endpoint({
    method: 'PUT',
    path: '/api/v1/alerts/rules',
    summary: 'Change rules',
    description: 'Rules and fields that are absent from the body stay as they are. The hub makes all changes or none.',
    permission: 'alert.configure',
    audit: 'alert.rules.update',
    body: Type.Object({
      rules: Type.Array(
        Type.Object(
          {
            rule: RuleName,
            enabled: Type.Optional(changeable.enabled),
            severity: Type.Optional(changeable.severity),
            threshold: Type.Optional(changeable.threshold),
            clear_threshold: Type.Optional(changeable.clear_threshold),
            window_seconds: Type.Optional(changeable.window_seconds),
            minimum_calls: Type.Optional(changeable.minimum_calls),
          },
          { title: 'AlertRuleChange' },
        ),
        { minItems: 1, maxItems: 100 },
      ),
    }),
    example: { rules: [{ rule: 'error_rate', threshold: 0.2, clear_threshold: 0.05 }] },
    response: Rules,
    extension: true,
  }),
};

export function alertHandlers({ alerts, alertRules, registry }: Domain): Handlers<typeof alertEndpoints> {
  const render = ({ acknowledgement, ...alert }: AlertRecord) => ({
    id: alert.id,
    severity: alert.severity,
    // The server's present name.
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
      const { alert_id: id } = params;
      context.audit.resource = { type: 'alert', id };
      return render(await alerts.acknowledge(context.origin, id, body.message, body.acknowledged_by));
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
      const rules = await alertRules.update(context.origin, changes);
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
