import { type ServerRecord, serverRecords } from '../servers/record.js';
import { onRemoved, type Store } from '../store.js';
import { OTHER_TOOLS } from './counted.js';

/** The outcomes of the calls of one tool of one server since the hub started. */
export interface ToolOutcomes {
  readonly serverId: string;
  readonly tool: string;
  success: number;
  error: number;
}

/** The tools that are counted apart. Further tools count together, under {@link OTHER_TOOLS}. */
const MOST_TOOLS = 10_000;
/** The tools of one server that are counted apart: while there is room, and the part that it has in any case. */
const MOST_OF_SERVER = 250;
const ASSURED = 10;

/**
 * Counts the calls of tools by outcome, in memory, for metrics. The tools of a private server count together: metrics do not name them. Only tools
 * that a server has reported come here.
 */
export class InvocationOutcomes {
  readonly #byServer = new Map<string, Map<string, ToolOutcomes>>();
  #size = 0;

  constructor(store: Store) {
    onRemoved(store, serverRecords, (id) => this.#forget(id));
  }

  count({ id, ownerId }: Pick<ServerRecord, 'id' | 'ownerId'>, tool: string, success: boolean): void {
    const named = ownerId === undefined ? tool : OTHER_TOOLS;
    const outcomes = this.#byServer.get(id)?.get(named) ?? this.#add(id, named);
    if (success) outcomes.success += 1;
    else outcomes.error += 1;
  }

  *all(): Generator<Readonly<ToolOutcomes>> {
    for (const tools of this.#byServer.values()) yield* tools.values();
  }

  #add(serverId: string, named: string): ToolOutcomes {
    const tools = this.#byServer.get(serverId) ?? new Map<string, ToolOutcomes>();
    this.#byServer.set(serverId, tools);
    const room = this.#size < MOST_TOOLS ? MOST_OF_SERVER : ASSURED;
    const tool = tools.size < room ? named : OTHER_TOOLS;
    const known = tools.get(tool);
    if (known) return known;
    const added = { serverId, tool, success: 0, error: 0 };
    tools.set(tool, added);
    this.#size += 1;
    return added;
  }

  #forget(serverId: string): void {
    this.#size -= this.#byServer.get(serverId)?.size ?? 0;
    this.#byServer.delete(serverId);
  }
}
