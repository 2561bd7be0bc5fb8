import t from 'tap';
import { affectedTests } from '../../runner/changed.mjs';
import { graphOf, reach } from '../../runner/graph.mjs';

const sources = {
  'hub/domain/errors.ts': '',
  'hub/domain/alerts/watch.ts': "import { fail } from '../errors.js';",
  'hub/domain/turns.ts': '',
  'agent/bin/roundhouse.mjs': "await import('../cli.js');",
  'test/roundhouse.ts':
    "const bin = new URL('../agent/bin/roundhouse.mjs', import.meta.url); const any = `./fixtures/servers/$" +
    '{name}.mjs`;',
  'test/fixtures/servers/slow.mjs': '',
  'test/fixtures/page.ts': '',
  'test/unit/watch.test.ts': "import { Watch } from '../../hub/domain/alerts/watch.js';",
  'test/unit/page.test.ts': "spawn(repoPath('test/fixtures/page.ts'));",
  'test/e2e/automation-alerts.test.ts': "import { startHub } from '../roundhouse.js';",
  'test/e2e/connect-cache.test.ts': "import { startHub } from '../roundhouse.js';",
};
const others = ['README.md', 'seeds/new.json', 'package.json', 'proto/gen/agent/v1/link_pb.js'];
const paths = [...Object.keys(sources), ...others];
const tests = paths.filter((path) => path.endsWith('.test.ts'));
const graph = graphOf(new Map(Object.entries(sources)), paths);
const selected = (...changed: string[]) => affectedTests(changed, tests, graph);

t.test('a test needs its imports, their imports, and the files whose paths it names', async (t) => {
  const watch = ['test/unit/watch.test.ts', 'hub/domain/alerts/watch.ts', 'hub/domain/errors.ts'];
  t.same([...reach(graph, 'test/unit/watch.test.ts')], watch);
  t.ok(reach(graph, 'test/unit/page.test.ts').has('test/fixtures/page.ts'));
});

t.test('a name that is put together stands for every file of its folder', async (t) => {
  t.ok(reach(graph, 'test/e2e/connect-cache.test.ts').has('test/fixtures/servers/slow.mjs'));
});

t.test('an import from the contract leads to its generated code', async (t) => {
  const text = "import { Frame } from '@roundhouse/proto/agent/v1/link';";
  const small = graphOf(new Map([['test/unit/x.test.ts', text]]), paths);
  t.ok(reach(small, 'test/unit/x.test.ts').has('proto/gen/agent/v1/link_pb.js'));
});

t.test('a change selects the tests that import it, and the tests of its area that start the product', async (t) => {
  t.same(selected('hub/domain/alerts/watch.ts').tests, [
    'test/unit/watch.test.ts',
    'test/e2e/automation-alerts.test.ts',
  ]);
});

t.test('a source of the product without an area selects every test that starts the product', async (t) => {
  const starting = ['test/e2e/automation-alerts.test.ts', 'test/e2e/connect-cache.test.ts'];
  t.same(selected('hub/domain/turns.ts'), { tests: starting, unknown: undefined });
});

t.test('a changed test selects itself, and a document that no test reads selects none', async (t) => {
  t.same(selected('test/unit/page.test.ts', 'README.md').tests, ['test/unit/page.test.ts']);
  t.same(selected('README.md').tests, []);
});

t.test('a file that nothing is known about selects all tests, and is named', async (t) => {
  t.same(selected('seeds/new.json'), { tests, unknown: 'seeds/new.json' });
  t.same(selected('package.json'), { tests, unknown: 'package.json' });
});
