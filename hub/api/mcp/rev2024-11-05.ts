import { randomBytes } from 'node:crypto';
import { payerOf } from '../../domain/access/caller.js';
import { DomainError } from '../../domain/errors.js';
import type { ViewFilter } from '../../domain/mcp/view.js';
import { type Context, RawReply, SseReply } from '../../http/endpoint.js';
import type { McpDoor } from './door.js';
import { errorText, RpcError, type RpcMessage, readMessage, resultText, toRpcError } from './json-rpc.js';
import { MessageStream } from './message-stream.js';
import { OwnerCounts, ownerOf } from './owners.js';
import { StreamReply } from './post-reply.js';
import type { McpSession } from './rev2025-11-25/session.js';

/** How long a connected client may take to send `initialize`, milliseconds. */
const GREETING_MS = 30_000;
/** Streams of all callers, and of one. */
const MOST = { all: 10_000, ofCaller: 500 };

/** An open stream, and the session on it once the client has introduced itself. */
interface SseConnection {
  readonly stream: MessageStream;
  readonly owner: string;
  /** The caller that the connection counts against. */
  readonly payer: string;
  readonly filter: ViewFilter;
  readonly timer: NodeJS.Timeout;
  session: McpSession | undefined;
}

/**
 * The older transport (protocol version 2024-11-05): one stream for all messages of the hub, and a second address for the client's messages. A
 * session lasts as long as its stream.
 */
export class SseDoor {
  readonly #door: McpDoor;
  readonly #open = new Map<string, SseConnection>();
  readonly #counts = new OwnerCounts();

  constructor(door: McpDoor) {
    this.#door = door;
  }

  /** Opens a stream. Its first event names the address for messages. @throws DomainError */
  connect(context: Context, filter: ViewFilter): SseReply {
    this.#door.check(context);
    // Refuses an unknown server, group or site before the stream begins.
    this.#door.viewOf(context, filter);
    const owner = ownerOf(context.caller);
    const payer = payerOf(context.caller);
    if (this.#open.size >= MOST.all || this.#counts.of(payer) >= MOST.ofCaller)
      throw new DomainError('unavailable', 'Too many sessions are open', { retryAfter: 5 });
    const id = randomBytes(24).toString('base64url');
    const stream = new MessageStream(0, false, {
      connected: () => {},
      disconnected: () => this.#close(id),
      missed: () => this.#close(id),
      caller: (caller) => this.#open.get(id)?.session?.onCaller(caller),
    });
    const timer = setTimeout(() => {
      stream.finish();
      this.#close(id);
    }, GREETING_MS).unref();
    this.#open.set(id, { stream, owner, payer, filter, timer, session: undefined });
    this.#counts.add(payer);
    stream.push(`event: endpoint\ndata: /mcp/messages?sessionId=${id}\n\n`);
    return new SseReply(stream.connect(context.caller));
  }

  /** A message of a client; the answer goes to its stream. @throws DomainError */
  post(context: Context, id: string, body: unknown): RawReply {
    this.#door.check(context);
    const connection = this.#open.get(id);
    if (connection?.owner !== ownerOf(context.caller))
      throw new DomainError('not_found', 'Session not found', { resource: 'session' });
    let message: RpcMessage;
    try {
      message = readMessage(body);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return new RawReply(400, errorText(null, error));
    }
    if (message.kind === 'request' && message.method === 'initialize') {
      this.#initialize(context, connection, message);
    } else if (connection.session?.client) {
      const { session, stream } = connection;
      session.usedAt = performance.now();
      session.onCaller(context.caller);
      this.#door.take(
        session,
        [message],
        new StreamReply(stream),
        this.#door.around(context, connection.session.client.view),
      );
    } else if (message.kind === 'request') {
      connection.stream.send(errorText(message.id, new RpcError(-32600, 'Invalid Request: initialize comes first')));
    }
    return new RawReply(202, null);
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.#close(id);
  }

  #initialize(
    context: Context,
    connection: SseConnection,
    { id, params }: Extract<RpcMessage, { kind: 'request' }>,
  ): void {
    const { stream, filter, session: before } = connection;
    if (before) {
      stream.send(errorText(id, new RpcError(-32600, 'Invalid Request: the session is initialized already')));
      return;
    }
    let session: McpSession;
    try {
      session = this.#door.open(context, filter, params, stream);
    } catch (error) {
      stream.send(errorText(id, toRpcError(error)));
      return;
    }
    clearTimeout(connection.timer);
    // The session counts as used while its stream is open.
    session.waits();
    connection.session = session;
    stream.send(resultText(id, this.#door.welcome(session)));
  }

  #close(id: string): void {
    const connection = this.#open.get(id);
    if (!connection) return;
    this.#open.delete(id);
    this.#counts.drop(connection.payer);
    clearTimeout(connection.timer);
    if (connection.session) this.#door.sessions.close(connection.session);
  }
}
