import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { ADMIN_KEY, type Hub } from '../roundhouse.js';

// biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
type Message = any;

/** A client of `/ws` that keeps all messages. */
export class WsClient {
  readonly messages: Message[] = [];
  /** How the connection ended; `code` 0 if the upgrade was refused. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #ended = false;
  readonly #waiting = new Set<() => void>();

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)));
      this.#wake();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#ended = true;
        this.#wake();
        resolve({ code, reason: String(reason) });
      });
    });
  }

  /** Opens a socket; resolves once it is open. @throws Error with `status` and `body` if the upgrade is refused. */
  static open(
    t: Pick<Test, 'teardown'>,
    hub: Hub,
    { path = '/ws', headers = {} as Record<string, string> } = {},
  ): Promise<WsClient> {
    const socket = new WebSocket(hub.url.replace('http', 'ws') + path, { headers });
    const client = new WsClient(socket);
    t.teardown(() => socket.terminate());
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
      socket.once('unexpected-response', (_, response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => {
          const { statusCode: status, headers } = response;
          reject(Object.assign(new Error(`refused: ${status}`), { status, headers, body: JSON.parse(body) }));
        });
      });
    });
  }

  /** Opens a socket, and signs in. */
  static async authenticated(t: Pick<Test, 'teardown'>, hub: Hub, token = ADMIN_KEY): Promise<WsClient> {
    const client = await WsClient.open(t, hub);
    client.send({ type: 'auth', token });
    await client.next('authenticated');
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /**
   * Resolves with the first message, past or to come, that the predicate takes, or that is of a type. @throws Error if the connection ends
   * before.
   */
  async next(wanted: string | ((message: Message) => boolean), from = 0): Promise<Message> {
    const fits = typeof wanted === 'string' ? (message: Message) => message.type === wanted : wanted;
    for (let seen = from; ; ) {
      for (; seen < this.messages.length; seen += 1) if (fits(this.messages[seen])) return this.messages[seen];
      if (this.#ended) throw new Error(`the connection ended after ${JSON.stringify(this.messages.slice(-3))}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
