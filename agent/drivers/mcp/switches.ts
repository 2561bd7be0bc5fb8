import type { ServerReport, ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../failure.js';
import type { LinkEvents } from './link.js';
import type { OpeningContext } from './opening.js';
import { sameConnection } from './spec.js';
import { Switching, type SwitchOptions } from './switching.js';

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

/** The switches of one server: one at a time, the last wish wins. */
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

  /** Lets a new instance take over that begins in the newer era. `undefined`: the server is to be disconnected, or switches already. */
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
      host.note('error', `the switch came to nothing: ${error.message}`);
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

  /** Something else is wanted of the server. */
  supersede(): void {
    this.#current?.supersede();
  }

  /** This one is over. */
  done(switching: Switching): void {
    if (this.#current === switching) this.#current = undefined;
  }
}
