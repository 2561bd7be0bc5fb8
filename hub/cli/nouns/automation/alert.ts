import type { automation } from '@roundhouse/sdk';
import { argument, choice, command, type Noun, text, withDefault } from '../../frame/command.js';
import type { Columns } from '../../frame/output.js';

type Alert = automation.Alert;
type Rule = automation.AlertRules['rules'][number];

const severities = ['critical', 'warning', 'info'];

/** Alerts, the most severe first. */
export function worstFirst(alerts: readonly Alert[]): Alert[] {
  return alerts.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

const columns: Columns<Alert> = {
  SEVERITY: ({ severity }) => severity,
  SUBJECT: ({ subject }) => subject,
  SITE: ({ site }) => site,
  ALERT: ({ title }) => title,
  SINCE: ({ triggered_at }) => triggered_at,
  ACKNOWLEDGED: ({ acknowledged_by }) => acknowledged_by,
  ID: ({ id }) => id,
};

const ruleColumns: Columns<Rule> = {
  RULE: ({ rule }) => rule,
  SEVERITY: ({ severity }) => severity,
  ENABLED: ({ enabled }) => enabled,
  THRESHOLD: ({ direction, threshold, unit }) => `${direction} ${threshold} ${unit}`,
  TITLE: ({ title }) => title,
};

/** `roundhouse alert`. */
export const alert: Noun = {
  name: 'alert',
  summary: 'alerts and the rules that raise them',
  commands: [
    command({
      name: 'list',
      summary: 'list alerts, the most severe first',
      example: 'roundhouse alert list --status all',
      options: { status: withDefault(choice(['active', 'resolved', 'all'], 'which alerts'), 'active') },
      async run({ hub, options, out, signal }) {
        const { alerts } = await hub.automation.alerts.get(options.status ? { status: options.status } : {}, {
          signal,
        });
        await out.list(worstFirst(alerts), columns, ({ id }) => id, 'no alerts');
      },
    }),
    command({
      name: 'acknowledge',
      summary: 'acknowledge an alert',
      example: "roundhouse alert acknowledge 0197… --message 'disk is on order'",
      args: { alert: argument('id of the alert') },
      options: { message: withDefault(text('<text>', 'what is being done'), 'acknowledged') },
      async run({ hub, args, options, out }) {
        const changed = await hub.automation.alerts.acknowledge(args.alert, { message: options.message });
        await out.done(`acknowledged by ${changed.acknowledged_by}`, changed);
      },
    }),
    command({
      name: 'rules',
      summary: 'list the rules that raise alerts',
      example: 'roundhouse alert rules',
      async run({ hub, out, signal }) {
        const { rules } = await hub.automation.alerts.getRules({ signal });
        await out.list(rules, ruleColumns, ({ rule }) => rule);
      },
    }),
  ],
};
