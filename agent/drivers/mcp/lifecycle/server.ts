import { rm } from 'node:fs/promises';
import { type ServerReport, type ServerSpec, ServerState } from '@roundhouse/proto/agent/v1/server';
import { type Cancellation, CancelSource } from '../../../cancellation.js';
import { AgentFailure, asFailure } from '../../../failure.js';
import type { Meter } from '../../../meter.js';
import { CallGate } from '../call-gate.js';
import type { Connection } from '../connection/connection.js';
import { asReason, Link, type LinkEvents, type OpeningContext, superseded } from '../connection/link.js';
import { HealthWatch } from '../health/health.js';
import type { SecondInstances } from '../instances/second-instance.js';
import { gateLimits, resultBytes } from '../limits.js';
import { redactor } from '../redact.js';
import { sameConnection, serverFolder } from '../spec.js';
import { Calls } from './calls.js';
import { ConnectWaiters } from './connect-waiters.js';
import { type DisconnectOptions, DrainingLinks, drained } from './draining.js';
import { NewerEra } from './newer-era.js';
import { Observed } from './report.js';
import { Retries } from './retries.js';
import { Switches, type SwitchHost, type SwitchOptions } from './switch.js';

/** How long the calls of an instance may take to finish once another one has taken over, milliseconds. */
const RENEWAL_DRAIN_MS = 600_000;

/**
 * One MCP server: its wanted state, its observed state, and the steps from one to the other.
 *
 * A caller that wants a change (connect, disconnect, put, remove) only notes it. A single loop takes one step after the other towards it.
 * So no two steps overlap, and no two processes of one server run at once, except during a switch: the new instance opens while the old
 * instance still runs, and the old instance finishes its calls while the new instance runs.
 */
export class Server implements SwitchHost {
  #wanted: boolean;
  /** How the connection is to be ended, if a caller has asked for it. */
  #stopping: DisconnectOptions = {};
  #removed = false;
  /** The removal is complete; this object is not used any more. */
  #gone = false;
  #generation = 0;
  #link: Link | undefined;
  readonly #draining: DrainingLinks;
  #attempt: AbortController | undefined;
  /** An attempt may start now. */
  #due = true;
  readonly #connectWaiters = new ConnectWaiters();
  readonly #loop = new Loop(() => this.#nextStep()?.bind(this));

  readonly #seen: Observed;
  readonly #retries: Retries;
  readonly #gate: CallGate;
  /** The labels of its metrics, which each call counts in. */
  readonly #labels: Readonly<Record<'own' | 'answered' | 'failed', readonly string[]>>;
  readonly #health: HealthWatch;
  readonly calls: Calls;
  readonly switches: Switches;
  readonly newerEra: NewerEra;
  #redact: (text: string) => string;

  constructor(
    private spec: ServerSpec,
    readonly context: ServerContext,
  ) {
    this.#labels = { own: [spec.id], answered: [spec.id, 'answered'], failed: [spec.id, 'failed'] };
    this.#seen = new Observed(context.authorizations);
    this.#redact = redactor(spec, context.authorizations.received(spec.id));
    this.#wanted = spec.connected;
    this.#gate = new CallGate(gateLimits(spec, context.limits));
    this.#health = new HealthWatch(spec.healthCheck, context.limits, () => this.#emit(false));
    this.#draining = new DrainingLinks(context.log);
    this.calls = new Calls(this.#gate, {
      usable: () => this.#usable(),
      away: () => ({ name: this.spec.name || this.id, error: this.#seen.error }),
    });
    this.switches = new Switches(this);
    this.newerEra = new NewerEra({
      seconds: context.seconds,
      wanted: () => this.spec,
      usable: () => this.#usable(),
      renew: () => this.switches.renew({ drainMs: RENEWAL_DRAIN_MS, signal: new CancelSource() }),
      note: (level, message) => this.note(level, message),
    });
    this.#retries = new Retries(context.limits, () => {
      this.#due = true;
      this.#loop.kick();
    });
    this.#loop.kick();
  }

  get id(): string {
    return this.spec.id;
  }

  /** The wanted specification. */
  get wanted(): ServerSpec {
    return this.spec;
  }

  /** The server is being removed, and is not listed any more. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Takes a new specification. Reconnects if it leads to another connection. Cancels a switch that leads elsewhere. */
  put(spec: ServerSpec): void {
    if (this.switches.take(spec)) return;
    const revived = this.#removed;
    const changed = !sameConnection(spec, this.spec);
    const wants = spec.connected && (changed || revived || !this.#wanted);
    const moved = spec.revision !== this.spec.revision;
    this.#take(spec);
    this.#removed = false;
    this.#wanted = spec.connected;
    if (changed) this.#generation++;
    if (changed || !spec.connected) this.#attempt?.abort(superseded());
    if (wants) this.#attemptNow();
    this.#loop.kick();
    if (moved) this.#emit(false);
  }

  /** See {@link SwitchHost}: the running instance stays, or starts in the ordinary way. */
  settle(spec: ServerSpec, options: SwitchOptions): Promise<ServerReport> {
    this.put(spec);
    options.swapped?.();
    return spec.connected ? this.connect(options.signal) : Promise.resolve(this.report(true));
  }

  /** See {@link SwitchHost}. */
  look(): void {
    // A new instance that is ready makes any other attempt needless.
    if (this.switches.ready) this.#attempt?.abort(superseded());
    this.#loop.kick();
  }

  /** See {@link Servers.connect}. */
  connect(signal: Cancellation): Promise<ServerReport> {
    if (signal.aborted) return Promise.reject(asFailure(signal.reason));
    this.#wanted = true;
    if (this.#usable() !== undefined) return Promise.resolve(this.report(true));
    const report = this.#connectWaiters.wait(signal);
    this.#retries.askedFor();
    this.#attemptNow();
    this.#loop.kick();
    return report;
  }

  /** Resolves once the connection has ended. */
  disconnect(options: DisconnectOptions = {}): Promise<void> {
    this.#stopping = options;
    // A forced end does not wait for the running step. The step that waits for the end reports its failure.
    if (options.force === true) {
      this.#link?.close('the server was stopped by force', options).catch(() => {});
      void this.#draining.end(options);
    }
    this.switches.supersede();
    this.#wanted = false;
    // The connection ends even if another caller asks for a connection before the loop takes the step.
    this.#generation++;
    this.#attempt?.abort(superseded());
    return this.#loop.rested();
  }

  /** Disconnects, and forgets the server with its log and files. */
  remove(): Promise<void> {
    this.#removed = true;
    return this.disconnect();
  }

  report(withTools: boolean): ServerReport {
    const parts = { link: this.#link, retries: this.#retries, health: this.#health, redact: this.#redact };
    return this.#seen.report(this.spec, withTools, parts);
  }

  /** The connection, if calls may use it. */
  #usable(): { readonly link: Link; readonly connection: Connection } | undefined {
    const link = this.#link;
    const open = this.#wanted && this.#seen.state === ServerState.CONNECTED && link?.generation === this.#generation;
    const connection = open ? link.connection : undefined;
    return link !== undefined && connection !== undefined ? { link, connection } : undefined;
  }

  #attemptNow(): void {
    this.#retries.cancel();
    if (this.#attempt === undefined || this.#attempt.signal.aborted) this.#due = true;
  }

  #nextStep(): Step | undefined {
    const link = this.#link;
    if (this.switches.ready) return this.#adopt;
    if (this.switches.cancelled) return this.#abandon;
    if (link !== undefined && (!this.#wanted || link.lost || link.generation !== this.#generation)) return this.#end;
    if (!this.#wanted && this.#draining.any) return this.#end;
    if (this.#wanted) return link === undefined && this.#due ? this.#start : undefined;
    if (this.#seen.state !== ServerState.DISCONNECTED) return this.#rest;
    return this.#removed && !this.#gone ? this.#forget : undefined;
  }

  async #start(): Promise<void> {
    const attempt = new AbortController();
    const link = new Link(this.#generation, this.events);
    this.#attempt = attempt;
    this.#link = link;
    this.#due = false;
    this.#retries.began();
    if (this.#retries.attempts > 1) this.context.meter.add('serverRestarts', [this.id]);
    this.#seen.state = ServerState.CONNECTING;
    this.#emit(false);
    try {
      const { signal } = attempt;
      const urgent = this.#connectWaiters.any;
      const newerFirst = this.newerEra.isSpoken;
      await link.open(this.spec, this.context, { redact: this.#redact, urgent, newerFirst, signal });
      this.#connected(link);
    } catch (error) {
      link.lost = true;
      this.newerEra.forget();
      if (!attempt.signal.aborted) this.#failed(asReason(error));
    } finally {
      this.#attempt = undefined;
      this.#seen.version = link.version || this.#seen.version;
    }
  }

  /** The new instance of a switch takes over, in one step: all further calls go to it. */
  #adopt(): void {
    const switching = this.switches.ready;
    if (switching === undefined) return;
    const { link, spec, holder, options } = switching;
    const ended = link.connection?.ended;
    if (ended !== undefined) {
      switching.cancel(new AgentFailure('upstream', ended, { reason: ended }));
      return;
    }
    const { sources } = this.context;
    this.switches.done(switching);
    sources.exchange(this.id, holder);
    this.#draining.add(this.#link, options.drainMs, () => sources.release(holder));
    this.#health.rest();
    this.#take(switching.put ?? spec);
    this.#generation++;
    link.generation = this.#generation;
    this.#wanted = true;
    this.#link = link;
    options.swapped?.();
    switching.taken(this.#connected(link));
  }

  /** Waits until the new instance of a cancelled switch is gone. */
  async #abandon(): Promise<void> {
    const switching = this.switches.cancelled;
    if (switching === undefined) return;
    await switching.over;
    this.switches.done(switching);
  }

  readonly events: LinkEvents = {
    tools: (link) => {
      if (link !== this.#link || this.#seen.state !== ServerState.CONNECTED) return;
      this.#seen.tools = link.connection?.tools;
      this.#emit(true);
    },
    called: (link, failure, tookMs) => {
      this.#gate.leave();
      const { meter } = this.context;
      meter.add('serverCalls', failure === undefined ? this.#labels.answered : this.#labels.failed);
      meter.observe('serverSeconds', tookMs / 1000, this.#labels.own);
      if (link === this.#link) this.#health.called(failure, tookMs);
    },
    closed: (link, reason) => this.#lost(link, reason),
  };

  #take(spec: ServerSpec): void {
    if (!sameConnection(spec, this.spec)) this.newerEra.forget();
    this.spec = spec;
    this.#redact = redactor(spec, this.context.authorizations.received(spec.id));
    this.#gate.configure(gateLimits(spec, this.context.limits));
    this.#health.configure(spec.healthCheck);
    this.#link?.connection?.limitResults(resultBytes(spec, this.context.limits));
  }

  #connected(link: Link): ServerReport {
    const { connection, connectTimeMs } = link;
    this.#seen.connected(link);
    this.#retries.cancel();
    this.#retries.connected();
    this.#due = false;
    if (connection !== undefined) this.#health.watch(connection);
    this.calls.connected();
    const pid = connection?.pid ?? 0;
    this.note('info', `connected in ${connectTimeMs} ms${pid === 0 ? '' : `, process ${pid}`}`);
    const report = this.#emit(true);
    this.#connectWaiters.resolve(report);
    return report;
  }

  /** The connection ended by itself. During an attempt, the attempt's own failure reports it. */
  #lost(link: Link, reason: string): void {
    if (link !== this.#link || link.lost || this.#seen.state !== ServerState.CONNECTED) return;
    link.lost = true;
    this.#health.rest();
    const stable = Date.now() - this.#seen.connectedSince >= this.context.limits.stableMs;
    if (this.#wanted) this.#failed(new AgentFailure('disconnected', reason, { reason, clean: link.clean }), stable);
    this.#loop.kick();
  }

  #failed(failure: AgentFailure, stable = false): void {
    this.#seen.state = ServerState.ERROR;
    this.#seen.error = this.#redact(failure.message);
    this.#seen.error += this.#retries.failedAs(this.spec, failure, stable);
    this.#gate.clear(this.calls.away());
    this.note('error', this.#seen.error);
    this.#emit(false);
    const told = new AgentFailure(failure.kind, this.#seen.error, { ...failure.details, reason: this.#seen.error });
    this.#connectWaiters.reject(told);
  }

  /** Ends the remains of a connection. */
  async #end(): Promise<void> {
    const link = this.#link;
    const reason = this.#wanted ? 'the server is being reconnected' : 'the server was disconnected';
    this.#health.rest();
    this.#gate.clear(new AgentFailure('disconnected', reason, { reason, outcome: 'not_run' }));
    await drained(this.#gate, () => this.#stopping);
    const stopping = this.#stopping;
    try {
      // Replaced links may finish their calls only if the server goes on.
      const endsDraining = !this.#wanted || link?.generation !== this.#generation;
      await Promise.all([
        link?.close(link.lost ? this.#seen.error || reason : reason, stopping),
        endsDraining ? this.#draining.end(stopping) : undefined,
      ]);
    } catch (error) {
      this.context.log.error(
        { event: 'server.connection_not_ended', err: error, server: this.id },
        'a connection could not be ended cleanly',
      );
    }
    this.#stopping = {};
    this.#link = undefined;
    if (!this.#wanted) return;
    if (link?.generation !== this.#generation) this.#due = true;
    // One caller asked for the end of this connection, and another for a new one.
    this.#loop.tellRested();
  }

  /** The server does not run, and should not run. */
  #rest(): void {
    this.#retries.reset();
    this.#seen.error = '';
    this.#due = true;
    this.#seen.state = ServerState.DISCONNECTED;
    this.#connectWaiters.reject(new AgentFailure('cancelled', 'the server was disconnected meanwhile'));
    this.note('info', 'disconnected');
    this.#emit(false);
    if (!this.#removed) this.#loop.tellRested();
  }

  async #forget(): Promise<void> {
    await forgetFiles(this.id, this.context);
    this.#gone = this.#removed;
    if (this.#gone) this.context.onGone(this.id);
  }

  note(level: string, message: string): void {
    this.context.logs.open(this.id).append({ level, source: 'agent', message });
  }

  #emit(withTools: boolean): ServerReport {
    const report = this.report(withTools);
    if (!this.#removed) this.context.onReport(report);
    return report;
  }
}

/** Parts that all servers of an agent share. */
export interface ServerContext extends OpeningContext {
  readonly meter: Meter;
  readonly seconds: Pick<SecondInstances, 'open'>;
  readonly onReport: (report: ServerReport) => void;
  /** Called when a removed server has ended and its files are deleted. */
  readonly onGone: (serverId: string) => void;
}

/** Deletes the log, the folder, the tokens and the resolved version of a removed server. Failures are logged. */
async function forgetFiles(
  id: string,
  {
    logs,
    sources,
    authorizations,
    dataDir,
    log,
  }: Pick<OpeningContext, 'logs' | 'sources' | 'authorizations' | 'dataDir' | 'log'>,
): Promise<void> {
  try {
    await logs.delete(id);
    await sources.forget(id);
    await authorizations.forget(id);
    await rm(serverFolder(dataDir, id), { recursive: true, force: true });
  } catch (error) {
    log.warn(
      { event: 'server.files_not_deleted', err: error, server: id },
      'files of a removed server could not be deleted',
    );
  }
}

/** One step. The next step begins after it is over. */
export type Step = () => Promise<void> | void;

/** Takes one step after the other until there is none. */
class Loop {
  readonly #waiters = new Set<() => void>();
  #running = false;

  constructor(private readonly next: () => Step | undefined) {}

  /** Looks for a step to take. */
  kick(): void {
    if (this.#running) return;
    this.#running = true;
    // The caller finishes first: several changes within one turn become one step.
    queueMicrotask(() => void this.#run());
  }

  /** Resolves when there is no step to take, or when a step calls {@link tellRested}. */
  rested(): Promise<void> {
    const rested = new Promise<void>((resolve) => {
      this.#waiters.add(resolve);
    });
    this.kick();
    return rested;
  }

  /** Resolves the promises of {@link rested}. */
  tellRested(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const resolve of waiters) resolve();
  }

  async #run(): Promise<void> {
    for (let step = this.next(); step !== undefined; step = this.next()) await step();
    this.#running = false;
    this.tellRested();
  }
}
