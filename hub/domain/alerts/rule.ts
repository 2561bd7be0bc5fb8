import { authorize } from '../access/authorize.js';
import type { RequestOrigin, Role } from '../access/caller.js';
import { changeAudit } from '../audit/audit.js';
import { invalid } from '../errors.js';
import { retrying } from '../retrying.js';
import { collection, onWritten, replace, type Store } from '../store.js';

/** One alert. */
export interface AlertRecord {
  readonly id: string;
  readonly rule: RuleName;
  /** The rule and its subject: one key has at most one unresolved alert. */
  readonly key: string;
  readonly severity: Severity;
  /** Its subject, for people. */
  readonly subject: string;
  readonly serverId: string | null;
  readonly site: string | null;
  /** Only this owner and admins see it; absent: see the server. */
  readonly ownerId?: string;
  /** Only callers with this role or a higher one see it; absent: every role. */
  readonly leastRole?: Role;
  readonly title: string;
  readonly description: string;
  /** The value at which it was raised, in the unit of the rule. */
  readonly value: number;
  readonly threshold: number;
  /** Milliseconds since 1970. */
  readonly triggeredAt: number;
  /** `null` while it is active. */
  readonly resolvedAt: number | null;
  readonly acknowledgement: Acknowledgement | null;
  readonly revision: number;
}

/** The acknowledgement of an alert, with its reason. */
interface Acknowledgement {
  /** The name of a person, as the caller gives it; default: the caller's name. */
  readonly by: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export const alertRecords = collection<AlertRecord>('alerts', 'alert', {
  active: { of: ({ resolvedAt, key }) => (resolvedAt === null ? key : undefined), unique: true },
  resolved: { of: ({ resolvedAt }) => resolvedAt ?? undefined },
});

/** The severities of `seeds/000`, "Get Alerts". */
export const severities = ['critical', 'warning', 'info'] as const;
type Severity = (typeof severities)[number];

/** A kind of rule: its measurement, and the bounds of its thresholds. */
interface RuleKind {
  readonly title: string;
  /** The unit of the thresholds and of the measured value. */
  readonly unit: 'seconds' | 'count' | 'ratio' | 'milliseconds' | 'days' | 'state';
  /** Whether an alert is raised at the threshold and above it, or at the threshold and below it. */
  readonly direction: 'above' | 'below';
  readonly least: number;
  readonly most: number;
  readonly severity: Severity;
  readonly threshold: number;
  readonly clearThreshold: number;
  /** The time span that it looks at; absent: the present. */
  readonly windowSeconds?: number;
  /** With fewer calls the value does not count. */
  readonly minimumCalls?: number;
  /** The problem, for people. */
  readonly describe: (name: string, value: number, rule: AlertRule) => string;
}

const seconds = (value: number) => `${Math.round(value)} s`;
const days = (value: number) => (value < 0 ? 'has expired' : `expires in ${value.toFixed(1)} days`);
const percent = (value: number) => `${(value * 100).toFixed(1)} %`;

/** The common fields of rules about a part of a whole. */
const share = { unit: 'ratio', direction: 'above', most: 1, severity: 'warning' } as const;

/** Every kind of rule; there is one rule of each. */
export const ruleKinds = {
  server_down: {
    title: 'Server down',
    unit: 'seconds',
    direction: 'above',
    least: 1,
    most: 86_400,
    severity: 'critical',
    threshold: 60,
    clearThreshold: 0,
    describe: (name, value) => `Server '${name}' should be connected, and has not been for ${seconds(value)}`,
  },
  server_flapping: {
    title: 'Server flapping',
    unit: 'count',
    direction: 'above',
    least: 2,
    most: 1000,
    severity: 'warning',
    threshold: 5,
    clearThreshold: 1,
    windowSeconds: 600,
    describe: (name, value, { windowSeconds }) =>
      `Server '${name}' lost its connection ${value} times within ${windowSeconds} s`,
  },
  error_rate: {
    title: 'High error rate',
    unit: 'ratio',
    direction: 'above',
    least: 0.001,
    most: 1,
    severity: 'warning',
    threshold: 0.25,
    clearThreshold: 0.1,
    windowSeconds: 300,
    minimumCalls: 20,
    describe: (name, value, { threshold }) =>
      `${percent(value)} of the last calls of server '${name}' failed; the threshold is ${percent(threshold)}`,
  },
  latency: {
    title: 'High latency',
    unit: 'milliseconds',
    direction: 'above',
    least: 1,
    most: 600_000,
    severity: 'warning',
    threshold: 10_000,
    clearThreshold: 8000,
    windowSeconds: 300,
    minimumCalls: 20,
    describe: (name, value, { threshold }) =>
      `One in twenty of the last calls of server '${name}' took ${Math.round(value)} ms or longer; the threshold is ${threshold} ms`,
  },
  breaker_open: {
    title: 'Circuit breaker open',
    unit: 'state',
    direction: 'above',
    least: 1,
    most: 1,
    severity: 'warning',
    threshold: 1,
    clearThreshold: 0,
    describe: (name) => `The circuit breaker of server '${name}' is open: calls are refused without being tried`,
  },
  update_failed: {
    title: 'Update failed',
    unit: 'state',
    direction: 'above',
    least: 1,
    most: 1,
    severity: 'warning',
    threshold: 1,
    clearThreshold: 0,
    describe: (name) => `The last update or rollback of server '${name}' failed; its job says which version runs`,
  },
  agent_offline: {
    title: 'Agent offline',
    unit: 'seconds',
    direction: 'above',
    least: 1,
    most: 86_400,
    severity: 'critical',
    threshold: 60,
    clearThreshold: 0,
    describe: (name, value) =>
      `Agent '${name}' has not been connected for ${seconds(value)}; its servers are out of reach`,
  },
  site_memory: {
    title: 'High memory usage',
    ...share,
    least: 0.01,
    threshold: 0.9,
    clearThreshold: 0.85,
    describe: (name, value, rule) => `Memory usage of '${name}' is ${percent(value)}, above ${percent(rule.threshold)}`,
  },
  site_disk: {
    title: 'High disk usage',
    ...share,
    least: 0.01,
    threshold: 0.9,
    clearThreshold: 0.85,
    describe: (name, value, rule) =>
      `The file system of '${name}' is ${percent(value)} full, above ${percent(rule.threshold)}`,
  },
  server_memory: {
    title: 'High memory usage',
    ...share,
    least: 0.001,
    threshold: 0.5,
    clearThreshold: 0.4,
    describe: (name, value, rule) =>
      `Server '${name}' uses ${percent(value)} of its site's memory, above ${percent(rule.threshold)}`,
  },
  server_disk: {
    title: 'High disk usage',
    ...share,
    least: 0.001,
    threshold: 0.25,
    clearThreshold: 0.2,
    describe: (name, value, rule) =>
      `The folder of server '${name}' takes ${percent(value)} of its site's file system, above ${percent(rule.threshold)}`,
  },
  certificate_expiring: {
    title: 'Certificate expiring',
    unit: 'days',
    direction: 'below',
    least: 0.001,
    most: 3650,
    severity: 'warning',
    threshold: 7,
    clearThreshold: 8,
    describe: (name, value) => `The certificate of ${name} ${days(value)}, and has not been renewed`,
  },
  key_expiring: {
    title: 'API key expiring',
    unit: 'days',
    direction: 'below',
    least: 0.001,
    most: 3650,
    severity: 'info',
    threshold: 7,
    clearThreshold: 8,
    describe: (name, value) => `API key '${name}' ${days(value)}`,
  },
} as const satisfies Record<string, RuleKind>;

export type RuleName = keyof typeof ruleKinds;
export const ruleNames = Object.keys(ruleKinds) as RuleName[];

/** A rule with its current values, in units of its kind. */
export interface AlertRule {
  readonly id: RuleName;
  readonly enabled: boolean;
  readonly severity: Severity;
  /** The value at which an alert is raised. */
  readonly threshold: number;
  /** The value at which the alert resolves, so that a value around the threshold makes one alert, not many. */
  readonly clearThreshold: number;
  /** `null`: the rule looks at the present. */
  readonly windowSeconds: number | null;
  /** `null`: the rule counts no calls. */
  readonly minimumCalls: number | null;
}

/** The changeable fields of a rule. */
export type RuleChange = { readonly id: RuleName } & Partial<Omit<AlertRule, 'id'>>;

export function kindOf(id: RuleName): RuleKind {
  return ruleKinds[id];
}

function defaultRule(id: RuleName): AlertRule {
  const { severity, threshold, clearThreshold, windowSeconds = null, minimumCalls = null } = kindOf(id);
  return { id, enabled: true, severity, threshold, clearThreshold, windowSeconds, minimumCalls };
}

/** The rule after a change. @throws DomainError `invalid_input` naming the field, as `<rule>.<field>`. */
function changedRule(before: AlertRule, change: RuleChange): AlertRule {
  const kind = kindOf(before.id);
  const wrong = (field: string, error: string) => invalid(`${before.id}.${field}`, error);
  const rule = { ...before, ...change };
  if (!(rule.threshold >= kind.least && rule.threshold <= kind.most))
    throw wrong('threshold', `must lie between ${kind.least} and ${kind.most} ${kind.unit}`);
  const clear = rule.clearThreshold;
  if (kind.direction === 'above' ? !(clear >= 0 && clear < rule.threshold) : !(clear > rule.threshold))
    throw wrong('clear_threshold', `must be ${kind.direction === 'above' ? 'below' : 'above'} the threshold`);
  if ((rule.windowSeconds === null) !== (kind.windowSeconds === undefined))
    throw wrong('window_seconds', kind.windowSeconds ? 'is required' : 'this rule looks at the present');
  if ((rule.minimumCalls === null) !== (kind.minimumCalls === undefined))
    throw wrong('minimum_calls', kind.minimumCalls ? 'is required' : 'this rule counts no calls');
  return rule;
}

/** Whether a value raises an alert, and whether it resolves one. */
export function judge(rule: AlertRule, value: number): { readonly fires: boolean; readonly clears: boolean } {
  const above = kindOf(rule.id).direction === 'above';
  return above
    ? { fires: value >= rule.threshold, clears: value <= rule.clearThreshold }
    : { fires: value <= rule.threshold, clears: value >= rule.clearThreshold };
}

/** A rule that a caller has changed. */
interface StoredRule extends AlertRule {
  /** Counts the changes. Older records have none, which stands for 0. */
  readonly revision?: number;
}

const alertRules = collection<StoredRule>('alert_rules', 'alert rule');

/** The rules, in memory and always as the store has them. The store holds only rules that a caller has changed. */
export class AlertRules {
  readonly #store: Store;
  readonly #byId = new Map<RuleName, AlertRule>(ruleNames.map((id) => [id, defaultRule(id)]));

  /** @param muted rules that are off until an operator turns them on */
  constructor(store: Store, muted: readonly RuleName[] = []) {
    this.#store = store;
    for (const id of muted) this.#byId.set(id, { ...defaultRule(id), enabled: false });
    for (const stored of store.list(alertRules)) this.#know(ruleOf(stored));
    onWritten(store, alertRules, (stored) => this.#know(ruleOf(stored)));
  }

  get(id: RuleName): AlertRule {
    return this.#byId.get(id) ?? defaultRule(id);
  }

  all(): AlertRule[] {
    return [...this.#byId.values()];
  }

  /** Changes all given rules, or no rule. @throws DomainError `invalid_input`, `forbidden`. */
  async update(origin: RequestOrigin, changes: readonly RuleChange[]): Promise<AlertRule[]> {
    authorize(origin.caller, 'alert.configure');
    const ids = changes.map(({ id }) => id);
    const twice = ids.find((id, i) => ids.indexOf(id) !== i);
    if (twice !== undefined) throw invalid('rules', `'${twice}' is given more than once`);
    await retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const before = ids.map((id) => this.#store.get(alertRules, id));
      const rules = changes.map((change, i) => {
        const stored = before[i];
        return changedRule(stored ? { ...defaultRule(stored.id), ...ruleOf(stored) } : this.get(change.id), change);
      });
      const audit = changeAudit(origin, 'alert.rules.update', { type: 'alert_rule', id: ids.join(',') }, { rules });
      const writes = rules.map((rule, i) => replace(alertRules, before[i], rule));
      await this.#store.apply({ by: origin.caller, writes: [...writes, audit] });
    });
    return this.all();
  }

  /** The store may hold a rule of a newer hub that this hub does not know. */
  #know(rule: AlertRule): void {
    if (this.#byId.has(rule.id)) this.#byId.set(rule.id, { ...defaultRule(rule.id), ...rule });
  }
}

/** Without its revision, which no client sees. */
function ruleOf({ revision: _, ...rule }: StoredRule): AlertRule {
  return rule;
}
