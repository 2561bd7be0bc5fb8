import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Test } from 'tap';
import { ADMIN_KEY, type Hub } from '../roundhouse.js';

export interface SseOptions {
  readonly query?: string;
  readonly key?: string | null;
  readonly lastEventId?: string | undefined;
}

/** A reader of `/api/sse/events`, as an SSE client is: it parses with a published parser, and remembers the last id. */
export class SseClient {
  readonly events: EventSourceMessage[] = [];
  /** As a browser keeps it: also ids that come without an event. */
  lastEventId = '';
  retry = 0;
  comments = 0;
  readonly ended: Promise<void>;
  readonly #response: IncomingMessage;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    const parser = createParser({
      onEvent: (event) => this.events.push(event),
      onRetry: (ms) => {
        this.retry = ms;
      },
      onComment: () => {
        this.comments += 1;
      },
    });
    response.setEncoding('utf8').on('data', (chunk: string) => {
      for (const [, id = ''] of chunk.matchAll(/^id: (.*)$/gm)) this.lastEventId = id;
      parser.feed(chunk);
      this.#wake();
    });
    response.on('error', () => {});
    this.ended = new Promise((resolve) => {
      response.once('close', () => {
        this.#isOver = true;
        this.#wake();
        resolve();
      });
    });
  }

  get response(): IncomingMessage {
    return this.#response;
  }

  /** Opens a stream; its status may be any. */
  static open(
    t: Pick<Test, 'teardown'>,
    hub: Hub,
    { query = '', key = ADMIN_KEY, lastEventId }: SseOptions = {},
  ): Promise<SseClient> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
        ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
      };
      const request = http.get(`${hub.url}/api/sse/events?${query}`, { headers, agent: false }, (response) => {
        resolve(new SseClient(response));
      });
      request.on('error', reject);
      t.teardown(() => request.destroy());
    });
  }

  /** Resolves once the condition holds. @throws Error if the stream ends before. */
  async until(condition: (events: readonly EventSourceMessage[]) => boolean): Promise<readonly EventSourceMessage[]> {
    while (!condition(this.events)) {
      if (this.#isOver) throw new Error(`the stream ended after ${JSON.stringify(this.events.slice(-3))}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this.events;
  }

  close(): void {
    this.#response.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** Makes the hub send events: each call is one event `group.updated`. Calls of different `lane`s may run at once. */
export async function teller(hub: Hub, lanes = 1): Promise<(lane?: number) => Promise<void>> {
  const groups: string[] = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    const { body } = await hub.call('POST', '/api/groups', { name: `told-${randomUUID()}` });
    groups.push(body.data.id);
  }
  let count = 0;
  return async (lane = 0) => {
    count += 1;
    const { status } = await hub.call('PUT', `/api/groups/${groups[lane]}`, { description: String(count) });
    if (status !== 200) throw new Error(`no event: ${status}`);
  };
}
