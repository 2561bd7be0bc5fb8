import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../failure.js';
import type { StopOptions } from '../process/group.js';
import { resultBytes } from './call-limits.js';
import type { Connection } from './connection.js';
import { type OpeningContext, openConnection } from './opening.js';
import type { CalledTool, CallOptions } from './servers.js';

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
  /** The version of the server's source; empty where it has none, or none is known yet. */
  version = '';
  connectTimeMs = 0;
  /** The link ended by itself. */
  lost = false;
  /** Its process did so with exit code 0. */
  clean = false;
  #running = 0;

  /** @param generation which of the server's specifications it was made for. */
  constructor(
    public generation: number,
    private readonly events: LinkEvents,
  ) {}

  /** Calls that run on it. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: 0 };
  }

  /** @throws AgentFailure, or the signal's reason. What was begun is left to {@link Link.close}. */
  async open(spec: ServerSpec, context: OpeningContext, options: LinkOptions): Promise<void> {
    const begin = performance.now();
    const opening = {
      redact: options.redact,
      urgent: options.urgent,
      holder: options.holder,
      newerFirst: options.newerFirst,
      made: (connection: Connection, version: string) => {
        connection.limitResults(resultBytes(spec, context.limits));
        this.connection = connection;
        this.version = version;
      },
      onTools: () => this.events.tools(this),
      onCall: (failure: unknown, tookMs: number) => {
        this.#running -= 1;
        this.events.called(this, failure, tookMs);
      },
      onClosed: (reason: string, clean: boolean) => {
        this.clean = clean;
        this.events.closed(this, reason);
      },
    };
    await openConnection(spec, context, opening, options.signal);
    const ended = this.connection?.ended;
    if (ended !== undefined) throw new AgentFailure('upstream', ended, { reason: ended });
    this.connectTimeMs = Math.round(performance.now() - begin);
  }

  /** To be called on an open link only. */
  callTool(connection: Connection, tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    this.#running += 1;
    return connection.callTool(tool, args, options);
  }

  /** The same for any other request. */
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
