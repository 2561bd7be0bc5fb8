import t from 'tap';
import type { DeclaredCase } from '../../hub/domain/suites/declaration.js';
import { startDomain } from '../kit/domain.js';
import { json, readOnly } from '../kit/scripted-site.js';

const declared = (name: string, tool: string): DeclaredCase => ({
  ...{ name, tool, arguments: { text: `for ${tool}` } },
  ...{ expectError: false, contains: '', matches: '', structuredSchema: null, timeoutMs: null },
});

t.test('a key narrowed to a tool sees the declarations and approvals of that tool, and of no other', async (t) => {
  const hub = await startDomain(t);
  const { declarations } = hub.domain;
  const { id } = await hub.connect('files', { echo: readOnly(), other: readOnly() });
  const cases = [declared('says it', 'echo'), declared('does more', 'other')];
  await declarations.declare(hub.admin, id, { safeTools: ['echo', 'other'], cases });
  await declarations.approve(hub.admin, id);
  const seen = async (grants: { readonly tools: readonly string[] } | null) => {
    const { declaration, changed } = declarations.get(await hub.caller('viewer', grants), id);
    const { safeTools, approval } = declaration;
    return { safeTools, cases: declaration.cases, approved: Object.keys(approval?.tools ?? {}), changed };
  };
  t.same(await seen({ tools: ['echo'] }), {
    safeTools: ['echo'],
    cases: [{ ...cases[0], arguments: {} }],
    approved: ['echo'],
    changed: [],
  });
  t.same(await seen(null), {
    safeTools: ['echo', 'other'],
    cases: cases.map((one) => ({ ...one, arguments: {} })),
    approved: ['echo', 'other'],
    changed: [],
  });
});

t.test('only callers who may run tests read what failures and cases quote of a server', async (t) => {
  const hub = await startDomain(t);
  const { declarations, suites } = hub.domain;
  const { id } = await hub.connect('bank', { balance: readOnly() });
  await declarations.declare(hub.admin, id, { safeTools: [], cases: [declared('a balance', 'balance')] });
  const failure = { test: 'a balance', type: 'unit', error: 'the answer was 48211', trace: '‹- 48211' };
  const tests = { total: 1, passed: 0, failed: 1, skipped: 0 };
  const instance = { version: '1', subject: 'instance', blanked: [], durationMs: 1 };
  hub.fleet.answers.set('runSuite', () => json({ tests, failures: [failure], skipped: [], ...instance }));
  const operator = await hub.caller('operator');
  const asked = { testType: 'unit', servers: [id], verbose: false, parallel: false, timeoutSeconds: 60 } as const;
  const { id: run } = await suites.start(operator, asked);
  t.match(await hub.over(run), { status: 'completed' });
  const failuresFor = (origin: typeof operator) => suites.get(origin, run).results[0]?.result.failures;
  t.same(failuresFor(operator), [failure]);
  t.match(declarations.get(operator, id).declaration.cases, [{ arguments: { text: 'for balance' } }]);
  const viewer = await hub.caller('viewer');
  t.match(failuresFor(viewer), [{ test: 'a balance', type: 'unit' }]);
  t.match(declarations.get(viewer, id).declaration.cases, [{ name: 'a balance', tool: 'balance' }]);
  const told = hub.store.events(0, 1000).filter(({ type }) => type === 'test.complete');
  t.equal(told.length, 1);
  t.notMatch(JSON.stringify([failuresFor(viewer), declarations.get(viewer, id), told]), /48211|for balance/);
});
