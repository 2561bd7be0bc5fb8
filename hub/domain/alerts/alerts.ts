import { authorize } from '../access/authorize.js';
import { atLeast, type Caller, type RequestOrigin, type Role } from '../access/caller.js';
import { isNarrowed, isOwnOrAdmin, maySee } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import { newEvent } from '../events/types.js';
import { newId } from '../ids.js';
import { isoNow, isoTime } from '../moments.js';
import { Periodic } from '../periodic.js';
import type { ServerRegistry } from '../servers/registry.js';
import { type Committed, type NewEvent, onWritten, put, remove, type Store } from '../store.js';
import type { Measurement, Measurements } from './measurements.js';
import { type AlertRecord, type AlertRule, type AlertRules, alertRecords, judge, kindOf } from './rule.js';

/** Resolved alerts that are kept; the oldest go first. */
const KEPT_RESOLVED = 1000;

/** Alerts. Each is raised once, stays active until its subject has recovered, and may be acknowledged meanwhile. */
export class Alerts {
  readonly #store: Store;
  readonly #registry: ServerRegistry;
  readonly #active = new Map<string, AlertRecord>();

  constructor(store: Store, registry: ServerRegistry) {
    this.#store = store;
    this.#registry = registry;
    for (const alert of store.list(alertRecords, { index: 'active' })) this.#active.set(alert.key, alert);
    onWritten(store, alertRecords, (alert) => this.#know(alert));
  }

  /** Unresolved alerts, by their subject. */
  get active(): ReadonlyMap<string, AlertRecord> {
    return this.#active;
  }

  /** The alerts that the caller's grants cover, newest first. Only callers without grants see alerts that concern no server. */
  list(caller: Caller, state: 'active' | 'resolved' | 'all' = 'active'): AlertRecord[] {
    const active = [...this.#active.values()].sort((a, b) => b.triggeredAt - a.triggeredAt);
    const resolved = [...this.#store.list(alertRecords, { index: 'resolved', reverse: true, limit: KEPT_RESOLVED })];
    const all = { active, resolved, all: [...active, ...resolved] }[state];
    return all.filter((alert) => this.#sees(caller, alert));
  }

  /** Acknowledges an alert. @throws DomainError `not_found`; `conflict` for an alert that is resolved, or acknowledged already. */
  async acknowledge(origin: RequestOrigin, id: string, message: string, by?: string): Promise<AlertRecord> {
    const { caller } = origin;
    authorize(caller, 'alert.acknowledge');
    const alert = this.#store.get(alertRecords, id);
    if (!alert || !caller || !this.#sees(caller, alert)) throw notFound('alert', id);
    if (alert.resolvedAt !== null)
      throw new DomainError('conflict', 'The alert is resolved', { resolved_at: isoTime(alert.resolvedAt) });
    if (alert.acknowledgement) {
      const { by: acknowledged_by, at } = alert.acknowledgement;
      throw new DomainError('conflict', `The alert was acknowledged by ${acknowledged_by}`, {
        acknowledged_by,
        acknowledged_at: isoTime(at),
      });
    }
    const acknowledgement = { by: by ?? caller.name, message, at: Date.now() };
    const acknowledged = { ...alert, acknowledgement, revision: alert.revision + 1 };
    const details = { by: acknowledgement.by, message };
    const audit = changeAudit(origin, 'alert.acknowledge', { type: 'alert', id, ...onServer(alert) }, details);
    await this.#store.apply({
      by: origin.caller,
      writes: [put(alertRecords, acknowledged, alert.revision), audit],
      events: [this.#event('alert.acknowledged', acknowledged, { ...details, actor: caller.name })],
    });
    return acknowledged;
  }

  async raise(key: string, rule: AlertRule, measurement: Measurement): Promise<void> {
    const { title, describe } = kindOf(rule.id);
    const { name, value, serverId, site, ownerId, leastRole } = measurement;
    const alert: AlertRecord = {
      id: newId(),
      rule: rule.id,
      key,
      severity: rule.severity,
      subject: name,
      serverId,
      site,
      ...seenBy({ ownerId, leastRole }),
      title,
      description: describe(name, value, rule),
      value,
      threshold: rule.threshold,
      triggeredAt: Date.now(),
      resolvedAt: null,
      acknowledgement: null,
      revision: 1,
    };
    await this.#store.apply({
      by: null,
      writes: [put(alertRecords, alert, 'absent')],
      events: [this.#event('alert.new', alert, { message: alert.description })],
    });
  }

  /** Shows an alert to the callers that may see it now: the role of a key changes with its owner's. */
  async show(alert: AlertRecord, leastRole: Role | undefined): Promise<void> {
    const { leastRole: _, ...rest } = alert;
    const shown = { ...rest, ...seenBy({ ownerId: alert.ownerId, leastRole }), revision: alert.revision + 1 };
    await this.#store.apply({ by: null, writes: [put(alertRecords, shown, alert.revision)] });
  }

  /** @param reason for people */
  async resolve(alert: AlertRecord, reason: string): Promise<void> {
    const resolved = { ...alert, resolvedAt: Date.now(), revision: alert.revision + 1 };
    const surplus = this.#store.count(alertRecords, { index: 'resolved' }) + 1 - KEPT_RESOLVED;
    const old = surplus > 0 ? [...this.#store.list(alertRecords, { index: 'resolved', limit: surplus })] : [];
    await this.#store.apply({
      by: null,
      writes: [put(alertRecords, resolved, alert.revision), ...old.map(({ id }) => remove(alertRecords, id, 'any'))],
      events: [this.#event('alert.resolved', resolved, { message: reason })],
    });
  }

  #event(
    type: 'alert.new' | 'alert.resolved' | 'alert.acknowledged',
    alert: AlertRecord,
    more: Readonly<Record<string, unknown>>,
  ): NewEvent {
    const { id: alertId, rule, severity, title, subject, serverId } = alert;
    const server = serverId === null ? {} : { serverId, serverName: subject };
    const data = {
      alertId,
      rule,
      severity,
      title,
      subject,
      ...server,
      ...seenBy(alert),
      ...more,
      timestamp: isoNow(),
    };
    return newEvent(type, data, serverId ?? undefined);
  }

  #sees(caller: Caller, { serverId, ownerId, leastRole = 'viewer' }: AlertRecord): boolean {
    if (!isOwnOrAdmin(caller, ownerId) || !atLeast(caller.role, leastRole)) return false;
    const server = serverId === null ? undefined : this.#registry.byId(serverId);
    if (serverId !== null && !isOwnOrAdmin(caller, this.#registry.ownerOf(serverId))) return false;
    if (!isNarrowed(caller.grants)) return true;
    return server !== undefined && maySee(caller, server);
  }

  #know(alert: AlertRecord): void {
    if (alert.resolvedAt === null) this.#active.set(alert.key, alert);
    else if (this.#active.get(alert.key)?.id === alert.id) this.#active.delete(alert.key);
  }
}

function onServer({ serverId }: AlertRecord): { readonly serverId?: string } {
  return serverId === null ? {} : { serverId };
}

/** The fields that limit which callers see an alert, if there are any. */
function seenBy({ ownerId, leastRole }: { ownerId?: string | undefined; leastRole?: Role | undefined }) {
  return { ...(ownerId === undefined ? {} : { ownerId }), ...(leastRole === undefined ? {} : { leastRole }) };
}

/** How often the watch looks for changes that only time brings, milliseconds. */
const LOOK_MS = 5000;
/** How soon the watch looks after an event that may raise or resolve an alert; it looks once for the events that come meanwhile. */
const SOON_MS = 250;

/** Events that may raise or resolve an alert. */
const relevantEvents = new Set([
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

/** Raises and resolves alerts: at intervals, and soon after an event that may change a measurement. No request waits for it. */
export class AlertWatch {
  readonly #parts: WatchParts;
  readonly #periodic: Periodic;
  readonly #unsubscribe: () => void;

  constructor(parts: WatchParts, onError: (error: unknown) => void = () => {}) {
    this.#parts = parts;
    this.#periodic = new Periodic(() => this.look(), onError);
    this.#unsubscribe = parts.store.act((committed) => this.#take(committed), 'events');
  }

  start(): void {
    this.#periodic.start(LOOK_MS);
  }

  /** Resolves when no run is under way. */
  stop(): Promise<void> {
    this.#unsubscribe();
    return this.#periodic.stop();
  }

  /** Applies all rules once. */
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
      else if (active && active.leastRole !== measurement.leastRole)
        await ignoringRaces(alerts.show(active, measurement.leastRole));
    }
  }

  #resolve(alert: AlertRecord, reason: string): Promise<void> {
    return ignoringRaces(this.#parts.alerts.resolve(alert, reason));
  }

  #take(committed: Committed): void {
    this.#parts.measurements.take(committed);
    if (committed.events.some(({ type }) => relevantEvents.has(type))) this.#periodic.soon(SOON_MS);
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
