import type { ServerReport, ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../../failure.js';
import type { Envelope } from '../call.js';
import type { Connection } from '../connection/connection.js';
import type { Link } from '../connection/link.js';
import type { SecondInstance, SecondInstances } from '../instances/second-instance.js';
import { sameConnection } from '../spec.js';
import { MODERN, withEnvelope } from '../transports/eras/messages.js';

/** How long a second instance may take to answer, milliseconds. A server that starts slowly gets {@link PATIENCE} times its last start. */
const ANSWER_MS = 5000;
const PATIENCE = 3;

/** The parts of a server that {@link NewerEra} needs. */
export interface NewerEraHost {
  readonly seconds: Pick<SecondInstances, 'open'>;
  readonly wanted: () => ServerSpec;
  /** The open connection, if there is one. */
  readonly usable: () => { readonly link: Link; readonly connection: Connection } | undefined;
  /** Lets a new instance take over. */
  readonly renew: () => Promise<ServerReport | undefined>;
  readonly note: (level: string, message: string) => void;
}

/**
 * Finds out whether a process that the agent speaks to in the older era speaks 2026-07-28, too. A process speaks the era of its first
 * message, and some processes end at a first message that they do not know. So the agent asks a second instance, once, and ends it.
 */
export class NewerEra {
  readonly #host: NewerEraHost;
  #looked: Promise<void> | undefined;
  #isSpoken = false;

  constructor(host: NewerEraHost) {
    this.#host = host;
  }

  /** The next connection begins in the newer era. */
  get isSpoken(): boolean {
    return this.#isSpoken;
  }

  /** The server was replaced, or did not start in the newer era. */
  forget(): void {
    this.#looked = undefined;
    this.#isSpoken = false;
  }

  /**
   * Resolves once the question is answered. If the server speaks the newer era, a new instance that speaks it has taken over by then.
   * @param envelope the client that asks
   */
  look(envelope: Envelope): Promise<void> {
    const usable = this.#host.usable();
    const isOpenQuestion = usable?.connection.isNewer === false && this.#host.wanted().transport.case === 'stdio';
    if (isOpenQuestion) this.#looked ??= this.#look(usable.link, envelope);
    return this.#looked ?? Promise.resolve();
  }

  async #look({ version, connectTimeMs }: Link, envelope: Envelope): Promise<void> {
    const { seconds, wanted, renew, note } = this.#host;
    const signal = AbortSignal.timeout(Math.max(ANSWER_MS, PATIENCE * connectTimeMs));
    const spec = wanted();
    const options = { signal, handshake: false, version: version || undefined };
    const isSpoken = await speaks(() => seconds.open(spec, options), envelope, signal);
    if (!isSpoken || !sameConnection(spec, wanted())) return;
    note('info', `the server speaks ${MODERN}, too: a new instance that begins with this version takes over`);
    this.#isSpoken = true;
    await renew().catch((error: unknown) => {
      // The switch has noted the reason. The server goes on in the older era.
      if (!(error instanceof AgentFailure)) throw error;
    });
  }
}

async function speaks(open: () => Promise<SecondInstance>, envelope: Envelope, signal: AbortSignal): Promise<boolean> {
  try {
    const instance = await open();
    const params = withEnvelope('{}', envelope);
    const result = await instance.connection.session
      .request('server/discover', params, (answer) => answer, { signal })
      .finally(() => void instance.close({ force: true }));
    const { supportedVersions } = (result ?? {}) as { readonly supportedVersions?: unknown };
    return Array.isArray(supportedVersions) && supportedVersions.includes(MODERN);
  } catch {
    // The process has refused the request, has ended, or does not answer.
    return false;
  }
}
