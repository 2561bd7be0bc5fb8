import { readdirSync, readFileSync } from 'node:fs';
import { type EventStream, Roundhouse, RoundhouseError, type Stream } from '@roundhouse/sdk';
import t from 'tap';
import { methodsOf } from '../../sdk/typescript/generate/names.mjs';
import { type Hub, startHub } from '../roundhouse.js';

const pages = new Set(['returnFromConsent', 'completeConsent']);

const documents = new URL('../../proto/openapi/', import.meta.url);
const ID = '0193a1b2-0000-7000-8000-000000000000';

interface Documented {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: unknown;
}

interface Known {
  readonly api: string;
  readonly noun: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Documented;
}

/** Every operation of every document, and its name in the SDK. */
const operations: Known[] = readdirSync(documents).flatMap((file) => {
  const { paths } = JSON.parse(readFileSync(new URL(file, documents), 'utf8')) as {
    paths: Record<string, Record<string, Documented>>;
  };
  const all = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.values(verbs).map((operation) => ({ path, operation })),
  );
  const byTag = new Map<string, typeof all>();
  for (const one of all) byTag.set(one.operation.tags[0], [...(byTag.get(one.operation.tags[0]) ?? []), one]);
  return [...byTag].flatMap(([tag, list]) => {
    const names = methodsOf(
      tag,
      list.map(({ operation }) => operation.operationId),
    );
    const noun = tag.replace(/^\./, '').replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    return list.map(({ path, operation }) => {
      const method = names.get(operation.operationId) ?? '';
      return { api: file.replace('.json', ''), noun, method, path, operation };
    });
  });
});

type Method = (...args: readonly unknown[]) => Promise<unknown> | EventStream | Stream<unknown>;

/** The client's method for an operation, bound. */
function methodOf(hub: Roundhouse, { api, noun, method }: Known): Method | undefined {
  const nouns = (hub as unknown as Record<string, Record<string, Record<string, Method>>>)[api];
  return nouns?.[noun]?.[method]?.bind(nouns[noun]);
}

/** Bad ids, an empty body, and the required query parameters. */
function argumentsOf({ path, operation }: Known): unknown[] {
  const inPath = [...path.matchAll(/\{/g)].map(() => ID);
  const required = operation.parameters?.filter((at) => at.in === 'query' && at.required) ?? [];
  const query = required.length === 0 ? [] : [Object.fromEntries(required.map(({ name }) => [name, 'nothing']))];
  return [...inPath, ...(operation.requestBody === undefined ? [] : [{}]), ...query];
}

/** The outcome of a call: an answer, or its error. A stream is asked for one item, and left. */
async function outcome(result: ReturnType<Method>): Promise<unknown> {
  try {
    if ('open' in result) {
      await result.open();
      result.close();
      return undefined;
    }
    const answer = await result;
    if (answer instanceof Response) await answer.body?.cancel();
    return answer;
  } catch (error) {
    return error;
  }
}

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
});

t.test('every operation of every document has a method, and fails as its API says', async (t) => {
  const client = new Roundhouse({ baseUrl: hub.url, apiKey: await hub.key('viewer'), retries: 0, timeoutMs: 120_000 });
  t.ok(operations.length >= 151, `${operations.length} operations`);
  const statuses = new Map<number, number>();
  for (const known of operations) {
    const name = `${known.api}.${known.noun}.${known.method}`;
    const method = methodOf(client, known);
    if (!method) {
      t.fail(`${name} (${known.operation.operationId}) is missing`);
      continue;
    }
    // A page for people, even where it fails.
    if (pages.has(known.operation.operationId)) continue;
    const result = await outcome(method(...argumentsOf(known)));
    if (!(result instanceof Error)) continue;
    const { status, code, message, requestId, operation } = result as RoundhouseError;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const isProper =
      result instanceof RoundhouseError &&
      status >= 400 &&
      !/^HTTP_|^INVALID_ANSWER$/.test(code) &&
      message !== '' &&
      requestId !== undefined &&
      operation === `${known.api}.${known.operation.operationId}`;
    if (!isProper) t.fail(`${name}: ${status} ${code} ${message}`, { result });
  }
  t.ok((statuses.get(403) ?? 0) > 50, 'most are not for a viewer');
  t.ok((statuses.get(404) ?? 0) > 10, 'and others do not exist');
});

t.test('without a credential nothing is sent, and only public operations answer', async (t) => {
  const client = new Roundhouse({ baseUrl: hub.url });
  t.match(await client.connect.health.get(), { status: 'healthy' });
  await t.rejects(client.connect.servers.list(), { name: 'RoundhouseError', code: 'UNAUTHORIZED', status: 401 });
  await t.rejects(client.backend.dashboard.getSummary(), { code: 'unauthenticated', status: 401 });
});
