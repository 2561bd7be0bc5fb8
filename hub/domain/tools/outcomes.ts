import { serverRecords } from '../servers/record.js';
import { onRemoved, type Store } from '../store.js';

/** How the calls of one tool of one server ended since the hub started. */
export interface ToolOutcomes {
  readonly serverId: string;
  readonly tool: string;
  success: number;
  error: number;
}

/** More tools than this are counted together, under {@link OTHER_TOOLS}. */
const MAX_TOOLS = 10_000;
/** No server can have a tool of this name: it would be listed under it. */
const OTHER_TOOLS = '(other)';

/** Counts the calls of tools by outcome, in memory, for metrics. Only tools that a server has reported come here. */
export class InvocationOutcomes {
  readonly #byServer = new Map<string, Map<string, ToolOutcomes>>();
  #size = 0;

  constructor(store: Store) {
    onRemoved(store, serverRecords, (id) => this.#forget(id));
  }

  count(serverId: string, tool: string, success: boolean): void {
    const outcomes = this.#byServer.get(serverId)?.get(tool) ?? this.#add(serverId, tool);
    if (success) outcomes.success += 1;
    else outcomes.error += 1;
  }

  *all(): Generator<Readonly<ToolOutcomes>> {
    for (const tools of this.#byServer.values()) yield* tools.values();
  }

  #add(serverId: string, named: string): ToolOutcomes {
    const tools = this.#byServer.get(serverId) ?? new Map<string, ToolOutcomes>();
    this.#byServer.set(serverId, tools);
    const tool = this.#size < MAX_TOOLS ? named : OTHER_TOOLS;
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
