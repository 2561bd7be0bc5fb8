import { status } from '@grpc/grpc-js';
import type { Result } from '@roundhouse/proto/agent/v1/command';
import type { AgentFrame, Drain, LogNotice } from '@roundhouse/proto/agent/v1/link';
import { Bucket } from '@roundhouse/proto/bucket';
import { Heartbeats } from '@roundhouse/proto/heartbeats';
import type { Logger } from '@roundhouse/proto/log';
import { Outbox } from '@roundhouse/proto/outbox';
import { printable } from '@roundhouse/proto/text';
import {
  hasShortNames,
  mostNote,
  mostParams,
  unsolicitedSeconds,
  valuesWeight,
  weightOf,
} from '@roundhouse/proto/unsolicited';
import type { DeviceSpec } from '../../domain/agents/contract.js';
import type { ConnectedAgent, FleetEvents, LeftOut, ServerSpec } from '../../domain/agents/fleet.js';
import { answerCost, MalformedReport, startsObject } from '../wire/bounds.js';
import { toDeviceReport } from '../wire/devices.js';
import { refuse } from '../wire/failure.js';
import type { Stream } from '../wire/stream.js';
import { toMetricsReport, toServerReport } from '../wire/wire.js';
import type { AgentCommands, CommandContext } from './commands.js';
import { encodeDesired } from './desired.js';
import { encodeFrame, type ReceivedFrame, readAgentFrames } from './frames.js';
import { Pace } from './pace.js';

export interface SessionContext extends CommandContext {
  readonly events: FleetEvents;
  readonly log: Logger;
  /** The version of the hub. */
  readonly version: string;
}

/** The process of an agent that has connected. */
export interface Dialler {
  /** Whether it can take up the commands of earlier connections. */
  readonly resumes: boolean;
  /** Whether it is the same process that had these commands. */
  readonly sameProcess: boolean;
}

/** How a session ended: whether the agent may be expected back soon. */
export type Ending = 'final' | 'closed' | 'silent';

/** The results, or bytes of results, after which the hub tells the agent which results it has taken. */
const confirmEvery = { results: 256, bytes: 1024 * 1024 };

/** The most work of params for a parser; see `jsonCost`. */
const mostCost = 200_000;
/** The most bytes of params that wait for their check. A waiting message takes a few bytes in addition to its params. */
const mostChecking = 16 * 1024 * 1024;
const fewBytes = 1024;

/** The longest text of a notice, and the longest other member, characters. */
const longestNotice = 1024;
const longestName = 64;

/** One control stream: welcomes the agent, takes its messages, and checks that it is alive. */
export class Session {
  /** Resolves when the session is over. */
  readonly over: Promise<void>;
  readonly #call: Stream;
  readonly #context: SessionContext;
  readonly #commands: AgentCommands;
  readonly #outbox: Outbox;
  readonly #heartbeats: Heartbeats;
  readonly #flood: FloodGate;
  /** Ten notices a second; two hundred at once. */
  readonly #notices = new Bucket(10, 20);
  #dropsNotices = false;
  /** Messages whose params are checked outside the event loop, and the messages behind them; the bytes of the params. */
  readonly #checks = new Pace(1);
  #checking = 0;
  #expiry: NodeJS.Timeout | undefined;
  #state: 'admitting' | 'ready' | 'ended' = 'admitting';
  #drained = false;
  #unconfirmed = 0;
  #unconfirmedBytes = 0;
  #results = 0;
  #endReason = '';
  #ending: Ending = 'closed';
  #resolveOver: () => void = () => {};

  constructor(
    readonly agent: ConnectedAgent & { roundTripMs: number | undefined },
    readonly epoch: bigint,
    commands: AgentCommands,
    call: Stream,
    context: SessionContext,
  ) {
    const { settings } = context;
    this.#commands = commands;
    this.#call = call;
    this.#context = context;
    this.#outbox = new Outbox(call, settings);
    this.#flood = new FloodGate(settings);
    this.#heartbeats = new Heartbeats(settings, {
      send: (heartbeat) => {
        // An agent that sends heartbeats and reads no answers would fill the outbox.
        if (!heartbeat.reply || !this.#outbox.full)
          this.#outbox.push(encodeFrame({ case: 'heartbeat', value: heartbeat }));
      },
      measured: (ms) => {
        agent.roundTripMs = ms;
      },
      silent: () => this.end('no sign of life', status.DEADLINE_EXCEEDED, 'silent'),
    });
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    // If the agent did not say that it would go, the end of its stream is a lost connection.
    call.once('end', () =>
      this.#drained
        ? this.end('closed by the agent', status.OK, 'final')
        : this.end('connection lost', status.OK, 'closed'),
    );
    call.once('close', () => this.end('connection lost', status.OK, 'closed'));
  }

  /** Whether the domain knows this connection, and commands may be sent. */
  get ready(): boolean {
    return this.#state === 'ready';
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Why the session is over. */
  get endReason(): string {
    return this.#endReason;
  }

  get ending(): Ending {
    return this.#ending;
  }

  /**
   * Reports the agent to the domain, sends it the state of its commands and the servers that it should run, and begins to read its
   * messages. Resolves with false if the session ends before.
   */
  async start(dialler: Dialler, expiresAt: number): Promise<boolean> {
    const { events, settings, version, log } = this.#context;
    if (this.ended) return false;
    let specs: readonly ServerSpec[];
    let devices: readonly DeviceSpec[];
    try {
      specs = await events.onConnect(this.agent);
      devices = (await events.onDevices?.(this.agent)) ?? [];
    } catch (error) {
      log.error({ event: 'agent.not_admitted', err: error, agent: this.agent.id }, 'agent not admitted');
      this.end('not admitted', status.UNAVAILABLE, 'final');
      return false;
    }
    // It may have ended meanwhile.
    if (this.ended) return false;
    const desired = await encodeDesired(specs, devices, settings.maxMessageBytes);
    if (this.ended) return false;
    this.#state = 'ready';
    this.#tellLeftOut(desired.leftOut);
    const { heartbeatIntervalMs, silenceLimitMs, silentGraceMs: graceMs, metricsIntervalMs } = settings;
    const welcome = { version, heartbeatIntervalMs, silenceLimitMs, graceMs, metricsIntervalMs };
    this.#outbox.push(encodeFrame({ case: 'welcome', value: welcome }));
    this.#commands.resume(this.#outbox, dialler);
    this.#outbox.push(desired.frame);
    this.#commands.release();
    this.#heartbeats.start();
    this.#endAt(expiresAt);
    this.#call.on('data', (message: Buffer) => this.#receive(message));
    this.#call.resume();
    return true;
  }

  /** Tells the domain and the log which servers and devices the agent does not get. */
  #tellLeftOut(leftOut: LeftOut): void {
    const { events, log, settings } = this.#context;
    const { servers, devices } = leftOut;
    if (servers.length + devices.length === 0) return;
    const size = `${settings.maxMessageBytes / (1024 * 1024)} MiB`;
    log.error(
      { event: 'agent.state_too_large', agent: this.agent.id, site: this.agent.site, servers, devices },
      `the servers and devices of this agent take more than ${size}: the newest ones are left out`,
    );
    const where = `agent '${this.agent.name}' at site '${this.agent.site}'`;
    events.onLeftOut?.(
      this.agent,
      leftOut,
      `the servers and devices of ${where} take more than ${size}, so it does not get this one: delete others, or make them smaller`,
    );
  }

  /** Asks the agent to go, and to come back after a time. */
  drain(reason: string, graceMs: number, returnAfterMs: number): void {
    if (this.#state !== 'ready') return;
    this.#outbox.push(encodeFrame({ case: 'drain', value: { reason, graceMs, returnAfterMs } }));
  }

  /** `returnAfterMs`: when the agent should dial again. */
  end(reason: string, code: status, ending: Ending, returnAfterMs?: number): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#endReason = reason;
    this.#ending = ending;
    this.#heartbeats.stop();
    clearTimeout(this.#expiry);
    this.#outbox.close();
    if (code === status.OK) this.#call.end();
    else refuse(this.#call, code, reason, returnAfterMs);
    this.#call.removeAllListeners('data');
    this.#call.resume();
    this.#resolveOver();
  }

  /** Cuts off an agent that breaks the protocol. */
  violation(what: string, facts: Readonly<Record<string, unknown>> = {}): void {
    if (this.ended) return;
    this.#context.counters.violations++;
    this.#context.log.warn({ event: 'agent.cut_off', agent: this.agent.id, ...facts }, `agent cut off: ${what}`);
    this.end(what, status.INVALID_ARGUMENT, 'final');
  }

  /** Ends the session when the agent's certificate expires. An honest agent reconnects with a new certificate long before. */
  #endAt(expiresAt: number): void {
    const left = expiresAt - Date.now();
    const day = 24 * 60 * 60 * 1000;
    this.#expiry = setTimeout(
      () => {
        if (left > day) this.#endAt(expiresAt);
        else this.end('its certificate has expired', status.UNAUTHENTICATED, 'closed');
      },
      Math.min(Math.max(0, left), day),
    );
  }

  #receive(message: Buffer): void {
    if (this.#state !== 'ready') return;
    this.#heartbeats.heard();
    const frames = readAgentFrames(message);
    for (let isEmpty = true; ; isEmpty = false) {
      let next: IteratorResult<ReceivedFrame>;
      try {
        next = frames.next();
      } catch (error) {
        this.violation('unreadable message', { err: error });
        return;
      }
      if (next.done) {
        if (isEmpty) this.#admit({ bytes: message.length, fields: 0 });
        return;
      }
      const { frame } = next.value;
      if (frame.case === 'result') this.#inOrder(frame.value, next.value);
      else if (this.#admit(next.value)) this.#take(frame);
      // The rest is not decoded.
      if (this.ended) return;
    }
  }

  /** Whether a frame that the hub did not ask for, or a message without frames, is within bounds. */
  #admit(received: Omit<ReceivedFrame, 'frame'> & Partial<ReceivedFrame>): boolean {
    if (this.#flood.admits(received)) return true;
    this.#context.counters.floods++;
    this.violation('it sends more than any agent may', { frame: received.frame?.case });
    return false;
  }

  #take(frame: AgentFrame['frame']): void {
    this.#guarded(frame.case, () => this.#handle(frame));
  }

  /** Runs the code that handles a frame. An error in it must not end the link. */
  #guarded(frame: string | undefined, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      if (error instanceof MalformedReport) this.violation(error.message, { frame });
      else
        this.#context.log.error(
          { event: 'agent.frame_not_handled', err: error, agent: this.agent.id, frame },
          'frame not handled',
        );
    }
  }

  #handle(frame: AgentFrame['frame']): void {
    const { events } = this.#context;
    switch (frame.case) {
      case 'progress': {
        const { commandId, json, log } = frame.value;
        if (json.length > 0) this.#ifParams(json, mostNote, () => this.#commands.progress(commandId, json, log));
        break;
      }
      case 'server':
        events.onReport(this.agent, toServerReport(frame.value));
        break;
      case 'device':
        events.onDeviceReport?.(this.agent, toDeviceReport(frame.value));
        break;
      case 'heartbeat':
        this.#heartbeats.take(frame.value);
        break;
      case 'mcpNotice':
        if (hasShortNames(frame.value))
          this.#ifParams(frame.value.params, mostNote, () => events.onNotice?.(this.agent, frame.value));
        break;
      case 'mcpAsk':
        if (hasShortNames(frame.value))
          this.#ifParams(frame.value.params, mostParams, () => events.onAsk?.(this.agent, frame.value));
        break;
      case 'metrics': {
        const report = toMetricsReport(frame.value);
        events.onMetrics?.(this.agent, report);
        break;
      }
      case 'privateEnded':
        events.onPrivateEnded?.(this.agent, frame.value);
        break;
      case 'log':
        this.#notice(frame.value);
        break;
      case 'standings':
        if (!this.#commands.standings(frame.value.standings))
          this.violation('it accounts for commands that it was not asked about');
        break;
      case 'drain':
        this.#leaving(frame.value);
        break;
      case 'hello':
        this.violation('second hello');
        break;
      // A frame that only newer agents send: the versions fit, so the hub can ignore it.
      default:
    }
  }

  /**
   * Passes a message on if its params are a JSON object of at most so many bytes, or absent. Long params are checked outside the event loop, and later messages wait
   * meanwhile, so all keep their order.
   */
  #ifParams(params: Uint8Array, most: number, pass: () => void): void {
    if (params.length > most) return;
    const cost = params.length === 0 ? 0 : startsObject(params) ? answerCost(params) : undefined;
    if (!(cost instanceof Promise) && !this.#checks.busy) {
      if (isCheap(cost)) pass();
      return;
    }
    const weight = params.length + fewBytes;
    if (this.#checking + weight > mostChecking) return;
    this.#checking += weight;
    void this.#checks.run(async () => {
      const passes = isCheap(await cost);
      this.#checking -= weight;
      if (passes && !this.ended) this.#guarded('params', pass);
    });
  }

  /** Writes a notice into the hub's log, which an agent must not fill. */
  #notice({ level, serverId, message, topic }: LogNotice): void {
    const { events, log } = this.#context;
    if (this.#notices.take(1)) {
      events.onLog(this.agent, {
        level: level.slice(0, longestName),
        serverId: serverId.slice(0, longestName),
        message: message.slice(0, longestNotice),
        topic: topic.slice(0, longestName),
      });
    } else if (!this.#dropsNotices) {
      this.#dropsNotices = true;
      log.warn(
        { event: 'agent.notices_left_out', agent: this.agent.id },
        'the agent sends more notices than the log takes: some are left out',
      );
    }
  }

  #leaving({ reason, returnAfterMs }: Drain): void {
    this.#drained = true;
    this.#commands.close(printable(reason, 256) || 'the agent is stopping', returnAfterMs);
  }

  /** Takes a result after the messages before it have been checked: a caller gets the progress of a command before its result. */
  #inOrder(result: Result, received: ReceivedFrame): void {
    if (!this.#checks.busy) this.#result(result, received);
    else
      void this.#checks.run(async () => {
        if (!this.ended) this.#guarded('result', () => this.#result(result, received));
      });
  }

  #result(result: Result, received: ReceivedFrame): void {
    const { counters } = this.#context;
    switch (this.#commands.result(result)) {
      case 'foreign':
        counters.foreignResults++;
        this.violation("a result of a command that is not this agent's", {
          commandId: printable(result.commandId, 64),
        });
        return;
      case 'astray':
        counters.foreignResults++;
        this.violation('a report of another server or device than it was asked about', {
          commandId: printable(result.commandId, 64),
        });
        return;
      case 'malformed':
        this.violation('a result that no agent may give', { commandId: printable(result.commandId, 64) });
        return;
      case 'late':
        if (result.outcome.case !== 'transferred') counters.lateResults++;
        if (!this.#admit(received)) return;
        break;
      default:
    }
    this.#results++;
    this.#unconfirmed++;
    this.#unconfirmedBytes += sizeOf(result);
    if (this.#unconfirmed < confirmEvery.results && this.#unconfirmedBytes < confirmEvery.bytes) return;
    this.#unconfirmed = 0;
    this.#unconfirmedBytes = 0;
    this.#outbox.push(encodeFrame({ case: 'received', value: { results: BigInt(this.#results) } }));
  }
}

function isCheap(cost: number | undefined): boolean {
  return cost !== undefined && cost <= mostCost;
}

function sizeOf({ outcome }: Result): number {
  if (outcome.case === 'json') return outcome.value.length;
  return outcome.case === 'tool' ? outcome.value.json.length : 256;
}

const NONE = new Uint8Array();

/** Limits the frames that an agent sends by itself, such as reports. The results of commands do not count: the hub asked for them. */
export class FloodGate {
  readonly #frames: Bucket;
  readonly #bytes: Bucket;

  constructor(limits: { readonly floodFrames: number; readonly floodBytes: number }) {
    this.#frames = new Bucket(limits.floodFrames, unsolicitedSeconds);
    this.#bytes = new Bucket(limits.floodBytes, unsolicitedSeconds);
  }

  /** Whether a frame that the hub did not ask for is still within bounds. A message without frames counts as one. */
  admits({ frame, bytes, fields }: Omit<ReceivedFrame, 'frame'> & Partial<ReceivedFrame>): boolean {
    const tools = frame?.case === 'server' ? (frame.value.tools?.tools ?? []) : [];
    const note =
      frame?.case === 'progress' ? frame.value.json : frame?.case === 'mcpNotice' ? frame.value.params : NONE;
    return this.#frames.take() && this.#bytes.take(weightOf(bytes, fields, tools) + valuesWeight(note));
  }
}
