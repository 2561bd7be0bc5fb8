import { setTimeout as delay } from 'node:timers/promises';
import type { StopOptions } from '../../process/group.js';
import type { CallGate } from '../call-gate.js';

/** How a server is disconnected. */
export interface DisconnectOptions extends StopOptions {
  /** How long running calls may take to finish, milliseconds; no others are taken meanwhile. */
  readonly drainMs?: number;
}

/** Waits until no call runs, as long as the options allow. It reads `options` each time, because a later caller may be in a hurry. */
export async function drained(gate: Pick<CallGate, 'load'>, options: () => DisconnectOptions): Promise<void> {
  const begin = performance.now();
  const waits = ({ force = false, drainMs = 0 }: DisconnectOptions) => !force && performance.now() - begin < drainMs;
  while (gate.load.running > 0 && waits(options())) await delay(10);
}
