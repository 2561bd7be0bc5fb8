import { create } from '@bufbuild/protobuf';
import { type ServerReport, ServerReportSchema, type ServerSpec, ServerState } from '@roundhouse/proto/agent/v1/server';
import type { Authorizations } from '../authorization/authorizations.js';
import type { Connection } from '../connection/connection.js';
import type { Link } from '../connection/link.js';
import type { HealthWatch } from '../health/health.js';
import type { ToolListing } from '../tool-listing.js';
import type { Retries } from './retries.js';

/** The known facts about a server. */
export interface Known {
  readonly spec: ServerSpec;
  readonly state: ServerState;
  readonly error: string;
  /** Absent from the report if not given. */
  readonly tools: ToolListing | undefined;
  readonly connection: Connection | undefined;
  readonly retries: Pick<Retries, 'attempts' | 'nextMs'>;
  readonly version: string;
  readonly connectTimeMs: number;
  /** Milliseconds since 1970. */
  readonly connectedSince: number;
  /** The address at which a person has to consent; empty if no consent is needed. */
  readonly authorizationUrl: string;
  readonly needsConsent: boolean;
  readonly health: Pick<HealthWatch, 'reason' | 'pings'>;
}

/** A server's observed state for the hub. */
function makeReport(known: Known): ServerReport {
  const { spec, state, tools, connection, retries, health } = known;
  const connected = state === ServerState.CONNECTED;
  return create(ServerReportSchema, {
    serverId: spec.id,
    revision: spec.revision,
    state,
    error: known.error,
    tools: tools && { tools: [...tools.tools], meta: Buffer.from(tools.meta) },
    initializeResult: connected ? connection?.initializeResult : undefined,
    pid: state === ServerState.ERROR ? 0 : connection?.pid,
    containerId: state === ServerState.ERROR ? '' : connection?.containerId,
    connectedSinceMs: BigInt(connected ? known.connectedSince : 0),
    attempt: retries.attempts,
    nextAttemptMs: BigInt(retries.nextMs),
    version: known.version,
    connectTimeMs: known.connectTimeMs,
    authorizationUrl: known.authorizationUrl,
    needsConsent: known.needsConsent,
    degraded: connected && health.reason !== '',
    degradedReason: connected ? health.reason : '',
    pings: health.pings.map(({ timeMs, passed, durationMs }) => ({ timeMs: BigInt(timeMs), passed, durationMs })),
  });
}

/** The observed state of a server. */
export class Observed {
  state = ServerState.DISCONNECTED;
  /** The reason of the state `error`, without secrets. */
  error = '';
  /** The last list that was read; kept while the server is not connected. */
  tools: ToolListing | undefined;
  /** The version of the source that the server was last started from; empty without a source. */
  version = '';
  /** Milliseconds since 1970. */
  connectedSince = 0;
  #connectTimeMs = 0;

  constructor(private readonly authorizations: Pick<Authorizations, 'url' | 'needsConsent'>) {}

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
      needsConsent: this.authorizations.needsConsent(spec.id),
      health: { reason: redact(health.reason), pings: health.pings },
    });
  }
}
