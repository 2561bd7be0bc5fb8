import { newEvent } from '../events/types.js';
import type { Observation, ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import { collection, put, remove, type Store } from '../store.js';
import { enablements } from './enablement.js';

/** A server's state, in the portal's words: `unreachable` if its agent is not connected. */
export type ContainerState = 'running' | 'starting' | 'stopped' | 'error' | 'unreachable';

/** The last change of a server's state. */
export interface StateRecord {
  /** The server's. */
  readonly id: string;
  readonly state: ContainerState;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const states = collection<StateRecord>('server_states', 'server state');

export function containerState({ state, error }: Pick<Observation, 'state' | 'error'>): ContainerState {
  if (state === 'connected') return 'running';
  if (state === 'connecting') return 'starting';
  if (state === 'error') return 'error';
  return error === '' ? 'stopped' : 'unreachable';
}

/** Keeps when each server's state last changed, over restarts of the hub, and reports the changes of private servers. */
export class ServerStates {
  readonly #store: Store;
  /** States that may not be on the disk yet: changes come faster than they are written. */
  readonly #recent = new Map<string, StateRecord>();

  constructor(store: Store, registry: ServerRegistry, observed: ObservedServers) {
    this.#store = store;
    observed.onChange((id, now) => {
      const record = registry.byId(id);
      if (record) this.#note(record, containerState(now));
      else this.#forget(id);
    });
  }

  /** The last change; `undefined` for a server that never ran. */
  last(serverId: string): StateRecord | undefined {
    return this.#recent.get(serverId) ?? this.#store.get(states, serverId);
  }

  #forget(id: string): void {
    if (this.last(id)) this.#store.record({ writes: [remove(states, id)] });
    this.#recent.delete(id);
  }

  #note({ id, ownerId }: ServerRecord, state: ContainerState): void {
    const before = this.last(id)?.state ?? 'stopped';
    if (before === state) return;
    const changed = { id, state, at: Date.now() };
    this.#recent.set(id, changed);
    const entryId = ownerId === undefined ? undefined : this.#store.find(enablements, 'server', id)?.entryId;
    const data = { ownerId, entryId, oldState: before, newState: state };
    const events = entryId === undefined ? [] : [newEvent('server.state', data, id)];
    this.#store.record({ writes: [put(states, changed)], events });
  }
}
