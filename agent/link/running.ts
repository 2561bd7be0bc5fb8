import { CancelSource } from '../cancellation.js';
import type { AgentFailure } from '../failure.js';
import type { OperationContext } from '../operations/operation.js';

/** A command that runs. */
export class Running implements OperationContext {
  readonly signal = new CancelSource();
  /** The connection that it came by is gone: the hub has given it up, and takes no answer to it any more. */
  orphaned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly commandId: string,
    readonly traceparent: string,
    /** May be given up when the link is lost: nobody will hear its answer, and it changes nothing. */
    readonly expendable: boolean,
    readonly progress: (json: Uint8Array) => void,
  ) {}

  /** Calls back when the command's time is up. */
  limit(ms: number, expired: () => void): void {
    this.#timer = setTimeout(expired, ms);
  }

  abort(reason: AgentFailure): void {
    this.signal.abort(reason);
  }

  done(): void {
    clearTimeout(this.#timer);
  }
}
