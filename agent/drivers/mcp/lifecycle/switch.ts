import { randomUUID } from 'node:crypto';
import type { ServerReport, ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import { asReason, Link, type LinkEvents, type OpeningContext, superseded } from '../connection/link.js';
import { redactor } from '../redact.js';
import { sameConnection } from '../spec.js';

/** How a server switches to another specification. */
export interface SwitchOptions {
  /** How long the calls that run on the old instance may take to finish, milliseconds. */
  readonly drainMs: number;
  /** Cancels the switch, unless the new instance has taken over already. */
  readonly signal: Cancellation;
  /** See {@link NewerEra.isSpoken}. */
  readonly newerFirst?: boolean;
  /** Called when the new instance takes over. */
  readonly swapped?: () => void;
}

/** A running switch. The new instance opens while the old one still runs, and takes its place, or is ended. */
class Switching {
  readonly link: Link;
  /** The user of the source's new version until the new instance takes over. */
  readonly holder: string;
  /** Resolves with the server's report after the switch. @throws AgentFailure if the switch fails. */
  readonly outcome: Promise<ServerReport>;
  /** Resolves when the new instance has taken over, or has ended. */
  readonly over: Promise<void>;
  /** A specification that was put meanwhile and leads to the same instance. It applies even if the switch fails. */
  put: ServerSpec | undefined;
  readonly #abort = new AbortController();
  #take: ((report: ServerReport) => void) | undefined;

  /** @param ready called when the new instance can take over; {@link Switching.taken} follows when it has. */
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

  /** Another change of the server replaces this switch. */
  supersede(): void {
    this.put = undefined;
    this.cancel(superseded());
  }

  /** Cancels the switch, and ends the new instance. */
  cancel(reason: AgentFailure): void {
    this.#abort.abort(reason);
  }

  async #run(ready: () => void): Promise<ServerReport> {
    const { spec, options } = this;
    const redact = redactor(spec, this.context.authorizations.received(spec.id));
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
      // The caller gets the reason even if the instance does not end cleanly.
      await this.link.close('the server was not switched to it').catch((err: unknown) => {
        this.context.log.error(
          { event: 'server.connection_not_ended', err, server: spec.id },
          'a connection could not be ended cleanly',
        );
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

/** The parts of a server that a switch needs. */
export interface SwitchHost {
  readonly context: OpeningContext;
  readonly events: LinkEvents;
  readonly wanted: ServerSpec;
  readonly removed: boolean;
  put(spec: ServerSpec): void;
  /** Takes note of a specification that needs no new instance. */
  settle(spec: ServerSpec, options: SwitchOptions): Promise<ServerReport>;
  /** Looks for a step to take: a new instance is ready, or its switch was cancelled. */
  look(): void;
  note(level: string, message: string): void;
}

/** The switches of one server: one at a time, and the last request wins. */
export class Switches {
  #current: Switching | undefined;

  constructor(private readonly host: SwitchHost) {}

  /** The new instance that is to take over now. */
  get ready(): Switching | undefined {
    return this.#current?.ready ? this.#current : undefined;
  }

  /** A cancelled switch whose instance has not ended yet. */
  get cancelled(): Switching | undefined {
    return this.#current?.cancelled ? this.#current : undefined;
  }

  /** See {@link Servers.switch}. */
  async to(spec: ServerSpec, options: SwitchOptions): Promise<ServerReport> {
    for (let other = this.#current; other !== undefined; other = this.#current) {
      if (other.leadsTo(spec) && other.spec.revision === spec.revision) return other.outcome;
      other.supersede();
      await other.over;
      this.done(other);
    }
    const { host } = this;
    if (host.removed) throw new AgentFailure('cancelled', 'the server was removed meanwhile');
    if (!spec.connected || sameConnection(spec, host.wanted)) return host.settle(spec, options);
    return this.#begin(spec, options);
  }

  /**
   * Lets a new instance take over that begins in the newer era. Returns `undefined` if the server is to be disconnected, or switches
   * already.
   */
  async renew(options: SwitchOptions): Promise<ServerReport | undefined> {
    const { wanted, removed } = this.host;
    if (removed || !wanted.connected || this.#current !== undefined) return undefined;
    return this.#begin(wanted, { ...options, newerFirst: true });
  }

  #begin(spec: ServerSpec, options: SwitchOptions): Promise<ServerReport> {
    const { host } = this;
    const switching = new Switching(spec, options, host.context, host.events, () => host.look());
    this.#current = switching;
    return switching.outcome.catch((error: AgentFailure) => {
      host.note('error', `the switch failed: ${error.message}`);
      this.done(switching);
      if (switching.put !== undefined) host.put(switching.put);
      host.look();
      throw error;
    });
  }

  /**
   * Takes a specification that is put during a switch. Returns true if the switch leads there. A specification that leads elsewhere cancels
   * the switch.
   */
  take(spec: ServerSpec): boolean {
    const switching = this.#current;
    if (switching === undefined) return false;
    if (switching.leadsTo(spec)) {
      switching.put = spec;
      return true;
    }
    const same = sameConnection(spec, this.host.wanted);
    if (!same || !spec.connected || spec.revision > switching.spec.revision) switching.supersede();
    return false;
  }

  /** Another change of the server replaces the switch. */
  supersede(): void {
    this.#current?.supersede();
  }

  /** A switch has ended. */
  done(switching: Switching): void {
    if (this.#current === switching) this.#current = undefined;
  }
}
