import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../../failure.js';
import type { OpeningContext } from '../connection/opening.js';
import { openSecondInstance, type SecondInstance, type SecondInstanceOptions } from './second-instance.js';

/** The second instances of all servers. They end with the agent. */
export class SecondInstances {
  readonly #open = new Set<Promise<SecondInstance>>();
  readonly #closing = new AbortController();

  constructor(private readonly context: OpeningContext) {}

  /** See {@link openSecondInstance}. */
  open(spec: ServerSpec, options: SecondInstanceOptions): Promise<SecondInstance> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const opening = openSecondInstance(spec, this.context, { ...options, signal });
    this.#open.add(opening);
    const forget = () => this.#open.delete(opening);
    opening.then((instance) => instance.gone.then(forget), forget);
    return opening;
  }

  /** Ends them all; resolves when nothing of them is left. */
  async close(): Promise<void> {
    this.#closing.abort(new AgentFailure('cancelled', 'the agent is stopping'));
    const ended = [...this.#open].map(async (opening) => (await opening.catch(() => undefined))?.close());
    await Promise.all(ended);
  }
}
