import { payerOf } from '../../access/caller.js';
import { type Cancellation, CancelSource } from '../../cancellation.js';
import { DomainError } from '../../errors.js';
import { Turns } from '../../event-loop.js';
import type { ServerRegistry } from '../../servers/registry.js';
import type { ToolOffer } from '../lists/tool-offers.js';
import type { McpClient } from './client.js';

export interface TellerParts {
  /** All clients that are there. */
  readonly clients: ReadonlySet<McpClient>;
  readonly registry: Pick<ServerRegistry, 'byId'>;
  /** Makes a client's offer in turns with other work. @throws the reason of the signal */
  readonly offer: (client: McpClient, signal: Cancellation) => Promise<ToolOffer>;
  /** Changes within this time make one message, milliseconds. */
  readonly tellMs: number;
  readonly onError: (error: unknown) => void;
}

/** The servers with a changed list. */
type Changes = ReadonlyMap<'resources' | 'prompts', ReadonlySet<string>>;

/**
 * Tells clients that their lists have changed. A round looks at all clients, in turns with other work, and there is one round at a time. The
 * clients of one payer (`payerOf`) do not wait for those of another.
 */
export class Teller {
  readonly #parts: TellerParts;
  #timer: NodeJS.Timeout | undefined;
  /** Ends the round that is under way. */
  #round: CancelSource | undefined;
  /** Lists have changed during the round: another one follows. */
  #again = false;
  /** The changes that the next round tells. */
  #changes = new Map<'resources' | 'prompts', Set<string>>();

  constructor(parts: TellerParts) {
    this.#parts = parts;
  }

  /** A list of a server has changed. The next round tells the clients that may see the server then. */
  changed(serverId: string, list: 'resources' | 'prompts'): void {
    if (this.#parts.clients.size === 0) return;
    this.#changes.set(list, (this.#changes.get(list) ?? new Set()).add(serverId));
    this.look();
  }

  /** A list may have changed. Changes within a moment make one message. */
  look(): void {
    const { clients, tellMs } = this.#parts;
    if (clients.size === 0) return;
    if (this.#round) this.#again = true;
    else this.#timer ??= setTimeout(() => this.#begin(), tellMs).unref();
  }

  /** Ends the round that waits or is under way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#round?.abort(new DomainError('cancelled', 'There are no clients any more'));
    this.#timer = undefined;
    this.#round = undefined;
    this.#again = false;
    this.#changes = new Map();
  }

  #begin(): void {
    const round = new CancelSource();
    this.#timer = undefined;
    this.#round = round;
    const changes: Changes = this.#changes;
    this.#changes = new Map();
    const byPayer = new Map<string, McpClient[]>();
    for (const client of this.#parts.clients) {
      const payer = payerOf(client.view.caller);
      const clients = byPayer.get(payer) ?? [];
      clients.push(client);
      byPayer.set(payer, clients);
    }
    const told = Array.from(byPayer, ([payer, clients]) =>
      this.#tellAll(clients, changes, new Turns(undefined, { signal: round, payer }), round).catch((error: unknown) => {
        if (!round.aborted) this.#parts.onError(error);
      }),
    );
    void Promise.all(told).then(() => this.#end(round));
  }

  #end(round: CancelSource): void {
    if (this.#round !== round) return;
    const isOutdated = this.#again;
    this.#round = undefined;
    this.#again = false;
    if (isOutdated) this.look();
  }

  async #tellAll(clients: readonly McpClient[], changes: Changes, turns: Turns, signal: Cancellation): Promise<void> {
    for (const client of clients) {
      if (turns.due) await turns.next();
      // A client that never asked for tools need not ask again.
      if (client.toldTools !== '' && this.#isThere(client)) {
        const { tag } = await this.#parts.offer(client, signal);
        // The client may have forgotten its tools meanwhile.
        if (client.toldTools !== '' && tag !== client.toldTools) {
          client.changed.add('tools');
          client.toldTools = tag;
        }
      }
      if (this.#isThere(client)) await this.#tell(client, changes, turns);
    }
  }

  /** Tells a client which of its lists have changed: its own, and those of servers that it may see at this moment. */
  async #tell(client: McpClient, changes: Changes, turns: Turns): Promise<void> {
    const told = new Set(client.changed);
    client.changed.clear();
    for (const list of told) tell(client, list);
    for (const [list, serverIds] of changes) {
      if (told.has(list)) continue;
      for (const id of serverIds) {
        if (turns.due) await turns.next();
        if (!this.#isThere(client)) return;
        const server = this.#parts.registry.byId(id);
        if (server && !client.view.covers(server)) continue;
        tell(client, list);
        break;
      }
    }
  }

  #isThere(client: McpClient): boolean {
    return this.#parts.clients.has(client);
  }
}

function tell({ listener }: McpClient, list: 'tools' | 'resources' | 'prompts'): void {
  listener.notify(`notifications/${list}/list_changed`, '');
}
