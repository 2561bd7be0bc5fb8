import { create } from '@bufbuild/protobuf';
import {
  type DeviceInfo,
  type DeviceReport,
  DeviceReportSchema,
  type DeviceSpec,
  DeviceState,
} from '@roundhouse/proto/agent/v1/device';
import type { Logger } from '@roundhouse/proto/log';
import { type Cancellation, untilAborted } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import { Connection, type Pins, withPins } from '../connection.js';
import { deviceFailure, reasonOf } from '../failure.js';
import type { Platform } from '../platforms/platform.js';
import { type DevicePolicy, judgeAddresses } from '../policy.js';
import { type Guard, type Guards, isOpen } from '../rollback-guards.js';
import { connectionKey, type NetworkLimits, platformOf, timesOf } from '../spec.js';
import { type ConnectionSlots, type Holder, Idle } from './connection-slots.js';
import { ExtraConnections } from './extra-connections.js';
import { Queue } from './queue.js';
import { isHopeless, Retry } from './retry.js';
import { endForeignChange, makeReady, readInfo } from './session-setup.js';

const never = new AbortController().signal;

/** One device: its connection by its registration, and the work on it, one piece at a time. */
export class Device implements Holder {
  readonly #context: DeviceContext;
  readonly #queue: Queue;
  #spec: DeviceSpec;
  #connection: Connection | undefined;
  #connecting: { readonly done: Promise<Connection>; readonly cancel: AbortController } | undefined;
  #pins: Pins = { hostKey: '', jumpHostKey: '' };
  #known: Pick<Known, 'info' | 'connectedAt'> = { info: undefined, connectedAt: 0 };
  #failure: AgentFailure | undefined;
  readonly #retry: Retry;
  readonly #idle = new Idle();
  /** The device was lost when the agent read its description. The next connection does not read it. */
  #skipInfo = false;
  /** Disconnected at a caller's request, until a caller asks for a connection. */
  #held = false;
  #outdated = false;
  #removed = false;
  /**
   * The registration that the present change of the configuration began with, and the host keys of its connection. Meanwhile no other
   * connection may be made: a new connection takes an open change back.
   */
  #changing: DeviceSpec | undefined;
  readonly #extra: ExtraConnections;

  constructor(spec: DeviceSpec, context: DeviceContext) {
    this.#spec = spec;
    this.#context = context;
    this.#queue = new Queue(context.limits.queue);
    this.#retry = new Retry(context.limits, () => {
      if (this.#wanted && !this.#connection) this.#open().catch(() => {});
    });
    this.#extra = new ExtraConnections({
      ended: () => this.#changeEnded,
      inUse: () => this.#connection,
      open: () => Connection.open(this.#changing ?? this.#spec, context.policy(), this.#pins, never),
      leave: () => this.#drop(),
    });
    this.#wake();
  }

  get id(): string {
    return this.#spec.id;
  }

  get spec(): DeviceSpec {
    return this.#spec;
  }

  /** @throws AgentFailure `unimplemented` if this agent does not know the platform. */
  get platform(): Platform {
    return platformOf(this.#spec);
  }

  get idleSince(): number | undefined {
    return this.#spec.connected || !this.#queue.isIdle ? undefined : this.#idle.since;
  }

  release(): void {
    this.#drop();
  }

  /** Takes a new registration. Work that has begun on the old connection ends first. */
  put(spec: DeviceSpec): void {
    const pinned = [spec.hostKey, this.#pins.hostKey].every(Boolean) && spec.hostKey !== this.#pins.hostKey;
    const same = connectionKey(spec) === connectionKey(this.#spec) && !pinned;
    if (
      spec.pinGeneration !== this.#spec.pinGeneration ||
      spec.hostname !== this.#spec.hostname ||
      spec.port !== this.#spec.port
    ) {
      this.#pins = { hostKey: '', jumpHostKey: '' };
    }
    const wanted = spec.connected && (!this.#spec.connected || spec.revision !== this.#spec.revision);
    this.#spec = spec;
    if (wanted) this.#held = false;
    if (!same) {
      this.#failure = undefined;
      this.#retry.succeeded();
      this.#extra.forget();
      this.#connecting?.cancel.abort(new AgentFailure('cancelled', 'the registration has changed'));
      if (this.#queue.isIdle) this.#drop();
      else this.#outdated = true;
    }
    this.#wake();
    this.#touch();
    this.#tell();
  }

  /** Connects, or checks that the connected device answers. @throws AgentFailure with a reason for connecting. */
  async connect(signal: Cancellation): Promise<DeviceReport> {
    this.#held = false;
    this.#failure = undefined;
    await this.#queue.run(signal, async () => {
      const connection = await untilAborted(this.#open(), signal);
      await connection.session.run('', { timeoutMs: timesOf(this.#spec).commandMs, signal });
    });
    this.#touch();
    return this.report();
  }

  /** Closes the connection. Work that has begun on it may end first. */
  async disconnect(drainMs: number): Promise<DeviceReport> {
    this.#held = true;
    this.#retry.cancel();
    const failure = deviceFailure('disconnected', 'not_connected', 'the device was disconnected');
    this.#queue.clear(failure);
    this.#connecting?.cancel.abort(failure);
    if (drainMs > 0 && !this.#queue.isIdle) {
      await Promise.race([this.#queue.idle(), new Promise((resolve) => setTimeout(resolve, drainMs).unref())]);
    }
    this.#failure = undefined;
    await this.#drop();
    this.#tell();
    return this.report();
  }

  /** Runs work on the device's connection when its turn comes. @throws AgentFailure with a reason for connecting, `queue_full`. */
  use<T>(signal: Cancellation, work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#queue.run(signal, async () => {
      if (this.#removed) throw new AgentFailure('cancelled', 'the device is being removed');
      const connection = await this.#need(signal);
      this.#idle.ends();
      try {
        return await work(connection);
      } finally {
        // The next caller cannot use a command line that no longer answers.
        if (this.#connection && (!this.#connection.isOpen || this.#outdated)) void this.#drop();
        this.#touch();
      }
    });
  }

  /** Reads the device's description of itself again. */
  async inspect(signal: Cancellation): Promise<DeviceReport> {
    await this.use(signal, async (connection) => {
      const info = await readInfo(this.platform, connection, signal);
      if (info) this.#known = { ...this.#known, info };
    });
    this.#tell();
    return this.report();
  }

  /**
   * As `use`, for a change of the configuration. The last connection that is made meanwhile replaces the present one.
   * @throws AgentFailure `cancelled` if the registration has changed meanwhile, so that it may be another device.
   */
  change<T>(signal: Cancellation, work: (connection: Connection) => Promise<T>): Promise<T> {
    const begun = this.#spec;
    return this.use(signal, async (connection) => {
      this.#changing = withPins(begun, connection.pins);
      try {
        this.#extra.check();
        return await work(connection);
      } finally {
        const last = this.#extra.take();
        this.#changing = undefined;
        if (last) this.#adopt(last);
        else this.#wake();
      }
    });
  }

  /** Opens further connections for a change. */
  get extraConnections(): Pick<ExtraConnections, 'check' | 'fresh' | 'probe'> {
    return this.#extra;
  }

  /** Ends all work, and forgets the device. Resolves when the connection is closed. */
  async remove(): Promise<void> {
    this.#removed = true;
    await this.disconnect(0);
  }

  report(): DeviceReport {
    return makeReport({
      spec: this.#spec,
      state: this.#state,
      failure: this.#failure,
      attempt: this.#retry.failures,
      nextMs: this.#retry.nextMs,
      pins: this.#pins,
      guard: this.#context.guards.get(this.id),
      ...this.#known,
    });
  }

  /** The state of the last configuration change is another one. */
  changed(): void {
    this.#tell();
  }

  get #state(): DeviceState {
    if (this.#connection) return DeviceState.CONNECTED;
    if (this.#connecting) return DeviceState.CONNECTING;
    return this.#failure === undefined ? DeviceState.DISCONNECTED : DeviceState.ERROR;
  }

  /** Why the present change of the configuration makes no further connection. */
  get #changeEnded(): AgentFailure | undefined {
    const [now, begun] = [this.#spec, this.#changing];
    if (this.#removed) return new AgentFailure('cancelled', 'the device is being removed');
    if (!begun || (connectionKey(now) === connectionKey(begun) && ['', begun.hostKey].includes(now.hostKey)))
      return undefined;
    const message = 'the registration of the device has changed since the change of its configuration began';
    return new AgentFailure('cancelled', message, { outcome: 'not_run' });
  }

  /** Whether the device should be connected without a caller's request: also to finish a change. */
  get #wanted(): boolean {
    if (this.#removed || this.#changing) return false;
    const guard = this.#context.guards.get(this.id);
    return (this.#spec.connected && !this.#held) || (guard !== undefined && isOpen(guard));
  }

  /** The open connection, unless the site's policy does not allow its address any more. */
  get #usable(): Connection | undefined {
    if (!this.#connection?.isOpen) return undefined;
    try {
      judgeAddresses(this.#context.policy(), this.#spec);
      return this.#connection;
    } catch {
      // The next attempt to connect reports the reason.
      void this.#drop();
      return undefined;
    }
  }

  #need(signal: Cancellation): Promise<Connection> {
    const usable = this.#usable;
    if (usable) return Promise.resolve(usable);
    const { connected, onDemand } = this.#spec;
    if (!onDemand && !(connected && !this.#held)) {
      throw deviceFailure('disconnected', 'not_connected', 'the device is not connected', { outcome: 'not_run' });
    }
    // Another attempt might lock the account.
    if (this.#failure && this.#retry.nextMs > Date.now() && isHopeless(this.#failure)) throw this.#failure;
    return untilAborted(this.#open(), signal);
  }

  #open(): Promise<Connection> {
    const usable = this.#usable;
    if (usable) return Promise.resolve(usable);
    if (this.#connecting) {
      const { done, cancel } = this.#connecting;
      if (!cancel.signal.aborted || this.#removed) return done;
      // The end of an attempt that was cancelled is not the outcome of a new one.
      return done.catch(() => {}).then(() => this.#open());
    }
    this.#retry.cancel();
    const cancel = new AbortController();
    const done = this.#dial(cancel.signal).finally(() => {
      this.#connecting = undefined;
    });
    this.#connecting = { done, cancel };
    this.#tell();
    done.then(
      () => this.#tell(),
      (error: unknown) => this.#failed(error),
    );
    return done;
  }

  async #dial(signal: AbortSignal): Promise<Connection> {
    await this.#context.guards.ready();
    const spec = this.#spec;
    const { guards, log, policy } = this.#context;
    const readying = {
      spec,
      guard: () => guards.get(this.id),
      // The guard of a device that was removed meanwhile is not kept.
      keep: async (guard: Guard) => {
        if (!this.#removed) await guards.put(this.id, guard);
      },
      log,
      signal,
      skipInfo: this.#skipInfo,
    };
    await endForeignChange(readying);
    const connection = await Connection.open(spec, policy(), this.#pins, signal);
    try {
      this.#context.places.take(this);
      const info = await makeReady(connection, readying);
      if (info) this.#known = { ...this.#known, info };
      if (signal.aborted) throw signal.reason;
    } catch (error) {
      if (!connection.isOpen) this.#skipInfo = true;
      this.#context.places.give(this);
      connection.close();
      throw error;
    }
    this.#adopt(connection);
    return connection;
  }

  #adopt(connection: Connection): void {
    const old = this.#connection;
    this.#connection = connection;
    if (old !== connection) old?.close();
    this.#failure = undefined;
    this.#retry.succeeded();
    this.#outdated = false;
    this.#known = { ...this.#known, connectedAt: connection.connectedAt };
    this.#pin(connection.pins);
    void connection.closed.then(() => this.#lost(connection));
    this.#touch();
  }

  #pin(pins: Pins): void {
    const learned = pins.hostKey !== this.#pins.hostKey || pins.jumpHostKey !== this.#pins.jumpHostKey;
    this.#pins = pins;
    if (learned) this.#context.onPinned(withPins(this.#spec, pins));
  }

  #lost(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#context.places.give(this);
    this.#idle.ends();
    if (this.#wanted)
      this.#failed(deviceFailure('disconnected', 'connection_lost', 'the device closed the connection'));
    else this.#tell();
  }

  #failed(error: unknown): void {
    if (this.#removed) return;
    if (!(error instanceof AgentFailure))
      this.#context.log.error(
        { event: 'device.connect_failed', err: error, device: this.id },
        'connecting failed unexpectedly',
      );
    const failure =
      error instanceof AgentFailure ? error : new AgentFailure('internal', 'connecting failed inside the agent');
    if (failure.kind === 'cancelled' || this.#connection) {
      this.#wake();
      this.#tell();
      return;
    }
    this.#failure = failure;
    this.#retry.failed(failure, this.#wanted);
    this.#tell();
  }

  /** Connects, if that is wanted and has not begun. */
  #wake(): void {
    if (!this.#wanted || this.#connection || this.#connecting || this.#removed) return;
    if (this.#retry.nextMs === 0) this.#retry.plan(0);
  }

  /** The connection is idle from now on. */
  #touch(): void {
    const { connected } = this.#spec;
    const ms = connected || !this.#connection ? undefined : timesOf(this.#spec).idleMs;
    this.#idle.begins(ms, () => {
      if (this.#queue.isIdle) void this.#drop();
    });
  }

  /** Closes the connection; resolves once it is closed. */
  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#outdated = false;
    this.#idle.ends();
    if (!connection) return;
    this.#connection = undefined;
    this.#context.places.give(this);
    connection.close();
    this.#tell();
    await connection.closed;
    this.#wake();
  }

  #tell(): void {
    if (!this.#removed) this.#context.onReport(this.report());
  }
}

/** Parts that all devices of an agent share. */
export interface DeviceContext {
  readonly limits: NetworkLimits;
  /** The site's present policy. */
  readonly policy: () => DevicePolicy;
  readonly places: ConnectionSlots;
  readonly guards: Guards;
  readonly log: Logger;
  /** Called at every change of a device's observed state. */
  onReport(report: DeviceReport): void;
  /** Called when a key is pinned. */
  onPinned(spec: DeviceSpec): void;
}

/** The known facts about a device. */
export interface Known {
  readonly spec: DeviceSpec;
  readonly state: DeviceState;
  readonly failure: AgentFailure | undefined;
  /** Milliseconds since 1970; 0 for never. */
  readonly connectedAt: number;
  readonly attempt: number;
  readonly nextMs: number;
  readonly pins: Pins;
  readonly info: DeviceInfo | undefined;
  readonly guard: Guard | undefined;
}

/** A device's observed state for the hub. */
export function makeReport(known: Known): DeviceReport {
  const { spec, state, failure, pins, guard } = known;
  const failed = state === DeviceState.ERROR ? failure : undefined;
  return create(DeviceReportSchema, {
    deviceId: spec.id,
    revision: spec.revision,
    state,
    error: failed?.message ?? '',
    errorReason: (failed && reasonOf(failed)) ?? '',
    connectedAtMs: BigInt(known.connectedAt),
    attempt: known.attempt,
    nextAttemptMs: BigInt(known.nextMs),
    hostKey: spec.hostKey || pins.hostKey,
    jumpHostKey: spec.jumpHost?.hostKey || pins.jumpHostKey,
    pinGeneration: spec.pinGeneration,
    info: known.info,
    change: guard && {
      changeId: guard.changeId,
      state: guard.state,
      hashBefore: guard.hashBefore,
      hashAfter: guard.hashAfter,
      timeMs: BigInt(guard.at),
      error: guard.error,
    },
  });
}
