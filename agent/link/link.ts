import { randomUUID } from 'node:crypto';
import { arch, platform } from 'node:os';
import { type Client, status } from '@grpc/grpc-js';
import type { DeviceReport } from '@roundhouse/proto/agent/v1/device';
import type { Welcome } from '@roundhouse/proto/agent/v1/link';
import type { Logger } from '@roundhouse/proto/log';
import type { Tracer } from '@roundhouse/proto/tracing';
import { Backoff, pause } from '../backoff.js';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Devices } from '../drivers/network/devices.js';
import { Meter } from '../meter.js';
import { isNotTls, plainReason, ReasonLog } from './connection-reason.js';
import { dueAt, renew, retryAfter } from './enrolment/enroll.js';
import { type Identity, nextEpoch } from './enrolment/identity.js';
import type { Journal } from './journal/journal.js';
import { JournalledRuns } from './journal/journalled.js';
import { dialHub, Hubs, type LocalHub, openControl, openTransfer, type Stream } from './session/channel.js';
import { Control, type ControlEvents, type Ending, type Greeting } from './session/control.js';
import { Dispatcher, type DispatchLink, type Operations } from './session/dispatch.js';
import { encodeFrame } from './session/frames.js';
import { MetricsReports } from './session/metrics-reports.js';
import { ReportPace } from './session/report-pace.js';
import { type MessageSources, passMessages } from './session/server-messages.js';

export interface LinkOptions {
  /** `HOST:PORT`. */
  readonly hub: string;
  readonly dataDir: string;
  readonly identity: Identity;
  readonly operations: Operations;
  readonly servers: Pick<Servers, 'setDesired' | 'reports' | 'onReport'>;
  /** The servers and instances whose unsolicited messages go to the hub. */
  readonly messageSources?: MessageSources;
  readonly devices?: Pick<Devices, 'setDesired' | 'reports' | 'onReport'>;
  /** Counts the link's events; its metrics go to the hub. */
  readonly meter?: Meter;
  /** The journal of the commands that must not run twice. */
  readonly journal: Journal;
  /** The hub, if it runs in this process. The streams then lead to it directly. Only certificates are renewed by gRPC. */
  readonly localHub?: LocalHub | undefined;
  /** The capabilities of this machine, such as `mcp.stdio`. */
  readonly capabilities: readonly string[];
  /** Semantic version of the agent. */
  readonly version: string;
  readonly log: Logger;
  /** Records traces of commands. Without it, the agent only passes trace contexts on. */
  readonly tracer?: Tracer | undefined;
  /** Called when the hub has admitted this agent, and when that connection ends. */
  readonly onState?: (state: 'connected' | 'disconnected') => void;
  /** Called when the hub says that this agent is revoked. */
  readonly onRevoked?: () => void;
}

export interface Link {
  /** Sends a notice to the hub. While the link is down, notices are dropped. */
  notify(notice: Notice): void;
  /**
   * Waits at most `graceMs` for running commands, then closes the connection, which takes at most another second.
   * @param returnAfterMs When the hub may expect this agent back, if it is known.
   */
  close(options: { readonly graceMs: number; readonly returnAfterMs?: number }): Promise<void>;
}

/** One connection with its channel. */
interface Connection {
  readonly client: Client;
  readonly control: Control;
}

/** After a connection that lasted this long, the waits start from the shortest again, milliseconds. */
const stableMs = 10_000;
/** While more bytes than this wait, less important messages are not sent. */
const congestedBytes = 4 * 1024 * 1024;
/** While more bytes than this wait, metrics are not sent: they are the least important messages. */
const behindBytes = 64 * 1024;
const farewellMs = 1_000;
const longestTimer = 2 ** 31 - 1;

/** The pause before another hub is dialled, milliseconds. */
const NEXT_HUB_MS = 50;

/** Keeps this agent connected to its hub until the link is closed. While the hub is away, servers and commands go on. */
export function startLink(options: LinkOptions): Link {
  const link = new HubLink(options);
  link.start();
  return link;
}

class HubLink implements Link, DispatchLink {
  readonly #options: LinkOptions;
  readonly #log: Logger;
  readonly #dispatcher: Dispatcher;
  readonly #reports: ReportPace;
  readonly #meter: Meter;
  readonly #metrics: MetricsReports;
  readonly #tellDevice = (device: DeviceReport) => this.send(encodeFrame({ case: 'device', value: device }));
  readonly #stopping = new AbortController();
  readonly #backoff = new Backoff();
  readonly #reasons: ReasonLog;
  readonly #bootId = randomUUID();
  readonly #hubs: Hubs;
  #identity: Identity;
  /** The connection that is dialled or in use. */
  #connection: Connection | undefined;
  /** The connection that the hub has welcomed last. */
  #current: Connection | undefined;
  /** The connection that takes over, with a new certificate. */
  #successor: Connection | undefined;
  #transfers: Client | undefined;
  /** How long the hub waits for an agent that is away; 0 if it does not wait. */
  #graceMs = 0;
  #renewal: NodeJS.Timeout | undefined;
  #over: Promise<void> = Promise.resolve();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#reasons = new ReasonLog(options.log);
    this.#reports = new ReportPace(this, options.log);
    this.#meter = options.meter ?? new Meter();
    this.#metrics = new MetricsReports(this.#meter, this, options.log);
    this.#meter.read((meter) => meter.set('queueBytes', this.#waiting));
    this.#identity = options.identity;
    this.#hubs = new Hubs(options.hub);
    this.#dispatcher = new Dispatcher({
      operations: options.operations,
      link: this,
      journal: new JournalledRuns(options.journal),
      log: options.log,
      tracer: options.tracer,
    });
  }

  start(): void {
    this.#options.servers.onReport((report) => {
      if (this.#current) this.#reports.take(report);
    });
    passMessages(this.#options.messageSources, this, () => this.#current !== undefined, this.#log);
    this.#options.devices?.onReport(this.#tellDevice);
    this.#over = this.#run();
  }

  get congested(): boolean {
    return this.#waiting > congestedBytes;
  }

  get behind(): boolean {
    return this.#waiting > behindBytes;
  }

  /** Bytes that wait for the hub. */
  get #waiting(): number {
    return this.#current?.control.waiting ?? 0;
  }

  get resumes(): boolean {
    return this.#graceMs > 0;
  }

  send(frame: Buffer): void {
    if (!this.#current) return;
    this.#meter.add('sentBytes', [], frame.length);
    this.#current.control.send(frame);
  }

  notify({ level, serverId = '', message, topic = '' }: Notice): void {
    this.send(encodeFrame({ case: 'log', value: { level, serverId, message, topic } }));
  }

  openTransfer(): Stream | undefined {
    if (!this.#current) return undefined;
    const { localHub } = this.#options;
    if (localHub) return localHub.open('transfer', this.#identity.certificate);
    this.#transfers ??= dialHub(this.#hubs.current, this.#identity);
    return openTransfer(this.#transfers);
  }

  async close({ graceMs, returnAfterMs = 0 }: { graceMs: number; returnAfterMs?: number }): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#renewal);
    const control = (this.#current ?? this.#connection)?.control;
    control?.send(encodeFrame({ case: 'drain', value: { reason: 'the agent is stopping', graceMs, returnAfterMs } }));
    await this.#dispatcher.idle(graceMs);
    this.#dispatcher.abort('the agent is stopping');
    this.#successor?.control.cut('the agent is stopping');
    const last = (this.#current ?? this.#connection)?.control;
    last?.finish();
    const farewell = setTimeout(() => last?.cut('the agent is stopping'), farewellMs);
    await this.#over;
    clearTimeout(farewell);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        const ending = await this.#stayConnected();
        const hub = this.#hubs.current;
        waitMs = this.#waitAfter(ending);
        if (!signal.aborted) this.#tell(ending, hub, waitMs);
      } catch (error) {
        waitMs = Backoff.long();
        this.#log.error({ event: 'link.not_set_up', err: error, waitMs }, 'the link cannot be set up');
      }
      await pause(waitMs, signal);
    }
  }

  /** Runs a connection and its successors until the last one ends. A successor takes over without a gap. */
  async #stayConnected(): Promise<Ending> {
    let connection = await this.#dial();
    if (this.#stopping.signal.aborted) connection.control.cut('the agent is stopping');
    for (;;) {
      this.#connection = connection;
      const ending = await connection.control.ended;
      connection.client.close();
      const next = this.#successor ?? (this.#current === connection ? undefined : this.#current);
      if (!next) {
        if (this.#current) this.#lost();
        return ending;
      }
      if (this.#current === connection) this.#lost();
      this.#successor = undefined;
      connection = next;
    }
  }

  async #dial(): Promise<Connection> {
    const greeting = await this.#greeting();
    const client = dialHub(this.#hubs.current, this.#identity);
    const connection: Connection = {
      client,
      control: new Control(
        this.#options.localHub?.open('control', this.#identity.certificate) ?? openControl(client),
        greeting,
        this.#events(() => connection),
      ),
    };
    return connection;
  }

  /** Events of a connection count only while it is the current connection. */
  #events(self: () => Connection): ControlEvents {
    const ifCurrent = (take: () => void): void => {
      if (this.#current === self()) take();
    };
    return {
      heard: (bytes) => this.#meter.add('receivedBytes', [], bytes),
      measured: (ms) => this.#meter.set('roundTrip', ms / 1000),
      welcome: (welcome) => this.#welcomed(self(), welcome),
      resume: (commandIds) => ifCurrent(() => this.#dispatcher.resume(commandIds)),
      received: (results) => ifCurrent(() => this.#dispatcher.received(results)),
      // Without a function for each command.
      command: (command) => {
        if (this.#current === self()) this.#dispatcher.take(command);
      },
      undecodable: (commandId) => ifCurrent(() => this.#dispatcher.undecodable(commandId)),
      cancel: (commandId, reason) => ifCurrent(() => this.#dispatcher.cancel(commandId, reason)),
      desired: ({ servers, devices }) =>
        ifCurrent(() => {
          try {
            this.#options.servers.setDesired(servers);
            this.#options.devices?.setDesired(devices);
          } catch (error) {
            this.#log.error({ event: 'link.state_not_taken', err: error }, 'the desired state cannot be taken');
          }
        }),
    };
  }

  #welcomed(connection: Connection, { version: hubVersion, graceMs, metricsIntervalMs }: Welcome): void {
    const before = this.#current;
    this.#current = connection;
    this.#graceMs = graceMs;
    if (before) {
      this.#dispatcher.moved();
      // Open streams go on. New streams use the new certificate.
      this.#transfers?.close();
      this.#transfers = undefined;
      before.control.cut('another connection took its place');
    } else {
      this.#log.info({ event: 'link.connected', hub: this.#hubs.current, hubVersion }, 'connected to the hub');
      this.#reasons.reset();
      this.#hubs.connected();
      this.#options.onState?.('connected');
    }
    // A hub without a grace period does not wait for any earlier command.
    if (graceMs === 0) this.#dispatcher.resume([]);
    this.#reports.clear();
    for (const report of this.#options.servers.reports()) this.#reports.take(report);
    for (const report of this.#options.devices?.reports() ?? []) this.#tellDevice(report);
    this.#meter.add('connections');
    this.#metrics.start(metricsIntervalMs);
    this.#scheduleRenewal();
  }

  #lost(): void {
    this.#current = undefined;
    clearTimeout(this.#renewal);
    this.#metrics.stop();
    this.#reports.clear();
    this.#dispatcher.lost(this.#graceMs);
    this.#transfers?.close();
    this.#transfers = undefined;
    this.#options.onState?.('disconnected');
  }

  async #greeting(): Promise<Greeting> {
    const { dataDir, version, capabilities, operations } = this.#options;
    return {
      epoch: await nextEpoch(dataDir),
      version,
      name: this.#identity.name,
      capabilities: [...capabilities],
      operations: [...operations.keys()],
      running: this.#dispatcher.running(),
      platform: `${platform()}-${arch()}`,
      bootId: this.#bootId,
      agentId: this.#identity.agentId,
    };
  }

  #scheduleRenewal(afterMs = dueAt(this.#identity.certificate) - Date.now()): void {
    clearTimeout(this.#renewal);
    if (this.#stopping.signal.aborted) return;
    const ms = Math.max(0, Math.min(afterMs, longestTimer));
    this.#renewal = setTimeout(() => {
      if (afterMs > longestTimer) this.#scheduleRenewal();
      else void this.#renew();
    }, ms);
  }

  /** Renews the certificate, and connects with it. The old connection is used until the hub welcomes the new one. */
  async #renew(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    try {
      this.#identity = await renew(current.client, this.#options.dataDir, this.#identity);
      this.#log.info({ event: 'link.certificate_renewed' }, 'certificate renewed');
    } catch (error) {
      const waitMs = retryAfter(this.#identity.certificate);
      this.#log.warn(
        { event: 'link.certificate_not_renewed', err: error, waitMs },
        'certificate not renewed; trying again later',
      );
      this.#scheduleRenewal(waitMs);
      return;
    }
    if (this.#current !== current || this.#stopping.signal.aborted) return;
    try {
      const successor = await this.#dial();
      if (this.#current !== current || this.#stopping.signal.aborted) {
        successor.control.cut('not needed');
        successor.client.close();
        return;
      }
      this.#successor = successor;
      const ending = await successor.control.ended;
      if (this.#successor !== successor || this.#current === successor) return;
      // The new connection never opened. The old one stays as long as the hub allows it.
      this.#successor = undefined;
      successor.client.close();
      this.#log.warn(
        { event: 'link.second_connection_failed', reason: ending.reason },
        'no second connection for the new certificate',
      );
    } catch (error) {
      this.#log.warn(
        { event: 'link.second_connection_failed', err: error },
        'no second connection for the new certificate',
      );
    }
  }

  #waitAfter({ code, reason, usedMs, returnAfterMs }: Ending): number {
    if (usedMs > 0) this.#backoff.lost();
    if (usedMs >= stableMs || returnAfterMs !== undefined) this.#backoff.reset();
    if (this.#hubs.next()) return NEXT_HUB_MS;
    if (returnAfterMs !== undefined) return Math.min(returnAfterMs, 5 * 60_000);
    const hopeless = [status.UNAUTHENTICATED, status.PERMISSION_DENIED, status.FAILED_PRECONDITION, status.ABORTED];
    return hopeless.includes(code) || isNotTls(reason) ? Backoff.long() : this.#backoff.next();
  }

  #tell({ code, reason, usedMs, returnAfterMs }: Ending, hub: string, waitMs: number): void {
    const facts = { hub, reason: plainReason(reason, hub), waitMs };
    if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED) {
      this.#log.error(
        { event: 'link.enrolment_needed', ...facts },
        'the hub does not accept this agent: enrol again with a new join token',
      );
      if (code === status.PERMISSION_DENIED) this.#options.onRevoked?.();
    } else if (code === status.FAILED_PRECONDITION || code === status.ABORTED) {
      this.#log.error({ event: 'link.refused', ...facts }, 'the hub refused the connection');
    } else if (returnAfterMs !== undefined) {
      this.#log.info({ event: 'link.asked_to_wait', ...facts }, 'the hub asked to come back later');
    } else if (usedMs > 0) this.#reasons.tell({ event: 'link.lost', ...facts }, 'the link to the hub was lost');
    else {
      this.#reasons.tell({ event: 'link.unreachable', ...facts }, 'the hub cannot be reached');
    }
  }
}

/** A message for the hub's log and journal that belongs to no command. */
export interface Notice {
  readonly level: 'info' | 'warn' | 'error';
  readonly serverId?: string;
  readonly message: string;
  /** The topic that the hub acts on: `policy.refused`. */
  readonly topic?: string;
}
