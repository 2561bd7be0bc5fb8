import { type ServerReport, type ServerSpec, ServerState } from '@roundhouse/proto/agent/v1/server';
import type { Authorizations } from './authorization/authorizations.js';
import type { HealthWatch } from './health-watch.js';
import type { Link } from './link.js';
import { makeReport } from './report.js';
import type { Retries } from './retries.js';
import type { ToolListing } from './tool-list.js';

/** The observed state of a server. */
export class Observed {
  state = ServerState.DISCONNECTED;
  /** The reason of the state `error`, without secrets. */
  error = '';
  /** As last read; kept while the server is away. */
  tools: ToolListing | undefined;
  /** The version of its source that it was last started from; empty for none. */
  version = '';
  /** Milliseconds since 1970. */
  connectedSince = 0;
  #connectTimeMs = 0;

  constructor(private readonly authorizations: Pick<Authorizations, 'url'>) {}

  connected(link: Link): void {
    this.state = ServerState.CONNECTED;
    this.tools = link.connection?.tools;
    this.error = '';
    this.version = link.version;
    this.connectedSince = Date.now();
    this.#connectTimeMs = link.connectTimeMs;
  }

  report(
    spec: ServerSpec,
    withTools: boolean,
    parts: {
      readonly link: Link | undefined;
      readonly retries: Retries;
      readonly health: HealthWatch;
      readonly redact: (text: string) => string;
    },
  ): ServerReport {
    const { link, retries, health, redact } = parts;
    return makeReport({
      spec,
      state: this.state,
      error: this.error,
      tools: withTools ? this.tools : undefined,
      connection: link?.connection,
      retries,
      version: link?.version || this.version,
      connectTimeMs: this.#connectTimeMs,
      connectedSince: this.connectedSince,
      authorizationUrl: this.authorizations.url(spec.id),
      health: { reason: redact(health.reason), pings: health.pings },
    });
  }
}
