import type { Fleet } from '../agents/fleet.js';
import { DomainError } from '../errors.js';
import { Periodic } from '../periodic.js';

/** Bytes. */
export interface Use {
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** The use of a hub's or agent's machine; bytes, `null` if unknown. */
export interface Usage {
  readonly memory: Use;
  readonly disk: Use;
  readonly servers: readonly {
    readonly serverId: string;
    readonly memoryBytes: number | null;
    readonly diskBytes: number | null;
  }[];
}

/** The use of one server, and the totals of its machine. */
export interface ServerUse {
  readonly memory: Use | undefined;
  readonly disk: Use | undefined;
}

/** The hub's own machine. Implemented by `hub/host`. */
export interface OwnUsage {
  measure(): Promise<Pick<Usage, 'memory' | 'disk'>>;
}

/** An agent's answer, its servers by id. */
interface AgentUse {
  readonly memory: Use;
  readonly disk: Use;
  readonly servers: ReadonlyMap<string, ServerUse>;
}

const EVERY_MS = 30_000;
/** How soon the hub asks after an agent has connected; it asks agents that connect meanwhile together. */
const SOON_MS = 1000;
const TIMEOUT_MS = 10_000;
/** Agents asked at once. */
const AT_ONCE = 16;

/** The memory and disk use of the hub, sites and servers. The watch asks for it at intervals, in the background. */
export class UsageWatch {
  readonly #fleet: () => Fleet;
  readonly #own: OwnUsage;
  readonly #periodic: Periodic;
  readonly #ofAgents = new Map<string, AgentUse>();
  #hub: Pick<Usage, 'memory' | 'disk'> | undefined;

  constructor(fleet: () => Fleet, own: OwnUsage, onError: (error: unknown) => void = () => {}) {
    this.#fleet = fleet;
    this.#own = own;
    this.#periodic = new Periodic(() => this.look(), onError);
  }

  /** The hub's machine; `undefined` until it was measured. */
  get hub(): Pick<Usage, 'memory' | 'disk'> | undefined {
    return this.#hub;
  }

  /** An agent's machine; `undefined` while the agent is away, and for an agent that cannot measure it. */
  agent(id: string): Pick<Usage, 'memory' | 'disk'> | undefined {
    return this.#ofAgents.get(id);
  }

  /** One server, measured against all memory and disk of its site. */
  server(id: string, agentId: string): ServerUse | undefined {
    return this.#ofAgents.get(agentId)?.servers.get(id);
  }

  start(): void {
    this.#periodic.start(EVERY_MS);
    this.#periodic.run();
  }

  /** An agent has connected, whose use is not known yet. */
  came(): void {
    this.#periodic.soon(SOON_MS);
  }

  /** Resolves when no run is under way. */
  stop(): Promise<void> {
    return this.#periodic.stop();
  }

  /** Asks every agent once. */
  async look(): Promise<void> {
    this.#hub = await this.#own.measure();
    const agents = this.#fleet().agents();
    const there = new Set(agents.map(({ id }) => id));
    for (const id of this.#ofAgents.keys()) if (!there.has(id)) this.#ofAgents.delete(id);
    const left = agents.filter(({ operations }) => operations.includes('measureUsage'));
    const worker = async () => {
      for (let agent = left.shift(); agent; agent = left.shift()) await this.#ask(agent.id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #ask(agentId: string): Promise<void> {
    const options = { kind: 'read', timeoutMs: TIMEOUT_MS } as const;
    try {
      const reply = await this.#fleet().execute(agentId, { case: 'measureUsage', value: {} }, options);
      const use = reply.case === 'json' ? readUsage(Buffer.from(reply.value).toString()) : undefined;
      if (use) this.#ofAgents.set(agentId, use);
      else this.#ofAgents.delete(agentId);
    } catch (error) {
      this.#ofAgents.delete(agentId);
      // The agent is away or busy, or its site refuses: the use is unknown. An agent that is away has its own alert.
      if (!(error instanceof DomainError)) throw error;
    }
  }
}

/** An agent's answer; `undefined` if it is malformed: one agent must not end the measurement of the others. */
function readUsage(text: string): AgentUse | undefined {
  try {
    const { memory, disk, servers } = JSON.parse(text) as Usage;
    if (!isUse(memory) || !isUse(disk)) return undefined;
    const of = ({ totalBytes }: Use, usedBytes: number | null): Use | undefined =>
      Number.isFinite(usedBytes) ? { totalBytes, usedBytes: Number(usedBytes) } : undefined;
    const uses = servers.map((server): [string, ServerUse] => [
      server.serverId,
      { memory: of(memory, server.memoryBytes), disk: of(disk, server.diskBytes) },
    ]);
    return { memory, disk, servers: new Map(uses) };
  } catch {
    return undefined;
  }
}

function isUse({ totalBytes, usedBytes }: Use): boolean {
  return Number.isFinite(totalBytes) && Number.isFinite(usedBytes);
}
