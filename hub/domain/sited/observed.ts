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
