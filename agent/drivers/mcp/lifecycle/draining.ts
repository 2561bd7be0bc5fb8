import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@roundhouse/proto/log';
import type { StopOptions } from '../../process/group.js';
import type { CallGate } from '../call-gate.js';
import type { Link } from '../connection/link.js';

const reason = 'another version of the server has taken over';

/** Links that were replaced by new links. They finish their calls, and are then closed. */
export class DrainingLinks {
  readonly #links = new Map<Link, Promise<void>>();

  constructor(private readonly log: Logger) {}

  get any(): boolean {
    return this.#links.size > 0;
  }

  /**
   * @param drainMs how long its calls may take, milliseconds.
   * @param gone called when the link has ended.
   */
  add(link: Link | undefined, drainMs: number, gone: () => void): void {
    if (link === undefined) {
      gone();
      return;
    }
    const over = this.#retire(link, drainMs)
      .catch((error: unknown) =>
        this.log.error({ event: 'server.connection_not_ended', err: error }, 'a connection could not be ended cleanly'),
      )
      .finally(() => {
        this.#links.delete(link);
        gone();
      });
    this.#links.set(link, over);
  }

  /** Ends all links now; resolves when they have ended. */
  async end(options: DisconnectOptions): Promise<void> {
    const ended = [...this.#links].map(async ([link, over]) => {
      await link.close(reason, options).catch(() => {});
      await over;
    });
    await Promise.all(ended);
  }

  async #retire(link: Link, drainMs: number): Promise<void> {
    await drained(link, () => ({ drainMs }));
    await link.close(reason);
  }
}

/** How a server is disconnected. */
export interface DisconnectOptions extends StopOptions {
  /** How long running calls may take to finish, milliseconds; no other calls are accepted meanwhile. */
  readonly drainMs?: number;
}

/** Waits until no call runs, as long as the options allow. It reads `options` each time, because a later caller may force the end. */
export async function drained(gate: Pick<CallGate, 'load'>, options: () => DisconnectOptions): Promise<void> {
  const begin = performance.now();
  const waits = ({ force = false, drainMs = 0 }: DisconnectOptions) => !force && performance.now() - begin < drainMs;
  while (gate.load.running > 0 && waits(options())) await delay(10);
}
