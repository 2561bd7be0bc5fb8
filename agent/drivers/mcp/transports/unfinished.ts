import { AgentFailure } from '../../../failure.js';
import type { McpLimits } from '../limits.js';

type Bounds = Pick<McpLimits, 'unfinishedBytes' | 'unfinishedServerBytes'>;

/** Counts the bytes of unfinished messages: each stream of a server may keep one. */
export class Unfinished {
  readonly #bounds: Bounds;
  readonly #ofServers = new Map<string, number>();
  #ofAll = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Begins to count for one stream of a server. */
  begin(serverId: string): UnfinishedMessage {
    return new UnfinishedMessage((more) => this.#add(serverId, more));
  }

  #add(serverId: string, more: number): string | undefined {
    const ofServer = (this.#ofServers.get(serverId) ?? 0) + more;
    const { unfinishedServerBytes, unfinishedBytes } = this.#bounds;
    if (more > 0 && ofServer > unfinishedServerBytes)
      return `the unfinished messages of the server are together longer than ${unfinishedServerBytes} bytes`;
    if (more > 0 && this.#ofAll + more > unfinishedBytes)
      return `the unfinished messages of all servers of the agent are together longer than ${unfinishedBytes} bytes`;
    this.#ofAll += more;
    if (ofServer === 0) this.#ofServers.delete(serverId);
    else this.#ofServers.set(serverId, ofServer);
    return undefined;
  }
}

/** The unfinished message of one stream. */
export class UnfinishedMessage {
  /** Why the agent keeps no more of the message; `undefined` while there is room. */
  refusal: string | undefined;
  readonly #add: (more: number) => string | undefined;
  #kept = 0;

  /** @param add counts further bytes, or returns the reason why they may not be kept */
  constructor(add: (more: number) => string | undefined) {
    this.#add = add;
  }

  /** Sets how many bytes of the message are kept. @returns whether that is allowed. */
  keeps(bytes: number): boolean {
    this.refusal = this.#add(bytes - this.#kept);
    if (this.refusal === undefined) this.#kept = bytes;
    return this.refusal === undefined;
  }

  /** The message is not kept any more. */
  end(): void {
    this.keeps(0);
  }

  /** The refusal, as the failure of the request that the message answers. */
  get failure(): AgentFailure {
    const reason = this.refusal ?? '';
    return new AgentFailure('overloaded', reason, { reason, retryAfterMs: 1000, outcome: 'unknown' });
  }
}
