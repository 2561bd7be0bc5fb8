import { type Collection, type NewEvent, onRemoved, type Store } from '../store.js';

/** Called after an observation changed. */
export type ObservationListener<S> = (id: string, now: S, before: S) => void;

/** The observed states of things at sites, as last reported. In memory: after a restart of the hub they are reported again. */
export abstract class ObservedStates<S extends { readonly agentId: string }> {
  readonly #byId = new Map<string, S>();
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
    for (const [id, before] of this.#byId) if (before.agentId === agentId) this.set(id, this.away(before, why));
  }

  forget(id: string): void {
    const before = this.#byId.get(id);
    this.#byId.delete(id);
    if (before) this.#tell(id, this.#unknown, before);
  }

  /** Returns a function that stops the calls. */
  onChange(listener: ObservationListener<S>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected set(id: string, now: S): void {
    const before = this.get(id);
    this.#byId.set(id, now);
    this.#tell(id, now, before);
  }

  #tell(id: string, now: S, before: S): void {
    for (const listener of this.#listeners) listener(id, now, before);
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
 * Puts every change of an observed state into the journal. A thing that fails again in the same way is no news.
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
