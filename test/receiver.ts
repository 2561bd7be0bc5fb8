import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Test } from 'tap';

/** A delivery that a receiver took and verified. */
export interface Received {
  readonly id: string;
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  readonly payload: any;
}

/** Answers a delivery; the default is 204. Leaving the response alone lets the sender wait. */
export type Answer = (response: ServerResponse, received: Received) => void;

/** A webhook's receiver as a customer writes it: it verifies every delivery with the published library. */
export class Receiver {
  readonly received: Received[] = [];
  /** Deliveries whose signature is wrong. */
  readonly forged: string[] = [];
  secret = '';
  answer: Answer = (response) => response.writeHead(204).end();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => this.#take(Buffer.concat(chunks).toString(), request.headers, response));
  });
  readonly #waiting = new Set<() => void>();

  /** Listens on loopback; ends with the test. */
  async listen(t: Pick<Test, 'teardown'>, port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    t.teardown(() => this.stop());
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Resolves once the condition holds, looking again at every delivery. */
  async until(condition: (received: readonly Received[]) => boolean): Promise<readonly Received[]> {
    while (!condition(this.received)) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    return this.received;
  }

  #take(body: string, headers: IncomingHttpHeaders, response: ServerResponse): void {
    try {
      const payload = new Webhook(this.secret).verify(body, headers as Record<string, string>);
      const received = { id: String(headers['webhook-id']), at: Date.now(), headers, payload };
      this.received.push(received);
      this.answer(response, received);
    } catch (error) {
      this.forged.push(String(error));
      response.writeHead(400).end();
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
