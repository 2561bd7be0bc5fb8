import type { AgentFailure } from '../failure.js';
import type { OperationContext } from '../operations/operation.js';

/** A command that runs. Most are never aborted: what that takes is made when it is asked for. */
export class Running implements OperationContext {
  #controller: AbortController | undefined;
  #reason: AgentFailure | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly commandId: string,
    readonly traceparent: string,
    /** May be given up when the link is lost: nobody will hear its answer, and it changes nothing. */
    readonly expendable: boolean,
    readonly progress: (json: Uint8Array) => void,
  ) {}

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Calls back when the command's time is up. */
  limit(ms: number, expired: () => void): void {
    this.#timer = setTimeout(expired, ms);
  }

  abort(reason: AgentFailure): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  done(): void {
    clearTimeout(this.#timer);
  }
}
