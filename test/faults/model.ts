/** The outcome of a change or a call by its answer: `unknown` without an answer. */
export type Outcome = 'done' | 'not done' | 'unknown';

/** The changes that a hub reported, for comparison with its records. */
export class Model {
  /** Things by kind and name: whether each has to be there. */
  readonly #things = new Map<string, Outcome>();
  readonly #calls = new Map<string, Outcome>();
  /** Ids of runs that were acknowledged, and the calls of their steps. */
  readonly runs = new Map<string, readonly string[]>();

  /** A thing was made, or may have been. */
  made(kind: string, name: string, outcome: Outcome): void {
    this.#things.set(`${kind} ${name}`, outcome);
  }

  /** A thing that was there was deleted, or may have been. */
  deleted(kind: string, name: string, outcome: Outcome): void {
    if (outcome !== 'not done') this.#things.set(`${kind} ${name}`, outcome === 'done' ? 'not done' : 'unknown');
  }

  /** A tool was called. */
  called(id: string, outcome: Outcome): void {
    this.#calls.set(id, outcome);
  }

  /** The names of a kind that have to be there. */
  there(kind: string): string[] {
    return [...this.#things]
      .filter(([key, outcome]) => key.startsWith(`${kind} `) && outcome === 'done')
      .map(([key]) => key.slice(kind.length + 1));
  }

  get counts(): Readonly<Record<string, number>> {
    const of = (outcomes: Iterable<Outcome>, wanted: Outcome) => [...outcomes].filter((one) => one === wanted).length;
    return {
      things: this.#things.size,
      unknownThings: of(this.#things.values(), 'unknown'),
      calls: this.#calls.size,
      doneCalls: of(this.#calls.values(), 'done'),
      unknownCalls: of(this.#calls.values(), 'unknown'),
    };
  }

  /** Lists the records of a kind that contradict the answers. */
  wrongThings(kind: string, names: Iterable<string>): string[] {
    const seen = new Set(names);
    const wrong: string[] = [];
    for (const [key, outcome] of this.#things) {
      if (!key.startsWith(`${kind} `)) continue;
      const isThere = seen.has(key.slice(kind.length + 1));
      if (outcome === 'done' && !isThere) wrong.push(`lost: ${key}`);
      if (outcome === 'not done' && isThere) wrong.push(`there, though it was refused or deleted: ${key}`);
    }
    return wrong;
  }

  /** Lists the effects of tools that contradict the answers. @param effects the id of each call that ran, as often as it did */
  wrongCalls(effects: Iterable<string>): string[] {
    const times = new Map<string, number>();
    for (const id of effects) times.set(id, (times.get(id) ?? 0) + 1);
    const wrong: string[] = [];
    for (const [id, count] of times) {
      if (count > 1) wrong.push(`ran ${count} times: call ${id}`);
      if (!this.#calls.has(id)) wrong.push(`ran without being asked for: call ${id}`);
    }
    for (const [id, outcome] of this.#calls) {
      if (outcome === 'done' && !times.has(id)) wrong.push(`answered, and did not run: call ${id}`);
      if (outcome === 'not done' && times.has(id))
        wrong.push(`ran, though the answer says that it did not: call ${id}`);
    }
    return wrong;
  }

  /** Calls that were answered and are missing in the audit log. @param audited the ids in it */
  wrongAudit(audited: Iterable<string>): string[] {
    const known = new Set(audited);
    return [...this.#calls]
      .filter(([id, outcome]) => outcome === 'done' && !known.has(id))
      .map(([id]) => `not in the audit log: call ${id}`);
  }
}
