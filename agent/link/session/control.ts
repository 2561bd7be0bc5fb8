import type { StatusObject } from '@grpc/grpc-js';
import type { Command } from '@roundhouse/proto/agent/v1/command';
import type { DesiredState, Drain, Welcome } from '@roundhouse/proto/agent/v1/link';
import { returnAfterTrailer } from '@roundhouse/proto/frames';
import { Heartbeats } from '@roundhouse/proto/heartbeats';
import { Outbox } from '@roundhouse/proto/outbox';
import type { Stream } from './channel.js';
import { decodeHubFrames, encodeFrame } from './frames.js';

/** The agent's description of itself when it connects. */
export interface Greeting {
  readonly epoch: bigint;
  readonly version: string;
  readonly name: string;
  readonly capabilities: string[];
  readonly operations: string[];
  readonly running: string[];
  readonly platform: string;
  /** Differs for every start of this process. */
  readonly bootId: string;
  readonly agentId: string;
}

/** The events of a connection. */
export interface ControlEvents {
  /** A message of this size came. */
  heard(bytes: number): void;
  /** The answer to a heartbeat came. */
  measured(roundTripMs: number): void;
  welcome(welcome: Welcome): void;
  /** The commands of earlier connections that the hub still waits for. */
  resume(commandIds: readonly string[]): void;
  /** How many results of this connection the hub has taken so far. */
  received(results: number): void;
  command(command: Command): void;
  undecodable(commandId: string): void;
  cancel(commandId: string, reason: string): void;
  desired(state: DesiredState): void;
}

/** How a connection ended. */
export interface Ending {
  /** gRPC status code. */
  readonly code: number;
  readonly reason: string;
  /** How long it was in use, milliseconds; 0 if it was never welcomed. */
  readonly usedMs: number;
  /** When the agent may dial again, milliseconds from now; `undefined` if the hub did not say. */
  readonly returnAfterMs: number | undefined;
}

/** How long the hub may take to admit an agent. */
const welcomeMs = 20_000;

/** One control stream, from dialling to its end. */
export class Control {
  /** Resolves when the connection has ended; never rejects. */
  readonly ended: Promise<Ending>;
  readonly #stream: Stream;
  readonly #outbox: Outbox;
  readonly #events: ControlEvents;
  #heartbeats: Heartbeats | undefined;
  #welcomedAt: number | undefined;
  #drain: Drain | undefined;
  #cutFor: string | undefined;
  readonly #welcomeTimer: NodeJS.Timeout;

  constructor(stream: Stream, greeting: Greeting, events: ControlEvents) {
    this.#events = events;
    this.#stream = stream;
    this.#outbox = new Outbox(this.#stream);
    this.#welcomeTimer = setTimeout(() => this.cut('the hub did not admit this agent in time'), welcomeMs);
    this.ended = new Promise((resolve) => {
      this.#stream.once('status', (status: StatusObject) => {
        this.#stop();
        resolve({
          code: status.code,
          reason: this.#cutFor ?? status.details,
          usedMs: this.#welcomedAt === undefined ? 0 : performance.now() - this.#welcomedAt,
          returnAfterMs: this.#drain?.returnAfterMs ?? returnAfter(status),
        });
      });
    });
    // The `status` event has the reason.
    this.#stream.on('error', () => {});
    this.#stream.on('data', (message: Buffer) => this.#receive(message));
    this.#stream.write(encodeFrame({ case: 'hello', value: greeting }));
  }

  /** Bytes that wait for the hub. */
  get waiting(): number {
    return this.#outbox.bytes;
  }

  /** Whether the hub has welcomed this agent: nothing may be sent before. */
  get welcomed(): boolean {
    return this.#welcomedAt !== undefined;
  }

  send(frame: Buffer): void {
    this.#outbox.push(frame);
  }

  /** Tells the hub that no more messages follow; the hub then ends the stream. */
  finish(): void {
    // After the messages that were queued before.
    setImmediate(() => this.#stream.end());
  }

  /** Ends the connection at once. */
  cut(reason: string): void {
    this.#cutFor ??= reason;
    this.#stream.cancel();
  }

  #receive(message: Buffer): void {
    this.#heartbeats?.heard();
    this.#events.heard(message.length);
    let frames: ReturnType<typeof decodeHubFrames>;
    try {
      frames = decodeHubFrames(message);
    } catch (error) {
      this.cut(`unreadable message from the hub: ${error instanceof Error ? error.message : error}`);
      return;
    }
    for (const frame of frames) this.#take(frame);
  }

  #take(frame: ReturnType<typeof decodeHubFrames>[number]): void {
    if (!this.welcomed && frame.case !== 'welcome') {
      this.cut('the hub sent something before its welcome');
      return;
    }
    switch (frame.case) {
      case 'command':
        this.#events.command(frame.value);
        break;
      case 'cancel':
        this.#events.cancel(frame.value.commandId, frame.value.reason);
        break;
      case 'heartbeat':
        this.#heartbeats?.take(frame.value);
        break;
      case 'desired':
        this.#events.desired(frame.value);
        break;
      case 'resume':
        this.#events.resume(frame.value.commandIds);
        break;
      case 'received':
        this.#events.received(Number(frame.value.results));
        break;
      case 'drain':
        this.#drain = frame.value;
        break;
      case 'welcome':
        this.#welcome(frame.value);
        break;
      case 'undecodable':
        this.#events.undecodable(frame.value.commandId);
        break;
      // A frame of a newer hub. The versions are compatible, so the agent may ignore it.
      default:
    }
  }

  #welcome(welcome: Welcome): void {
    clearTimeout(this.#welcomeTimer);
    if (this.welcomed) return;
    this.#welcomedAt = performance.now();
    const limits = {
      heartbeatIntervalMs: Math.min(Math.max(welcome.heartbeatIntervalMs, 100), 60_000),
      silenceLimitMs: Math.min(Math.max(welcome.silenceLimitMs, 500), 300_000),
    };
    this.#heartbeats = new Heartbeats(limits, {
      send: (heartbeat) => this.send(encodeFrame({ case: 'heartbeat', value: heartbeat })),
      measured: (ms) => this.#events.measured(ms),
      silent: () => this.cut('the hub fell silent'),
    });
    this.#heartbeats.start();
    this.#events.welcome(welcome);
  }

  #stop(): void {
    clearTimeout(this.#welcomeTimer);
    this.#heartbeats?.stop();
    this.#outbox.close();
  }
}

/** When a hub that refused the stream lets the agent dial again, milliseconds from now. */
function returnAfter({ metadata }: StatusObject): number | undefined {
  const ms = Number(metadata.get(returnAfterTrailer)[0] ?? Number.NaN);
  return ms >= 0 ? ms : undefined;
}
