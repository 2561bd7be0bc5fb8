import { create } from '@bufbuild/protobuf';
import { type ServerReport, ServerReportSchema, type ServerSpec, ServerState } from '@roundhouse/proto/agent/v1/server';
import type { Connection } from './connection.js';
import type { HealthWatch } from './health-watch.js';
import type { Retries } from './retries.js';
import type { ToolListing } from './tool-list.js';

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
  /** Where a person has to consent; empty for nowhere. */
  readonly authorizationUrl: string;
  readonly health: Pick<HealthWatch, 'reason' | 'pings'>;
}

/** A server's observed state for the hub. */
export function makeReport(known: Known): ServerReport {
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
    degraded: connected && health.reason !== '',
    degradedReason: connected ? health.reason : '',
    pings: health.pings.map(({ timeMs, passed, durationMs }) => ({ timeMs: BigInt(timeMs), passed, durationMs })),
  });
}
