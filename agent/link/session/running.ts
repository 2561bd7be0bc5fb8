import { CancelSource } from '../../cancellation.js';
import type { AgentFailure } from '../../failure.js';
import type { OperationContext } from '../../operations/operation.js';

/** A command that runs. */
export class Running implements OperationContext {
  readonly signal = new CancelSource();
  /** The hub does not wait for it any more, and takes no answer to it. */
  orphaned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly commandId: string,
    readonly traceparent: string,
    /** May be cancelled if no caller will receive its answer: it changes nothing. */
    readonly expendable: boolean,
    private readonly tell: (json: Uint8Array, log: boolean) => void,
  ) {}

  progress(json: Uint8Array): void {
    this.tell(json, false);
  }

  log(json: Uint8Array): void {
    this.tell(json, true);
  }

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
