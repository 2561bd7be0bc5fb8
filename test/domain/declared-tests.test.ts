import t from 'tap';
import type { DeclaredCase } from '../../hub/domain/suites/declaration.js';
import { startDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';

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
    cases: [cases[0]],
    approved: ['echo'],
    changed: [],
  });
  t.same(await seen(null), { safeTools: ['echo', 'other'], cases, approved: ['echo', 'other'], changed: [] });
});
