import { DomainError } from '../errors.js';
import { Periodic } from '../periodic.js';
import type { Committed, Store } from '../store.js';
import type { Alerts } from './alerts.js';
import type { Measurements } from './measurements.js';
import type { AlertRecord, AlertRules } from './rule.js';
import { type AlertRule, judge } from './rule.js';

/** How often the watch looks for changes that only time brings, milliseconds. */
const LOOK_MS = 5000;
/** How soon the watch looks after an event that may raise or resolve an alert; it looks once for the events that come meanwhile. */
const SOON_MS = 250;

const telling = new Set([
  'server.connected',
  'server.disconnected',
  'server.error',
  'circuit.opened',
  'circuit.closed',
  'update.complete',
]);

export interface WatchParts {
  readonly store: Store;
  readonly rules: AlertRules;
  readonly alerts: Alerts;
  readonly measurements: Measurements;
}

/** Raises and resolves alerts: looks from time to time, and soon after an event that may matter. No request waits for it. */
export class AlertWatch {
  readonly #parts: WatchParts;
  readonly #periodic: Periodic;
  readonly #unsubscribe: () => void;

  constructor(parts: WatchParts, onError: (error: unknown) => void = () => {}) {
    this.#parts = parts;
    this.#periodic = new Periodic(() => this.look(), onError);
    this.#unsubscribe = parts.store.act((committed) => this.#take(committed));
  }

  start(): void {
    this.#periodic.start(LOOK_MS);
  }

  /** Resolves once nothing of it runs any more. */
  stop(): Promise<void> {
    this.#unsubscribe();
    return this.#periodic.stop();
  }

  /** Looks at everything once. */
  async look(now = Date.now()): Promise<void> {
    const { rules, measurements } = this.#parts;
    measurements.tidy();
    const seen = new Set<string>();
    for (const rule of rules.all()) if (rule.enabled) await this.#apply(rule, now, seen);
    for (const [key, alert] of [...this.#parts.alerts.active])
      if (!seen.has(key)) await this.#resolve(alert, 'It is not watched any more');
  }

  async #apply(rule: AlertRule, now: number, seen: Set<string>): Promise<void> {
    const { alerts, measurements } = this.#parts;
    for (const measurement of measurements.of(rule, now)) {
      const key = `${rule.id}:${measurement.subject}`;
      seen.add(key);
      const active = alerts.active.get(key);
      const { fires, clears } = judge(rule, measurement.value);
      if (active && clears && measurement.mayClear) await this.#resolve(active, 'It is well again');
      else if (!active && fires && measurement.mayRaise) await ignoringRaces(alerts.raise(key, rule, measurement));
    }
  }

  #resolve(alert: AlertRecord, reason: string): Promise<void> {
    return ignoringRaces(this.#parts.alerts.resolve(alert, reason));
  }

  #take(committed: Committed): void {
    this.#parts.measurements.take(committed);
    if (committed.events.some(({ type }) => telling.has(type))) this.#periodic.soon(SOON_MS);
  }
}

/** Another change acknowledged or raised the alert at the same moment: the next look finds the new state. */
async function ignoringRaces(change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!(error instanceof DomainError && (error.code === 'conflict' || error.code === 'already_exists'))) throw error;
  }
}
