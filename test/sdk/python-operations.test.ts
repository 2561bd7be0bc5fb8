import { readFileSync } from 'node:fs';
import t from 'tap';
import { part } from '../parts.js';
import { installPythonSdk } from '../python-sdk.js';
import { startHub } from '../roundhouse.js';

const pages = new Set(['returnFromConsent', 'completeConsent']);

const apis = ['automation', 'infrastructure', 'portal', 'connect', 'backend'];

interface Outcome {
  readonly ok?: string;
  readonly crash?: string;
  readonly code?: string;
  readonly status?: number | null;
  readonly message?: string;
  readonly operation?: string;
  readonly request?: boolean;
}
type Row = readonly [id: string, place: readonly string[], threads: Outcome, tasks: Outcome];

/** `api.operationId` of every OpenAPI document. */
function documented(): string[] {
  return apis.flatMap((api) => {
    const document = JSON.parse(readFileSync(new URL(`../../proto/openapi/${api}.json`, import.meta.url), 'utf8'));
    const items: object[] = Object.values(document.paths);
    return items.flatMap((item) => Object.values(item).map(({ operationId }) => `${api}.${operationId}`));
  });
}

t.test('every operation has a method, and each fails as its API says it does', async (t) => {
  if (!part(t, 'python-sdk')) return;
  const [sdk, hub] = await Promise.all([installPythonSdk(t), startHub(t)]);
  const key = await hub.key('viewer');
  const rows = (await sdk.run('every_operation', { HUB: hub.url, KEY: key })) as Row[];
  const called = new Set(rows.map(([id, [api]]) => `${api}.${id}`));
  t.same([...called].sort(), documented().sort());

  for (const [id, [api = ''], ...outcomes] of rows)
    for (const outcome of outcomes) {
      // Their answers are pages for people.
      if (outcome.ok !== undefined || pages.has(id)) continue;
      const { code, status, message, operation, request } = outcome;
      const right = typeof status === 'number' && status >= 400 && status < 504 && status !== 405 && status !== 500;
      const known = /^[A-Za-z0-9_]+$/.test(code ?? '') && !code?.startsWith('HTTP_') && !message?.startsWith("path '");
      if (!right || !known || operation !== `${api}.${id}` || !request)
        t.fail(`${api}.${id}`, { outcome: { ...outcome } });
    }
  const worked = rows.filter(([, , threads, tasks]) => threads.ok !== undefined && tasks.ok !== undefined);
  t.ok(worked.length > 40, `${worked.length} work for a viewer`);
  const kinds = (at: 2 | 3) =>
    rows.map((row) => row[at].ok ?? `${row[at].status} ${row[at].code}`).map((kind) => kind.replace(/^Async/, ''));
  t.same(kinds(2), kinds(3), 'threads and tasks are told the same');
});
