import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, fixture, type Hub } from './roundhouse.js';

/** What `seeds/000` prints. */
export const automationDocument = JSON.parse(
  readFileSync(new URL('./fixtures/documents/automation.json', import.meta.url), 'utf8'),
) as {
  readonly endpoints: Readonly<Record<string, { readonly answer?: unknown }>>;
  readonly rateLimits: Readonly<Record<string, { readonly requests: number; readonly windowSeconds: number }>>;
  readonly rateLimited: unknown;
  readonly error: unknown;
  /** Statuses of "Common Error Codes". */
  readonly codes: Readonly<Record<string, number>>;
};
const { endpoints } = automationDocument;

/** The printed example of an answer of `seeds/000`, such as `GET /api/v1/status`. @throws where there is none. */
export function example(endpoint: string): unknown {
  const answer = endpoints[endpoint]?.answer;
  if (answer === undefined) throw new Error(`the document prints no answer of ${endpoint}`);
  return answer;
}

/** A registration of one of the fixture servers. */
export function fixtureServer(name: string, program = name, env: Readonly<Record<string, string>> = {}) {
  return { name, transport: { type: 'stdio', command: process.execPath, args: [fixture(program)], env } };
}

/** Turns off the rules about machines: one that is full would raise alerts beside those that a test is about. */
export async function muteMachines(hub: Hub): Promise<void> {
  const rules = ['site_memory', 'site_disk'].map((rule) => ({ rule, enabled: false }));
  const { status, body } = await hub.call('PUT', '/automation/api/v1/alerts/rules', { rules });
  if (status !== 200) throw new Error(`not changed: ${JSON.stringify(body)}`);
}

/** Asks until the answer is as wanted; as the documents' examples do it, only quicker. @throws after 240 s: a busy machine with a slow network fails no test. */
export async function until(hub: Hub, path: string, wanted: (body: Answer['body']) => boolean): Promise<Answer> {
  let answer = await hub.call('GET', path);
  const start = Date.now();
  for (; !wanted(answer.body); answer = await hub.call('GET', path)) {
    const waited = Date.now() - start;
    if (waited > 240_000) throw new Error(`not in time: ${JSON.stringify(answer.body)}`);
    // Seldom where it takes long: asking takes processor from what is waited for.
    await pause(waited < 2000 ? 25 : 100);
  }
  return answer;
}

const over = new Set(['completed', 'failed', 'cancelled']);

/** Waits until something long is over; gives its `data`. */
export async function ended(hub: Hub, path: string): Promise<Answer['body']> {
  const { body } = await until(hub, path, ({ data }) => over.has(data?.status));
  return body.data;
}
