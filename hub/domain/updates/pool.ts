/** Work that is bounded altogether, and for each agent: one slow site keeps no other from being asked. */
export class AgentPool {
  readonly #limits: { readonly all: number; readonly perAgent: number };
  readonly #waiting: { readonly agentId: string; readonly begin: () => void }[] = [];
  readonly #running = new Map<string, number>();
  #count = 0;

  constructor(limits: { readonly all: number; readonly perAgent: number }) {
    this.#limits = limits;
  }

  /** Does work once there is room for it. */
  async run<T>(agentId: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ agentId, begin });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#count -= 1;
      this.#of(agentId, -1);
      this.#next();
    }
  }

  #next(): void {
    while (this.#count < this.#limits.all) {
      const at = this.#waiting.findIndex(({ agentId }) => (this.#running.get(agentId) ?? 0) < this.#limits.perAgent);
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (!next) return;
      this.#count += 1;
      this.#of(next.agentId, 1);
      next.begin();
    }
  }

  #of(agentId: string, by: 1 | -1): void {
    const now = (this.#running.get(agentId) ?? 0) + by;
    if (now > 0) this.#running.set(agentId, now);
    else this.#running.delete(agentId);
  }
}
