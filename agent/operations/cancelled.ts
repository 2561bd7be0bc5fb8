import type { Cancellation } from '../cancellation.js';
import { asFailure } from '../failure.js';

/** Runs work under a signal that is aborted when the command is cancelled; its reason is an AgentFailure. */
export async function untilCancelled<T>(signal: Cancellation, work: (aborted: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const cancel = () => abort.abort(asFailure(signal.reason));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  try {
    return await work(abort.signal);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
