import { randomUUID } from 'node:crypto';
import type { ServerReport, ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import { Link, type LinkEvents } from './link.js';
import type { OpeningContext } from './opening.js';
import { asReason, superseded } from './reasons.js';
import { redactor } from './redact.js';
import { sameConnection } from './spec.js';

/** How a server changes over to another specification. */
export interface SwitchOptions {
  /** How long the calls that run on the old instance may take to finish, milliseconds. */
  readonly drainMs: number;
  /** Calls the switch off, as long as the new instance has not taken over. */
  readonly signal: Cancellation;
  /** See {@link NewerEra.isSpoken}. */
  readonly newerFirst?: boolean;
  /** Called in the moment in which the new instance takes over. */
  readonly swapped?: () => void;
}

/** A running switch. The new instance opens while the old one still runs, and takes its place, or is ended. */
export class Switching {
  readonly link: Link;
  /** The user of the source's new version meanwhile. */
  readonly holder: string;
  /** Resolves with the report of the server that has switched. @throws AgentFailure why it has not. */
  readonly outcome: Promise<ServerReport>;
  /** Resolves when the new instance has taken over, or nothing of it is left. */
  readonly over: Promise<void>;
  /** A specification that was put meanwhile and leads to the same instance. It holds in any case. */
  put: ServerSpec | undefined;
  readonly #abort = new AbortController();
  #take: ((report: ServerReport) => void) | undefined;

  /** @param ready called when the new instance could take over; {@link Switching.taken} is the answer. */
  constructor(
    readonly spec: ServerSpec,
    readonly options: SwitchOptions,
    private readonly context: OpeningContext,
    events: LinkEvents,
    ready: () => void,
  ) {
    this.link = new Link(-1, events);
    this.holder = `${spec.id}/${randomUUID()}`;
    this.outcome = this.#run(ready);
    const nothing = () => {};
    this.over = this.outcome.then(nothing, nothing);
  }

  /** The new instance is connected, and waits to take over. */
  get ready(): boolean {
    return this.#take !== undefined && !this.cancelled;
  }

  get cancelled(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Whether the switch leads to a specification. */
  leadsTo(spec: ServerSpec): boolean {
    return !this.cancelled && spec.connected && sameConnection(spec, this.spec);
  }

  /** The new instance has become the server. */
  taken(report: ServerReport): void {
    this.#take?.(report);
  }

  /** Something else is wanted of the server now. */
  supersede(): void {
    this.put = undefined;
    this.cancel(superseded());
  }

  /** Calls it off: the new instance is ended. */
  cancel(reason: AgentFailure): void {
    this.#abort.abort(reason);
  }

  async #run(ready: () => void): Promise<ServerReport> {
    const { spec, options } = this;
    const redact = redactor(spec);
    const cancel = () => this.#abort.abort(options.signal.reason);
    options.signal.addEventListener('abort', cancel);
    if (options.signal.aborted) cancel();
    const { signal } = this.#abort;
    try {
      const { newerFirst = false } = options;
      await this.link.open(spec, this.context, { redact, urgent: true, holder: this.holder, newerFirst, signal });
      signal.throwIfAborted();
      return await new Promise<ServerReport>((resolve, reject) => {
        this.#take = resolve;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        ready();
      });
    } catch (error) {
      // The reason must not be lost because the instance does not end cleanly.
      await this.link.close('the server was not switched to it').catch((err: unknown) => {
        this.context.log.error({ err, server: spec.id }, 'a connection could not be ended cleanly');
      });
      this.context.sources.release(this.holder);
      const { kind, message, details } = asReason(error);
      const reason = redact(message);
      throw new AgentFailure(kind, reason, { ...details, reason }, { cause: error });
    } finally {
      options.signal.removeEventListener('abort', cancel);
    }
  }
}
