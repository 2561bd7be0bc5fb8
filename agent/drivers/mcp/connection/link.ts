import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from '@roundhouse/proto/log';
import type { StartSlots } from '@roundhouse/proto/start-slots';
import { AgentFailure, refusedBySite } from '../../../failure.js';
import type { LogSink } from '../../logs/entry.js';
import type { Logs } from '../../logs/logs.js';
import type { StopOptions } from '../../process/group.js';
import type { Sources } from '../../sources/sources.js';
import type { Authorizations } from '../authorization/authorizations.js';
import type { CalledTool, CallOptions } from '../call.js';
import { type McpLimits, resultBytes } from '../limits.js';
import { redacting, redactor } from '../redact.js';
import { checkSpec } from '../spec.js';
import { prepareTransport, type TransportContext } from '../transports/prepare.js';
import type { Unfinished } from '../transports/unfinished.js';
import { Connection, type ConnectionEvents } from './connection.js';

/** The events that a link reports to its server. */
export interface LinkEvents {
  /** The tool list was read again. */
  tools(link: Link): void;
  /** A call ended; see {@link Settled}. */
  called(link: Link, failure: unknown, tookMs: number): void;
  /** The link ended by itself. */
  closed(link: Link, reason: string): void;
}

export interface LinkOptions {
  /** Removes secrets from log lines. */
  readonly redact: (text: string) => string;
  /** A caller waits for the connection. */
  readonly urgent: boolean;
  /** The user of the source's version, if the link does not belong to the server yet. */
  readonly holder?: string;
  /** See {@link NewerEra.isSpoken}. */
  readonly newerFirst: boolean;
  readonly signal: AbortSignal;
}

/** One attempt to connect, or its result: a connection with the calls that run on it. */
export class Link {
  connection: Connection | undefined;
  /** The version of the server's source; empty if it has no source, or the version is not known yet. */
  version = '';
  connectTimeMs = 0;
  /** The link ended by itself. */
  lost = false;
  /** Its process ended with exit code 0. */
  clean = false;
  #running = 0;

  /** @param generation the generation of the server's specification that the link was made for. */
  constructor(
    public generation: number,
    private readonly events: LinkEvents,
  ) {}

  /** How many calls run on it. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: 0 };
  }

  /** @throws AgentFailure, or the signal's reason. {@link Link.close} ends the connection that was begun. */
  async open(spec: ServerSpec, context: OpeningContext, options: LinkOptions): Promise<void> {
    const begin = performance.now();
    const events = {
      onTools: () => this.events.tools(this),
      onCall: (failure: unknown, tookMs: number) => {
        this.#running -= 1;
        this.events.called(this, failure, tookMs);
      },
      onNotice: (method: string, params: string) => context.onNotice?.(spec.id, method, params),
      onClosed: (reason: string, clean: boolean) => {
        this.clean = clean;
        this.events.closed(this, reason);
      },
    };
    const { redact, urgent, holder, newerFirst, signal } = options;
    await openConnection(spec, context, {
      log: redacting(context.logs.open(spec.id), redact),
      urgent,
      own: holder === undefined ? undefined : { holder },
      newerFirst,
      events,
      signal,
      made: (connection, version) => {
        this.connection = connection;
        this.version = version;
      },
    });
    const ended = this.connection?.ended;
    if (ended !== undefined) throw new AgentFailure('upstream', ended, { reason: ended });
    this.connectTimeMs = Math.round(performance.now() - begin);
  }

  /** Calls a tool on an open link. */
  callTool(connection: Connection, tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    this.#running += 1;
    return connection.callTool(tool, args, options);
  }

  /** Passes any other request to the server of an open link. */
  async request(connection: Connection, method: string, params: string, options: CallOptions): Promise<Uint8Array> {
    this.#running += 1;
    try {
      return await connection.request(method, params, options);
    } finally {
      this.#running -= 1;
    }
  }

  async close(reason: string, options?: StopOptions): Promise<void> {
    await this.connection?.close(reason, options);
  }
}

/** The parts that an opening needs. */
export interface OpeningContext {
  readonly dataDir: string;
  readonly logs: Logs;
  readonly sources: Sources;
  readonly authorizations: Authorizations;
  readonly limits: McpLimits;
  readonly unfinished: Unfinished;
  readonly slots: StartSlots;
  /** Why the site refuses a specification; `undefined` if it does not. See {@link Servers.judgeBy}. */
  readonly refused: (spec: ServerSpec) => string | undefined;
  /** Settled once no process of an earlier agent is left. */
  readonly ready: Promise<void>;
  /** The agent's version. */
  readonly version: string;
  readonly log: Logger;
  /** Called with the notifications that servers send to their listeners. */
  readonly onNotice?: ((serverId: string, method: string, params: string) => void) | undefined;
}

export interface Opening {
  readonly log: LogSink;
  /** A caller waits for the connection. */
  readonly urgent: boolean;
  readonly own?: TransportContext['own'];
  readonly newerFirst?: TransportContext['newerFirst'];
  /** The registration whose secrets no failure shows; default: the specification. A test gives an instance other values, and looks for them. */
  readonly registration?: ServerSpec | undefined;
  readonly events: ConnectionEvents;
  readonly signal: AbortSignal;
  /** Called with the connection before it is opened; `version` is that of the server's source. */
  readonly made: (connection: Connection, version: string) => void;
}

/**
 * Makes the connection that a specification asks for, and opens it. Servers that run as a process wait for a start slot.
 * @throws AgentFailure, or the signal's reason.
 */
export async function openConnection(spec: ServerSpec, context: OpeningContext, opening: Opening): Promise<void> {
  checkSpec(spec);
  await context.ready;
  const { urgent, own, newerFirst, registration = spec, events, signal, made } = opening;
  const received = context.authorizations.received(spec.id);
  const hide = redactor(registration, received);
  const log = redacting(opening.log, received.hide);
  const local = spec.transport.case === 'stdio';
  const judged = judgedSpec(registration, spec.version);
  const giveBack = local ? await context.slots.take(signal, urgent) : () => {};
  try {
    checkAllowed(judged, context);
    const { dataDir, sources, authorizations, limits, unfinished, version } = context;
    const parts = { dataDir, sources, authorizations, log, limits, unfinished, signal, own, newerFirst };
    const prepared = await prepareTransport(spec, parts);
    // The policy may have changed during an installation.
    checkAllowed(judged, context);
    const options = { ...events, log, hide, limits, version, resultBytes: resultBytes(spec, limits) };
    const connection = new Connection(prepared.transport, options);
    made(connection, prepared.version);
    await connection.open(signal);
  } finally {
    giveBack();
  }
}

/** The specification that a policy judges: a version of a source counts, and the values that a test gives an instance do not. */
export function judgedSpec(registration: ServerSpec, version: string): ServerSpec {
  return version === registration.version ? registration : { ...registration, version };
}

/** @throws AgentFailure `refused` */
function checkAllowed(spec: ServerSpec, { refused }: Pick<OpeningContext, 'refused'>): void {
  const reason = refused(spec);
  if (reason !== undefined) throw refusedBySite(reason);
}

/** The failure of a step that another change of the server has made needless. */
export function superseded(): AgentFailure {
  return new AgentFailure('cancelled', 'something else is wanted of the server meanwhile');
}

/** Why an attempt to connect failed, as a failure for callers and reports. */
export function asReason(error: unknown): AgentFailure {
  if (error instanceof AgentFailure) {
    // A connection that breaks during the handshake fails it with `disconnected`.
    return error.kind === 'disconnected' ? new AgentFailure('upstream', error.message, error.details) : error;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new AgentFailure('upstream', reason, { reason }, { cause: error });
}
