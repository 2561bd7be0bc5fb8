import { Bucket } from '@roundhouse/proto/bucket';
import { isTurnOver, nextTurn } from '../event-loop.js';
import { type Collection, type NewEvent, onRemoved, type Store } from '../store.js';

/** Called after an observation changed. */
export type ObservationListener<S> = (id: string, now: S, before: S) => void;

/** The observed states of things at sites, as last reported. In memory: after a restart of the hub the agents report them again. */
export abstract class ObservedStates<S extends { readonly agentId: string }> {
  readonly #byId = new Map<string, S>();
  /** The ids of the things that each agent reported last. */
  readonly #ofAgent = new Map<string, Set<string>>();
  readonly #listeners = new Set<ObservationListener<S>>();
  readonly #unknown: S;

  /** @param unknown the state of a thing without a report */
  constructor(unknown: S) {
    this.#unknown = unknown;
  }

  /** The state of a thing whose agent is away: the hub cannot reach it, even if it runs. */
  protected abstract away(before: S, why: string): S;

  get(id: string): S {
    return this.#byId.get(id) ?? this.#unknown;
  }

  agentLost(agentId: string, why: string): void {
    for (const id of [...(this.#ofAgent.get(agentId) ?? [])]) this.set(id, this.away(this.get(id), why));
  }

  forget(id: string): void {
    const before = this.#byId.get(id);
    this.#byId.delete(id);
    if (!before) return;
    this.#leave(before.agentId, id);
    this.#tell(id, this.#unknown, before);
  }

  /** Returns a function that stops the calls. */
  onChange(listener: ObservationListener<S>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected set(id: string, now: S): void {
    const before = this.get(id);
    this.#byId.set(id, now);
    if (before.agentId !== now.agentId) this.#leave(before.agentId, id);
    const others = this.#ofAgent.get(now.agentId);
    if (others) others.add(id);
    else this.#ofAgent.set(now.agentId, new Set([id]));
    this.#tell(id, now, before);
  }

  #leave(agentId: string, id: string): void {
    const others = this.#ofAgent.get(agentId);
    others?.delete(id);
    if (others?.size === 0) this.#ofAgent.delete(agentId);
  }

  #tell(id: string, now: S, before: S): void {
    for (const listener of this.#listeners) listener(id, now, before);
  }
}

/** The reports of one thing that the hub takes per second; it takes four times as many at once. */
const PER_SECOND = 5;
const BURST_SECONDS = 4;
/** How often the hub looks for waiting reports, milliseconds. */
const LATER_MS = 200;

interface Reported<R> {
  readonly bucket: Bucket;
  /** The waiting report, joined with all reports that it replaced. */
  waiting: { readonly agentId: string; readonly report: R } | undefined;
}

/**
 * Takes in the reports of agents, but not too often: each change of a thing costs an event, a place on disk and the work of all listeners.
 * If a thing changes all the time, the hub takes its latest state from time to time.
 */
export class PacedReports<R> {
  readonly #take: (agentId: string, id: string, report: R) => void;
  readonly #join: (older: R, newer: R) => R;
  readonly #byId = new Map<string, Reported<R>>();
  /** The ids with a waiting report. */
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param join the newer report, with the parts of the older one that the newer one leaves out */
  constructor(take: (agentId: string, id: string, report: R) => void, join: (older: R, newer: R) => R) {
    this.#take = take;
    this.#join = join;
  }

  /** A report that the agent sends by itself. */
  unasked(agentId: string, id: string, report: R): void {
    const reported = this.#byId.get(id) ?? { bucket: new Bucket(PER_SECOND, BURST_SECONDS), waiting: undefined };
    this.#byId.set(id, reported);
    if (!reported.waiting && reported.bucket.take()) {
      this.#take(agentId, id, report);
      return;
    }
    reported.waiting = { agentId, report: this.#joined(reported, agentId, report) };
    this.#waiting.add(id);
    this.#timer ??= setTimeout(() => this.#again(), LATER_MS).unref();
  }

  /** A report that answers a command: the hub takes it at once, together with the waiting ones. */
  asked(agentId: string, id: string, report: R): void {
    const reported = this.#byId.get(id);
    const joined = reported ? this.#joined(reported, agentId, report) : report;
    if (reported) reported.waiting = undefined;
    this.#waiting.delete(id);
    this.#take(agentId, id, joined);
  }

  forget(id: string): void {
    this.#byId.delete(id);
    this.#waiting.delete(id);
  }

  /** Drops the waiting reports of an agent that is away. */
  agentLost(agentId: string): void {
    for (const id of this.#waiting) {
      const reported = this.#byId.get(id);
      if (reported?.waiting?.agentId !== agentId) continue;
      reported.waiting = undefined;
      this.#waiting.delete(id);
    }
  }

  #joined({ waiting }: Reported<R>, agentId: string, report: R): R {
    return waiting?.agentId === agentId ? this.#join(waiting.report, report) : report;
  }

  #again(): void {
    this.#timer = undefined;
    for (const id of this.#waiting) {
      const reported = this.#byId.get(id);
      const waiting = reported?.waiting;
      if (!waiting) continue;
      if (isTurnOver()) {
        void nextTurn().then(() => this.#again());
        return;
      }
      if (reported.bucket.take()) {
        reported.waiting = undefined;
        this.#waiting.delete(id);
        this.#take(waiting.agentId, id, waiting.report);
      } else this.#timer ??= setTimeout(() => this.#again(), LATER_MS).unref();
    }
  }
}

type State = 'connected' | 'disconnected' | 'error';

interface Announced {
  readonly state: State | 'connecting';
  /** Empty if all is well. */
  readonly error: string;
  readonly reason: string;
  readonly agentId: string;
}

/**
 * Puts every change of an observed state into the journal. A thing that fails again in the same way makes no event.
 * @param event makes the event of a state
 */
export function announceStates<T extends { readonly id: string }, S extends Announced>(
  store: Store,
  records: Collection<T>,
  observed: ObservedStates<S>,
  event: (state: State, record: T, why: NewEvent['data']) => NewEvent,
): void {
  const told = new Map<string, string>();
  observed.onChange((id, { state, error, reason }) => {
    if (state === 'connecting') return;
    const news = state === 'error' ? `${state} ${reason}` : state;
    if (news === (told.get(id) ?? 'disconnected')) return;
    const record = store.get(records, id);
    if (!record) return;
    told.set(id, news);
    const why = error === '' ? {} : { error, ...(reason ? { reason } : {}) };
    store.record({ writes: [], events: [event(state, record, why)] });
  });
  onRemoved(store, records, (id) => told.delete(id));
}
