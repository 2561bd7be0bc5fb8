import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { KeepAlive } from '@roundhouse/proto/agent/v1/server';
import WebSocket, { type RawData } from 'ws';
import { AgentFailure } from '../../../failure.js';
import { networkReason, type ServerReach } from '../../net/site-lookup.js';
import type { Credentials, Headers } from '../authorization/credentials.js';
import type { McpLimits } from '../limits.js';
import { sentHeaders } from './http/endpoint.js';
import { readExcerpt, refusal } from './http/response.js';
import { type CarrierEvents, inOrder, ReadThrottle } from './in-order.js';
import type { SendOptions, Transport, TransportEvents } from './transport.js';
import type { UnfinishedMessage } from './unfinished.js';

/** The subprotocol of MCP over WebSocket. */
const subprotocol = 'mcp';

/** How long the server may take to close the connection, milliseconds. */
const farewellMs = 1000;

/** The default time between pings, and for an answer, milliseconds. */
const pingEveryMs = 30_000;
const pongWithinMs = 10_000;

/** The memory that a ping or a pong of a server takes besides its data. */
const controlHeaderBytes = 2;

export interface WebSocketTarget {
  readonly url: string;
  readonly headers: Headers;
  readonly credentials: Credentials;
  readonly reach: ServerReach;
  /** The registration's `heartbeat`; pings are sent unless it is disabled. */
  readonly heartbeat: KeepAlive | undefined;
}

/** MCP over one WebSocket: a JSON message in each text frame. */
export class WebSocketTransport implements Transport {
  readonly pid = 0;
  readonly #address: string;
  readonly #headers: Headers;
  #socket: WebSocket | undefined;
  /** The connection that carries the WebSocket. */
  #connection: Socket | undefined;
  #events: CarrierEvents | undefined;
  #closing: Promise<void> | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #error: Error | undefined;
  readonly #throttle = new ReadThrottle();

  /** @throws AgentFailure `invalid_argument` for an address or a header that cannot be used. */
  constructor(
    private readonly target: WebSocketTarget,
    private readonly limits: McpLimits,
    private readonly unfinished: () => UnfinishedMessage,
  ) {
    const url = URL.canParse(target.url) ? new URL(target.url) : undefined;
    if ((url?.protocol !== 'ws:' && url?.protocol !== 'wss:') || url.hash !== '') {
      throw new AgentFailure('invalid_argument', 'the url is not a ws or wss address', { field: 'url' });
    }
    this.#headers = sentHeaders(target.headers);
    this.#address = `${url.protocol}//${url.host}${url.pathname}`;
  }

  async open(events: TransportEvents): Promise<void> {
    const socket = await this.#dial();
    this.#socket = socket;
    if (this.#closing !== undefined) {
      socket.terminate();
      throw new AgentFailure('cancelled', 'the server was stopped while it was being connected');
    }
    this.#events = inOrder(events, (ms) => this.hold(ms));
    this.#countUnfinished(socket);
    socket.on('message', (data) => this.#received(socket, data));
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()));
    // The server may have sent messages together with its answer.
    socket.resume();
    this.#keepAlive(socket);
  }

  send(text: string, { id }: SendOptions = {}): Promise<void> | undefined {
    const socket = this.#socket;
    if (this.#events === undefined || socket === undefined) return undefined;
    if (socket.bufferedAmount > this.limits.unsentBytes) {
      const failure = new AgentFailure('overloaded', 'the server does not read its input', {
        retryAfterMs: 1000,
        outcome: 'not_run',
      });
      if (id !== undefined) this.#events.failed(id, failure);
      return undefined;
    }
    // The close that follows reports a failure.
    return new Promise((sent) => socket.send(text, () => sent()));
  }

  release(): void {
    // The answer may still come; the session ignores it.
  }

  negotiated(): void {}

  listen(): void {}

  hold(ms: number): void {
    this.#throttle.hold(ms);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#events = undefined;
    clearTimeout(this.#pingTimer);
    this.#throttle.release();
    this.target.credentials.close();
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), farewellMs);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      // If the connection is still being opened, the close becomes an error, which has a listener.
      socket.resume();
      socket.close(1000);
    });
  }

  /** Connects, with other credentials or without a subprotocol if the server asks for that. @throws AgentFailure */
  async #dial(): Promise<WebSocket> {
    const { credentials } = this.target;
    let protocols = [subprotocol];
    for (let renewed = false; ; ) {
      const shown = await credentials.headers();
      const outcome = await this.#try(protocols, shown);
      if (outcome instanceof WebSocket) return outcome;
      if (outcome.status === 401 && credentials.renewable && !renewed) {
        renewed = true;
        await credentials.renew(shown);
      } else if (outcome.noSubprotocol && protocols.length > 0) protocols = [];
      else throw outcome.failure;
    }
  }

  #try(protocols: string[], credentials: Headers): Promise<WebSocket | Refused> {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.target.url, protocols, {
        headers: { ...this.#headers, ...credentials },
        handshakeTimeout: this.limits.initializeMs,
        maxPayload: this.limits.messageBytes,
        perMessageDeflate: false,
        followRedirects: false,
        lookup: this.target.reach.lookup,
      });
      this.#socket = socket;
      socket.once('upgrade', (response) => {
        this.#connection = response.socket;
      });
      let refused: Promise<Refused> | undefined;
      socket.on('unexpected-response', (request, response) => {
        refused = this.#refused(response).finally(() => request.destroy());
        void refused.then(resolve);
      });
      socket.on('error', (error) => {
        this.#error = error;
        // After the opening, the close reports the error. A refusal of the server says more than this error.
        if (refused === undefined) resolve(this.#failed(error));
      });
      socket.once('open', () => {
        socket.pause();
        resolve(socket);
      });
      // The transport was closed while it was connecting.
      if (this.#closing !== undefined) socket.terminate();
    });
  }

  async #refused(response: IncomingMessage): Promise<Refused> {
    const status = response.statusCode ?? 0;
    const body = this.target.credentials.hide(await readExcerpt(response));
    return { status, noSubprotocol: false, failure: refusal(status, body, this.#address, 'WebSocket') };
  }

  #failed(error: NodeJS.ErrnoException): Refused {
    const noSubprotocol = error.message === 'Server sent no subprotocol';
    const handshake = error.code === undefined;
    const reason = handshake ? `${this.#address}: ${error.message}` : networkReason(error, this.#address);
    return { status: 0, noSubprotocol, failure: new AgentFailure('upstream', reason, { reason, outcome: 'not_run' }) };
  }

  /** `ws` reports whole messages only. So each byte after a message counts as kept, until the next message is whole. */
  #countUnfinished(socket: WebSocket): void {
    const unfinished = this.unfinished();
    let kept = 0;
    // The first listener: the last bytes of a message are counted before `ws` reports the message.
    this.#connection?.prependListener('data', (chunk: Buffer) => {
      kept += chunk.length;
      if (unfinished.keeps(kept)) return;
      this.#error = unfinished.failure;
      socket.terminate();
    });
    socket.on('message', () => {
      kept = 0;
      unfinished.end();
    });
    const without = (frame: Buffer) => {
      kept -= Math.min(kept, frame.length + controlHeaderBytes);
    };
    socket.on('ping', without);
    socket.on('pong', without);
    socket.once('close', () => unfinished.end());
  }

  #received(socket: WebSocket, data: RawData): void {
    this.#events?.message(data.toString());
    this.#throttle.apply(socket as unknown as Parameters<ReadThrottle['apply']>[0]);
  }

  #closed(code: number, text: string): void {
    clearTimeout(this.#pingTimer);
    const events = this.#events;
    this.#events = undefined;
    const said = text === '' ? '' : `: ${this.target.credentials.hide(text)}`;
    const reason =
      this.#error === undefined
        ? `the server closed the connection (code ${code})${said}`
        : brokenReason(this.#error, this.#address, this.limits.messageBytes);
    events?.closed(reason);
  }

  /** Pings as the registration says. A connection without answers counts as broken. */
  #keepAlive(socket: WebSocket): void {
    const { heartbeat } = this.target;
    if (heartbeat?.enabled === false) return;
    const intervalMs = heartbeat?.intervalMs || pingEveryMs;
    const timeoutMs = heartbeat?.timeoutMs || pongWithinMs;
    let isAsked = false;
    const wait = () => {
      this.#pingTimer = setTimeout(() => {
        isAsked = true;
        socket.ping();
        this.#pingTimer = setTimeout(() => this.#silent(socket, timeoutMs), timeoutMs).unref();
      }, intervalMs).unref();
    };
    const hear = () => {
      if (!isAsked || this.#closing) return;
      isAsked = false;
      clearTimeout(this.#pingTimer);
      wait();
    };
    socket.on('pong', hear);
    socket.on('message', hear);
    wait();
  }

  #silent(socket: WebSocket, timeoutMs: number): void {
    const events = this.#events;
    this.#events = undefined;
    socket.terminate();
    events?.closed(`the server did not answer a heartbeat within ${timeoutMs} ms`);
  }
}

function brokenReason(error: NodeJS.ErrnoException, address: string, limit: number): string {
  if (error instanceof AgentFailure) return error.message;
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return `the server sent a message longer than the limit of ${limit} bytes`;
  }
  if (error.code?.startsWith('WS_ERR_')) return `the server breaks the protocol of WebSocket: ${error.message}`;
  return networkReason(error, address);
}

/** A failed attempt to connect. */
interface Refused {
  /** The HTTP status; 0 for none. */
  readonly status: number;
  readonly noSubprotocol: boolean;
  readonly failure: AgentFailure;
}
