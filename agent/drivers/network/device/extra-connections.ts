import { AgentFailure } from '../../../failure.js';
import type { Connection } from '../connection.js';

/** The device that the further connections belong to. */
export interface Owner {
  /** Why the change may make no further connection: the device is being removed, or its registration has changed. */
  ended(): AgentFailure | undefined;
  inUse(): Connection | undefined;
  /** Makes one more connection, to the device that the change began on. */
  open(): Promise<Connection>;
  /** Closes the connection in use. */
  leave(): Promise<void>;
}

const longestPauseMs = 5_000;

/** Further connections that open while a configuration is changed. They show that the device still accepts sign-ins. */
export class ExtraConnections {
  readonly #owner: Owner;
  #connections: Connection[] = [];
  /** Whether the device turns a second connection away, whatever its configuration; unknown at first. */
  #takesOne: boolean | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** The registration has changed: it may be another device. */
  forget(): void {
    this.#takesOne = undefined;
  }

  /** @throws AgentFailure `cancelled` if the device is being removed, or if its registration has changed. */
  check(): void {
    const ended = this.#owner.ended();
    if (ended) throw ended;
  }

  /** Finds out whether the device takes a second connection. After that, a refusal of a second connection is an effect of the change. */
  async probe(): Promise<void> {
    this.check();
    if (this.#takesOne !== undefined) return;
    try {
      (await this.#owner.open()).close();
      this.#takesOne = false;
    } catch (error) {
      if (!(error instanceof AgentFailure) || error.kind === 'refused') throw error;
      if (error.details.turnedAway === true) this.#takesOne = true;
    }
  }

  /** See `ChangeHost.fresh`. */
  async fresh(timeoutMs: number, mayLeave: boolean): Promise<Connection> {
    const until = performance.now() + timeoutMs;
    for (let tries = 1; ; tries++) {
      this.check();
      try {
        const connection = await this.#owner.open();
        this.#connections.push(connection);
        return connection;
      } catch (error) {
        if (!(error instanceof AgentFailure)) throw error;
        if (error.details.turnedAway === true) {
          const inUse = this.#owner.inUse();
          if (mayLeave) await this.#leaveAll();
          else if (this.#takesOne && inUse?.isOpen) return inUse;
        }
        const pauseMs = Math.min(longestPauseMs, 250 * 2 ** tries);
        if (performance.now() + pauseMs >= until) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** Returns the last open connection, and closes the others. */
  take(): Connection | undefined {
    const connections = this.#connections.splice(0);
    const last = this.#owner.ended() ? undefined : connections.findLast(({ isOpen }) => isOpen);
    for (const other of connections) if (other !== last) other.close();
    return last;
  }

  async #leaveAll(): Promise<void> {
    for (const connection of this.#connections.splice(0)) connection.close();
    await this.#owner.leave();
  }
}
