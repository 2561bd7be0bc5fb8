import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { changeAudit } from '../audit/audit.js';
import { invalid } from '../errors.js';
import { collection, onWritten, put, type Store } from '../store.js';
import { type AlertRule, changedRule, defaultRule, type RuleChange, type RuleName, ruleNames } from './rule.js';

const alertRules = collection<AlertRule>('alert_rules', 'alert rule');

/** The rules, in memory and always as the store has them. The store holds only rules that a caller has changed. */
export class AlertRules {
  readonly #store: Store;
  readonly #byId = new Map<RuleName, AlertRule>(ruleNames.map((id) => [id, defaultRule(id)]));

  /** @param muted rules that are off until an operator turns them on */
  constructor(store: Store, muted: readonly RuleName[] = []) {
    this.#store = store;
    for (const id of muted) this.#byId.set(id, { ...defaultRule(id), enabled: false });
    for (const rule of store.list(alertRules)) this.#know(rule);
    onWritten(store, alertRules, (rule) => this.#know(rule));
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
    const rules = changes.map((change) => changedRule(this.get(change.id), change));
    const audit = changeAudit(origin, 'alert.rules.update', { type: 'alert_rule', id: ids.join(',') }, { rules });
    await this.#store.apply({ writes: [...rules.map((rule) => put(alertRules, rule)), audit] });
    return this.all();
  }

  /** A kind that this hub does not have may be left from a newer one. */
  #know(rule: AlertRule): void {
    if (this.#byId.has(rule.id)) this.#byId.set(rule.id, { ...defaultRule(rule.id), ...rule });
  }
}
