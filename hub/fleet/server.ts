import { X509Certificate } from 'node:crypto';
import type { ServerHttp2Session } from 'node:http2';
import {
  Server,
  type ServerDuplexStream,
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerOptions,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { EnrollRequest, EnrollResponse } from '@roundhouse/proto/agent/v1/enrollment';
import type { RenewRequest, RenewResponse } from '@roundhouse/proto/agent/v1/link';
import { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import type { Logger } from '@roundhouse/proto/log';
import { type AgentEnd, openMemoryStream } from '@roundhouse/proto/memory-stream';
import type { EnrollmentRules, Fleet, FleetEvents } from '../domain/agents/fleet.js';
import { within } from '../domain/cancellation.js';
import { DomainError } from '../domain/errors.js';
import { AgentCalls, connectionOf, MessageReader, readMessages } from './link/message-reader.js';
import { Pace } from './link/pace.js';
import type { SessionContext } from './link/session.js';
import { type AgentIdentity, Sessions } from './link/sessions.js';
import { type FleetStats, newCounters } from './link/stats.js';
import { Admission } from './listen/admission.js';
import { openAuthority } from './listen/ca.js';
import {
  identify,
  OptionalClientCertificates,
  readCertificate,
  ShownCertificates,
} from './listen/client-certificates.js';
import { Enrollment } from './listen/enrollment.js';
import { enrollmentService, firstMessageBytes, linkService } from './listen/service.js';
import { defaultFleetSettings, type FleetSettings } from './settings.js';
import { RefusalLog, refuse } from './wire/failure.js';

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
   * Tells the agents to disconnect, lets running commands end for at most `graceMs`, then closes everything. Takes a second longer at most.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
  stats(): FleetStats;
  /**
   * Opens a stream of an agent that runs in this process. Its certificate (PEM) is checked like the certificate of a TLS connection. The agent
   * does not prove that it has the key: code of this process could read the hub's own keys.
   */
  openLocal(kind: 'control' | 'transfer', certificate: string): AgentEnd;
}

/** How long ended streams may take to close before their connections are cut. */
const closingMs = 1_000;

/** Starts listening for agents. */
export async function startFleet(options: FleetOptions): Promise<RunningFleet> {
  const { listen, dataDir, enrollment, events, log, version } = options;
  const settings = { ...defaultFleetSettings, ...options.settings };
  const authority = await openAuthority(dataDir);
  const counters = newCounters();
  const collecting = new Pace(settings.maxCollecting);
  const turns = new BulkScheduler();
  const context: SessionContext = { settings, events, counters, collecting, turns, log, version };
  const sessions = new Sessions(context);
  const refusals = new RefusalLog(log);
  const certificates = new Enrollment(authority, enrollment, context, refusals);

  const shownCertificates = new ShownCertificates(authority);
  const calls = new AgentCalls(settings, {
    refused(agent, peer, reason) {
      counters.violations++;
      log.warn({ event: 'agent.cut_off', agent, peer, reason }, 'agent cut off: a message that is too large');
    },
    cutOff: (agent, reason) => sessions.cutOff(agent, reason),
  });
  const callers = new WeakMap<ServerInterceptingCallInterface, AgentIdentity>();

  /** The agent of a certificate; otherwise the status to refuse the call with. */
  function callerOf(
    shown: ReturnType<ShownCertificates['of']>,
    from: string,
    path: string,
  ): AgentIdentity | { readonly code: status; readonly details: string } {
    const peer = identify(shown, enrollment);
    if (peer.known) {
      admission.welcome(from);
      const { id, name, site, expiresAt, isEnrolled } = peer;
      return { id, name, site, expiresAt, isEnrolled };
    }
    counters.refusedPeers++;
    refusals.warn({ event: 'agent.connection_refused', peer: from, reason: peer.reason, call: path }, 'peer refused');
    return peer.revoked
      ? { code: status.PERMISSION_DENIED, details: 'this agent is revoked' }
      : { code: status.UNAUTHENTICATED, details: 'a valid agent certificate of this hub is needed' };
  }

  /** Runs when a call's headers have come, before any of its messages. */
  function enter({ path }: { readonly path: string }, call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const isAdmitted = admission.admitsCall(call.getPeer());
    if (isAdmitted === 'cut') connectionOf(call)?.destroy();
    else if (!isAdmitted) {
      counters.refusedPeers++;
      call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: 'too many calls without a certificate' });
    } else admit(path, call);
    // The type asks for a wrapper. Without one, the code above can reach the parts of the call.
    return call as ServerInterceptingCall;
  }

  /** Counts a call for the agent of its certificate, which may be revoked or expired, before anything else. */
  function admit(path: string, call: ServerInterceptingCallInterface): void {
    const connection = connectionOf(call);
    // The connection may be lost already.
    if (!connection) return;
    const shown = shownCertificates.of(connection, call);
    if (shown.id !== undefined && !calls.admits(shown.id, connection)) return;
    if (path === enrollmentService.enroll.path) {
      readMessages(call, new MessageReader(firstMessageBytes(path)));
      return;
    }
    const caller = callerOf(shown, call.getPeer(), path);
    if ('id' in caller) {
      callers.set(call, caller);
      calls.read(call, caller.id, firstMessageBytes(path));
    } else call.sendStatus(caller);
  }

  /** The agent that makes a call; the hub has refused all other calls. */
  function caller(call: unknown): AgentIdentity {
    const agent = callers.get((call as { readonly call: ServerInterceptingCallInterface }).call);
    if (!agent) throw new Error('grpc-js has changed: the agent of a call cannot be found');
    return agent;
  }

  function openLocal(kind: 'control' | 'transfer', certificate: string): AgentEnd {
    const { path } = kind === 'control' ? linkService.connect : linkService.transfer;
    const { agent, hub } = openMemoryStream(firstMessageBytes(path));
    const shown = readCertificate(new X509Certificate(certificate), authority);
    const peer = callerOf(shown, hub.getPeer(), path);
    if (!('id' in peer)) refuse(hub, peer.code, peer.details);
    else if (kind === 'control') sessions.accept(hub, peer);
    else void sessions.transfer(hub, peer);
    return agent;
  }

  let canWiden = true;
  function widened(call: ServerDuplexStream<Buffer, Buffer>): ServerDuplexStream<Buffer, Buffer> {
    if (!widenWindow(call, settings.windowBytes) && canWiden) {
      canWiden = false;
      log.warn(
        { event: 'link.window_not_raised' },
        'the flow-control window of connections cannot be raised: long links will be slow',
      );
    }
    return call;
  }

  const server = new Server({ ...serverOptions(settings), interceptors: [enter] });
  server.addService(enrollmentService, {
    enroll: (call: ServerUnaryCall<EnrollRequest, EnrollResponse>, callback: sendUnaryData<EnrollResponse>) =>
      certificates.enroll(call, callback),
  });
  server.addService(linkService, {
    connect: (call: ServerDuplexStream<Buffer, Buffer>) => sessions.accept(widened(call), caller(call)),
    transfer: (call: ServerDuplexStream<Buffer, Buffer>) => void sessions.transfer(widened(call), caller(call)),
    renew: (call: ServerUnaryCall<RenewRequest, RenewResponse>, callback: sendUnaryData<RenewResponse>) =>
      certificates.renew(caller(call).id, call, callback),
  });
  const credentials = new OptionalClientCertificates(authority.pem, await authority.serverIdentity(), settings);
  const admission = new Admission(server.createConnectionInjector(credentials), settings, counters);
  const port = await listenAt(admission, listen);
  log.info({ event: 'link.listening', host: listen.host, port }, 'listening for agents');

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
      closed ??= sessions.close(graceMs).then(() => shutDown(server, admission));
      return closed;
    },
    openLocal,
    stats: () => ({ ...counters, agents: sessions.connected, pending: sessions.pending }),
  };
}

function serverOptions(settings: FleetSettings): ServerOptions {
  return {
    'grpc.max_send_message_length': settings.maxMessageBytes + 1024,
    // For connections of data streams. In other connections the heartbeats of the control stream notice a loss sooner.
    'grpc.keepalive_time_ms': settings.silenceLimitMs,
    'grpc.keepalive_timeout_ms': settings.silenceLimitMs,
    // For idle connections: agents close theirs sooner.
    'grpc.max_connection_idle_ms': 2 * 60_000,
  };
}

async function listenAt(admission: Admission, { host, port }: FleetOptions['listen']): Promise<number> {
  try {
    return await admission.listen(host, port);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DomainError('conflict', `cannot listen for agents on ${host}:${port}: ${reason}`, {}, { cause: error });
  }
}

/** `tryShutdown` waits for every connection, and can wait for ever; so connections that are left after a while are cut. */
async function shutDown(server: Server, admission: Admission): Promise<void> {
  admission.shut();
  await within(closingMs, new Promise<void>((resolve) => server.tryShutdown(() => resolve())));
  server.forceShutdown();
  admission.close();
}

/*
 * grpc-js has no setting for the window of a server's connections (grpc-node#3058), so they stay at HTTP/2's
 * 64 KiB: an agent can then send one window per round trip, 1.3 MB/s at 50 ms. `listen/client-certificates.ts` sets the
 * window of streams by a documented option of Node; only the window of the connection needs this workaround.
 */

const widened = new WeakSet<ServerHttp2Session>();

/** Raises the window of the connection of a call. Returns false if grpc-js no longer gives access to it. */
function widenWindow(call: ServerDuplexStream<Buffer, Buffer>, bytes: number): boolean {
  const session = sessionOf(call);
  if (!session) return false;
  if (widened.has(session) || session.destroyed) return true;
  widened.add(session);
  session.setLocalWindowSize(bytes);
  return true;
}

function sessionOf(call: unknown): ServerHttp2Session | undefined {
  const { call: intercepting } = call as { call?: { stream?: { session?: ServerHttp2Session } } };
  const session = intercepting?.stream?.session;
  return typeof session?.setLocalWindowSize === 'function' ? session : undefined;
}
