import type { Cancellation } from '../cancellation.js';
import type { Fleet } from './fleet.js';

/** How long an agent may take to come back after the hub's own restart, milliseconds; its pauses between attempts are at most 20 s long. */
export const RETURN_MS = 25_000;
const LOOK_MS = 100;

/** Waits until an agent is connected; `false` if it comes too late, or the wait was cancelled. */
export async function agentReturned(
  fleet: Pick<Fleet, 'agent'>,
  agentId: string,
  signal: Cancellation,
  limitMs = RETURN_MS,
): Promise<boolean> {
  for (const end = performance.now() + limitMs; !fleet.agent(agentId); ) {
    if (signal.aborted || performance.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}
