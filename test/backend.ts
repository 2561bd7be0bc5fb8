import type { Test } from 'tap';
import { answersOf, readDocument } from './kit/documents.js';
import type { Answer, Hub } from './roundhouse.js';

/** The content of `seeds/004`. */
export const backendDocument = readDocument<{
  readonly endpoints: Readonly<Record<string, { readonly answer?: unknown }>>;
  readonly error: unknown;
  readonly statuses: readonly number[];
  readonly streamEvents: readonly string[];
  readonly rateLimit: { readonly requests: number; readonly windowSeconds: number };
  readonly headers: Readonly<Record<string, string>>;
}>('backend');

/** The printed example of an answer, such as `GET /api/v1/mcp-definitions`. @throws if the document prints none. */
export const example = answersOf(backendDocument);

export const base = '/backend/api/v1';

/** Calls an endpoint of this API with a key in `X-API-Key`, as the document has it. */
export function as(hub: Hub, key: string) {
  return (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const init = { headers: { 'X-API-Key': key, ...type, ...headers } };
    return hub.call(method, `${base}${path}`, body, null, init) as Promise<Answer>;
  };
}

/** An event of a run's stream. */
export interface RunEvent {
  readonly type: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  readonly data: any;
}

export interface RunReader {
  readonly status: number;
  /** Events so far, oldest first. */
  readonly events: RunEvent[];
  /** Resolves with the first event, past or to come, that the predicate takes. @throws when the stream ends before that. */
  until(wanted: (event: RunEvent) => boolean): Promise<RunEvent>;
  /** Resolves once the hub ends the stream. */
  ended(): Promise<RunEvent[]>;
  leave(): void;
}

/** Reads a run's stream; it is left with the test. */
export async function readRun(
  t: Test,
  hub: Hub,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<RunReader> {
  const controller = new AbortController();
  t.teardown(() => controller.abort());
  const response = await fetch(hub.url + path, { headers, signal: controller.signal });
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const wake = () => {
    for (const one of waiting) one();
    waiting.clear();
  };
  const reading = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const read = eventOf(part);
        if (read) events.push(read);
      }
      wake();
    }
  })()
    .catch(() => {})
    .finally(() => {
      over = true;
      wake();
    });
  return {
    status: response.status,
    events,
    leave: () => controller.abort(),
    async until(wanted) {
      for (let seen = 0; ; ) {
        for (; seen < events.length; seen += 1) {
          const event = events[seen];
          if (event && wanted(event)) return event;
        }
        if (over) throw new Error(`the stream ended before that: ${JSON.stringify(events)}`);
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
    async ended() {
      await reading;
      return events;
    },
  };
}

function eventOf(part: string): RunEvent | undefined {
  const field = (name: string) =>
    part
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? '';
  const type = field('event');
  return type === '' ? undefined : { type, id: field('id'), data: JSON.parse(field('data')) };
}
