import { answersOf, readDocument } from './kit/documents.js';
import { wait } from './kit/wait.js';
import { type Answer, fixture, type Hub } from './roundhouse.js';

/** The content of `seeds/000`. */
export const automationDocument = readDocument<{
  readonly endpoints: Readonly<Record<string, { readonly answer?: unknown }>>;
  readonly rateLimits: Readonly<Record<string, { readonly requests: number; readonly windowSeconds: number }>>;
  readonly rateLimited: unknown;
  readonly error: unknown;
  /** Statuses of "Common Error Codes". */
  readonly codes: Readonly<Record<string, number>>;
}>('automation');

/** The printed example of an answer of `seeds/000`, such as `GET /api/v1/status`. @throws if the document prints none. */
export const example = answersOf(automationDocument);

/** A registration of one of the fixture servers. */
export function fixtureServer(name: string, program = name, env: Readonly<Record<string, string>> = {}) {
  return { name, transport: { type: 'stdio', command: process.execPath, args: [fixture(program)], env } };
}

/** Asks until the answer is as wanted, as the documents' examples do. @throws when the answer never is. */
export async function until(hub: Hub, path: string, wanted: (body: Answer['body']) => boolean): Promise<Answer> {
  let last: unknown;
  return wait(
    () => `GET ${path} answers as wanted, not ${JSON.stringify(last)}`,
    async () => {
      const answer = await hub.call('GET', path);
      last = answer.body;
      return wanted(last) && answer;
    },
  );
}

const over = new Set(['completed', 'failed', 'cancelled']);

/** Waits until something long is over; gives its `data`. */
export async function ended(hub: Hub, path: string): Promise<Answer['body']> {
  const { body } = await until(hub, path, ({ data }) => over.has(data?.status));
  return body.data;
}
