import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { root } from '../../../deploy/local/prepare.mjs';

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly needs?: string | string[]; readonly steps: readonly { readonly uses?: string }[] }>
  >;
}

const folder = join(root, '.github/workflows');

for (const name of readdirSync(folder))
  t.test(
    `${name} may read the repository only, unless a job says more, and pins each action by its commit`,
    async (t) => {
      const workflow = parse(readFileSync(join(folder, name), 'utf8')) as Workflow;
      t.same(workflow.permissions, { contents: 'read' });
      for (const [job, { needs = [], steps }] of Object.entries(workflow.jobs)) {
        for (const other of [needs].flat()) t.hasProp(workflow.jobs, other, `${job} needs a job that is there`);
        for (const { uses } of steps) if (uses) t.match(uses, /^[\w./-]+@[0-9a-f]{40}$/, `${job}: ${uses}`);
      }
    },
  );
