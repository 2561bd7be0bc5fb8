import type { automation } from '@roundhouse/sdk';
import { defined } from '../../frame/values.js';
import type { AlertRuleEntry } from '../format.js';
import type { Found, KindOf } from './kind.js';

/** The rules that raise alerts. The hub has a fixed set of them. */
export const alertRules: KindOf<AlertRuleEntry> = {
  section: 'alertRules',
  noun: 'alert rule',
  isPlain: true,
  isFixed: true,
  read: async ({ hub, options }) => (await hub.automation.alerts.getRules(options)).rules.map(foundOf),
  look: async (access, { id }) => (await alertRules.read(access)).find((rule) => rule.id === id),
  stateOf: (entry) => ({ ...entry }),
  needsSecrets: () => false,
  create: () => Promise.reject(new Error('the hub has every rule')),
  update({ hub, options }, { id }, entry, { fields }) {
    const { enabled, severity, threshold, clearThreshold, windowSeconds, minimumCalls } = entry;
    const sent = (field: string, value: unknown) => (fields.has(field) ? value : undefined);
    const rule = {
      rule: id,
      enabled: sent('enabled', enabled),
      severity: sent('severity', severity),
      threshold: sent('threshold', threshold),
      clear_threshold: sent('clearThreshold', clearThreshold),
      window_seconds: sent('windowSeconds', windowSeconds),
      minimum_calls: sent('minimumCalls', minimumCalls),
    };
    return hub.automation.alerts.setRules({ rules: [defined(rule) as automation.AlertRuleChange] }, options);
  },
  remove: () => Promise.reject(new Error('the hub deletes no rule')),
  entryOf: (state) => state,
};

function foundOf(rule: automation.AlertRules['rules'][number]): Found {
  const { enabled, severity, threshold, clear_threshold, window_seconds, minimum_calls } = rule;
  const more = { clearThreshold: clear_threshold, windowSeconds: window_seconds, minimumCalls: minimum_calls };
  return { id: rule.rule, name: rule.rule, state: { enabled, severity, threshold, ...more } };
}
