import { isIPv6 } from 'node:net';
import {
  Server,
  type ServerDuplexStream,
  type ServerOptions,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { EnrollRequest, EnrollResponse } from '@roundhouse/proto/agent/v1/enrollment';
import type { RenewRequest, RenewResponse } from '@roundhouse/proto/agent/v1/link';
import type { Logger } from 'pino';
import type { EnrollmentRules, Fleet, FleetEvents } from '../domain/agents/fleet.js';
import { openAuthority } from './ca.js';
import { OptionalClientCertificates } from './credentials.js';
import { Enrollment } from './enrollment.js';
import { identifyPeer } from './peer.js';
import { refuse } from './refuse.js';
import { enrollmentService, linkService } from './service.js';
import type { SessionContext } from './session.js';
import { type AgentIdentity, Sessions } from './sessions.js';
import { defaultFleetSettings, type FleetSettings } from './settings.js';
import { type FleetStats, newCounters } from './stats.js';

export interface FleetOptions {
  /** Where agents dial; port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where the CA's key and certificate are kept. */
  readonly dataDir: string;
  readonly events: FleetEvents;
  readonly enrollment: EnrollmentRules;
  readonly log: Logger;
  /** Semantic version of the hub. */
  readonly version: string;
  readonly settings?: Partial<FleetSettings>;
}

export interface RunningFleet extends Fleet {
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** The hub's CA certificate, DER: goes into join tokens. */
  readonly caCertificate: Uint8Array;
  /**
   * Sends the agents away, lets running commands end for at most `graceMs`, then closes everything.
   * Takes a second longer at most.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
  stats(): FleetStats;
}

/** How long streams that have been ended may take to be gone before their connections are cut. */
const farewellMs = 1_000;

/** Starts listening for agents. */
export async function startFleet(options: FleetOptions): Promise<RunningFleet> {
  const { listen, dataDir, enrollment, events, log, version } = options;
  const settings = { ...defaultFleetSettings, ...options.settings };
  const authority = await openAuthority(dataDir);
  const counters = newCounters();
  const context: SessionContext = { settings, events, counters, log, version };
  const sessions = new Sessions(context);
  const certificates = new Enrollment(authority, enrollment, context);

  function peerOf(
    call: ServerDuplexStream<Buffer, Buffer> | ServerUnaryCall<unknown, unknown>,
  ): AgentIdentity | undefined {
    const peer = identifyPeer(call, authority, enrollment);
    if (peer.known) return { id: peer.id, name: peer.name, site: peer.site };
    counters.refusedPeers++;
    log.warn({ peer: call.getPeer(), reason: peer.reason, call: call.getPath() }, 'peer refused');
    return undefined;
  }
  const refusal = { code: status.UNAUTHENTICATED, details: 'a valid agent certificate of this hub is needed' };

  const server = new Server(serverOptions(settings));
  server.addService(enrollmentService, {
    enroll: (call: ServerUnaryCall<EnrollRequest, EnrollResponse>, callback: sendUnaryData<EnrollResponse>) =>
      certificates.enroll(call, callback),
  });
  server.addService(linkService, {
    connect(call: ServerDuplexStream<Buffer, Buffer>) {
      const peer = peerOf(call);
      if (peer) sessions.accept(call, peer);
      else refuse(call, refusal.code, refusal.details);
    },
    transfer(call: ServerDuplexStream<Buffer, Buffer>) {
      const peer = peerOf(call);
      if (peer) void sessions.transfer(call, peer);
      else refuse(call, refusal.code, refusal.details);
    },
    renew(call: ServerUnaryCall<RenewRequest, RenewResponse>, callback: sendUnaryData<RenewResponse>) {
      const peer = peerOf(call);
      if (peer) certificates.renew(peer.id, call, callback);
      else callback(refusal);
    },
  });
  const credentials = new OptionalClientCertificates(authority.pem, await authority.serverIdentity());
  const port = await bind(server, listen, credentials);
  log.info({ host: listen.host, port }, 'listening for agents');

  let closed: Promise<void> | undefined;
  return {
    agents: () => sessions.agents(),
    agent: (id) => sessions.agent(id),
    execute: (agentId, operation, commandOptions) => sessions.execute(agentId, operation, commandOptions),
    open: (agentId, operation, commandOptions) => sessions.open(agentId, operation, commandOptions),
    disconnect: (agentId, reason) => sessions.disconnect(agentId, reason),
    address: { host: listen.host, port },
    caCertificate: authority.certificate,
    close: ({ graceMs }) => {
      closed ??= sessions.close(graceMs).then(() => shutDown(server));
      return closed;
    },
    stats: () => ({ ...counters, agents: sessions.agents().length, pending: sessions.pending }),
  };
}

function serverOptions(settings: FleetSettings): ServerOptions {
  return {
    'grpc.max_receive_message_length': settings.maxMessageBytes,
    'grpc.max_send_message_length': settings.maxMessageBytes + 1024,
    'grpc.max_concurrent_streams': settings.maxStreams,
    'grpc.keepalive_time_ms': 2 * settings.heartbeatIntervalMs,
    'grpc.keepalive_timeout_ms': settings.silenceLimitMs,
    // Connections that carry nothing: agents close theirs sooner.
    'grpc.max_connection_idle_ms': 5 * 60_000,
  };
}

function bind(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  credentials: OptionalClientCertificates,
): Promise<number> {
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error) reject(new Error(`cannot listen for agents on ${address}: ${error.message}`, { cause: error }));
      else resolve(bound);
    });
  });
}

/** `tryShutdown` waits for every connection, and can wait for ever; what is left after a while is cut. */
async function shutDown(server: Server): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    new Promise<void>((resolve) => server.tryShutdown(() => resolve())),
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, farewellMs);
    }),
  ]);
  clearTimeout(timer);
  server.forceShutdown();
}
