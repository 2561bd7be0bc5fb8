import type { IncomingMessage } from 'node:http';
import { Parts } from '@roundhouse/proto/parts';
import WebSocket, { type RawData } from 'ws';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { Size } from '../../terminals.js';
import type { Client } from '../cluster/client.js';
import { clusterFailure, statusFailure } from '../cluster/failure.js';
import { brokenOff, readText, transportFailure } from '../cluster/transport.js';
import type { ContainerPlace } from '../pods/pods.js';

/** A command to connect to; `protocols`: the protocols of Kubernetes that the agent offers. */
export interface SocketRequest extends ContainerPlace {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly protocols: readonly string[];
}

/** The exit code of a command, or the `message` of Kubernetes if it could not run the command. */
export interface CommandEnd {
  readonly exitCode: number | undefined;
  readonly message?: string;
}

export interface SocketEvents {
  /** Output. The reader awaits the returned promise before it reads more. */
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> | void;
  /** The command's end, after all of its output; the socket's failure otherwise. */
  onEnd(end: CommandEnd | AgentFailure): void;
}

/** Versions of the protocol that report the exit code, and the version that can end the input. */
export const protocolsWithCode = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
export const protocolsWithInputEnd = ['v5.channel.k8s.io'];

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;
/** The time between pings, milliseconds: the proxy of an API server closes a connection without traffic. */
const pingMs = 30_000;
const inputFrame = 32 * 1024;
const mostFrame = 4 * 1024 * 1024;
/** Output that alternates between the streams waits in at most this many pieces. Further output joins the last piece of its stream. */
const mostPieces = 64;
/**
 * The socket is read while less output than this waits, bytes. A cluster closes the connection right after the command's end, and unread
 * output may then be lost.
 */
const mostWaiting = 256 * 1024;

/** A command in a container, over one WebSocket. Output that is not read delays the command. */
export class ExecSocket {
  readonly #socket: WebSocket;
  readonly #events: SocketEvents;
  readonly #address: string;
  readonly #pings: NodeJS.Timeout;
  /** Resolves when all output has been taken. */
  #taken: Promise<void> = Promise.resolve();
  #isTaking = false;
  /** Output that is not taken yet. Frames of one stream are joined: there may be thousands of one byte. */
  #waiting: { readonly stream: 'stdout' | 'stderr'; readonly parts: Parts }[] = [];
  #waitingBytes = 0;
  #status: CommandEnd | undefined;
  #over = false;

  private constructor(socket: WebSocket, address: string, events: SocketEvents) {
    this.#socket = socket;
    this.#address = address;
    this.#events = events;
    this.#pings = setInterval(() => socket.ping(), pingMs);
    socket.on('message', (data) => this.#hear(data));
    socket.on('error', (error) => this.#end(brokenOff(error, address, true)));
    socket.on('close', () => this.#closed());
  }

  /** Connects. Once this resolves, the command has begun or will begin. @throws AgentFailure as for every request. */
  static async open(
    client: Client,
    request: SocketRequest,
    events: SocketEvents,
    signal: Cancellation,
  ): Promise<ExecSocket> {
    const { namespace, pod, container, command, stdin, tty, protocols } = request;
    const query = new URLSearchParams({ container, stdout: 'true', stderr: String(!tty), stdin: String(stdin) });
    query.set('tty', String(tty));
    for (const word of command) query.append('command', word);
    const url = client.url(`/api/v1/namespaces/${namespace}/pods/${pod}/exec`, query);
    url.protocol = url.protocol.replace('http', 'ws');
    const { headers, single } = await client.access();
    const options = { headers: { ...headers } as Record<string, string>, agent: single, maxPayload: mostFrame };
    if (signal.aborted) throw signal.reason;
    const socket = new WebSocket(url, [...protocols], {
      ...options,
      handshakeTimeout: client.timeoutMs,
      perMessageDeflate: false,
    });
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason);
        socket.terminate();
      };
      signal.addEventListener('abort', abort);
      const settle = (): void => signal.removeEventListener('abort', abort);
      socket.once('open', () => {
        settle();
        socket.removeAllListeners('error');
        resolve(new ExecSocket(socket, client.address, events));
      });
      socket.on('error', (error) => {
        settle();
        reject(handshakeFailure(error, client));
      });
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        settle();
        void refusal(client, url, response, signal)
          .then(reject, reject)
          .finally(() => socket.terminate());
      });
    });
  }

  /** Whether the command's input can be ended. */
  get endsInput(): boolean {
    return protocolsWithInputEnd.includes(this.#socket.protocol);
  }

  /**
   * Sends input. Resolves once the connection has taken it or is lost. `onEnd` reports a lost connection: the input of a command that has
   * ended cannot be sent, and its exit code may still be on the way.
   */
  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; at += inputFrame)
      await this.#send(channels.stdin, data.subarray(at, at + inputFrame));
  }

  /** Sets the terminal's size, in characters. */
  resize({ columns, rows }: Size): Promise<void> {
    return this.#send(channels.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows })));
  }

  /** Ends the input, if {@link endsInput}. */
  endInput(): void {
    void this.#send(channels.close, Uint8Array.of(channels.stdin));
  }

  /** Closes the connection. The command goes on. The socket reports no more events. */
  close(): void {
    this.#over = true;
    clearInterval(this.#pings);
    this.#socket.terminate();
  }

  #send(channel: number, data: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(Buffer.concat([Uint8Array.of(channel), data]), () => resolve());
    });
  }

  #hear(data: RawData): void {
    const frame = data as Buffer;
    const [channel] = frame;
    const chunk = frame.subarray(1);
    if (channel === channels.status) {
      this.#status = readStatus(chunk.toString());
      this.#end(this.#status);
    } else if (chunk.length > 0 && (channel === channels.stdout || channel === channels.stderr)) {
      this.#take(channel === channels.stdout ? 'stdout' : 'stderr', chunk);
    }
  }

  #take(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.#over) return;
    const waiting = this.#waiting;
    const near = waiting.length < mostPieces ? waiting.at(-1) : waiting.findLast((piece) => piece.stream === stream);
    if (near?.stream === stream) near.parts.add(chunk);
    else {
      const parts = new Parts();
      parts.add(chunk);
      waiting.push({ stream, parts });
    }
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes > mostWaiting) this.#socket.pause();
    if (this.#isTaking) return;
    this.#isTaking = true;
    this.#taken = this.#pass().catch((error: unknown) =>
      this.#finish(error instanceof AgentFailure ? error : brokenOff(error, this.#address, true)),
    );
  }

  async #pass(): Promise<void> {
    // Waits for the frames that came together with the first one.
    await new Promise(setImmediate);
    for (let next = this.#waiting.shift(); next && !this.#over; next = this.#waiting.shift()) {
      const output = next.parts.take();
      await this.#events.onOutput(next.stream, output);
      this.#waitingBytes -= output.length;
    }
    this.#isTaking = false;
    if (!this.#over) this.#socket.resume();
  }

  #closed(): void {
    clearInterval(this.#pings);
    if (this.#status === undefined) this.#end(brokenOff(undefined, this.#address, true));
  }

  /** Reports the end once all output has been taken. */
  #end(end: CommandEnd | AgentFailure): void {
    void this.#taken.then(() => this.#finish(end));
  }

  #finish(end: CommandEnd | AgentFailure): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#pings);
    this.#socket.terminate();
    this.#events.onEnd(end);
  }
}

/** Kubernetes' report of a command's end: a `Status` object. */
function readStatus(text: string): CommandEnd {
  let said: { status?: unknown; reason?: unknown; message?: unknown; details?: { causes?: unknown } | null } = {};
  try {
    said = JSON.parse(text) ?? {};
  } catch {
    // Not JSON: handled below.
  }
  if (said.status === 'Success') return { exitCode: 0 };
  const causes = Array.isArray(said.details?.causes) ? said.details.causes : [];
  const cause = causes.find((one: { reason?: unknown } | null) => one?.reason === 'ExitCode') as
    | { message?: unknown }
    | undefined;
  const exitCode = typeof cause?.message === 'string' ? Number(cause.message) : Number.NaN;
  if (said.reason === 'NonZeroExitCode' && Number.isInteger(exitCode)) return { exitCode };
  const message = typeof said.message === 'string' ? said.message.slice(0, 2000) : 'the command could not be run';
  return { exitCode: undefined, message };
}

function handshakeFailure(error: Error, client: Client): AgentFailure {
  if (/subprotocol/i.test(error.message)) {
    return clusterFailure('upstream', 'failed', `${client.address} does not speak a protocol that was offered`);
  }
  if (/handshake has timed out/.test(error.message)) {
    return clusterFailure('timeout', 'timeout', `${client.address} did not answer within ${client.timeoutMs} ms`);
  }
  return transportFailure(error, client.address, false);
}

async function refusal(
  { address, timeoutMs }: Client,
  url: URL,
  response: IncomingMessage,
  signal: Cancellation,
): Promise<AgentFailure> {
  const body = await readText(response, { url, method: 'GET', signal, timeoutMs, limit: 64 * 1024, cut: true });
  const { statusCode: status = 0, headers } = response;
  return statusFailure({ address, status, body, retryAfter: headers['retry-after'] });
}
