import { type Collection, type NewEvent, onRemoved, type Store } from '../store.js';
import type { ObservedStates } from './observed.js';

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
