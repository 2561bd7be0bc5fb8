import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { filesystem, publishedEverything } from '../../roundhouse.js';
import { tempFolder } from '../../temp-folder.js';
import { findings, nodeServer, suite } from './bench.js';

const memory = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/server-memory/dist/index.js', import.meta.url),
);

t.test('the reference server gives no finding', async (t) => {
  const result = await suite(t, nodeServer([publishedEverything]), { safeTools: ['echo', 'get-sum'], verbose: true });
  t.same(findings(result), []);
  t.ok(result.tests.passed > 30);
  t.match(result.figures, { latency: { echo: { p95: Number, callsPerSecond: Number } }, memory: { before: Number } });
  t.match(result.skipped, [{ type: 'unit', reason: String }]);
});

t.test('the filesystem server gives no finding', async (t) => {
  const dataDir = tempFolder(t);
  const folder = join(dataDir, 'allowed');
  mkdirSync(folder);
  writeFileSync(join(folder, 'notes.txt'), 'remember the milk');
  const safeTools = ['list_allowed_directories', 'read_text_file'];
  const cases = [
    {
      name: 'notes',
      tool: 'read_text_file',
      arguments: { path: join(folder, 'notes.txt') },
      expectError: false,
      contains: 'milk',
      matches: '^remember',
      timeoutMs: 0,
    },
  ];
  const result = await suite(t, nodeServer([filesystem, folder]), { safeTools, cases, dataDir });
  t.same(findings(result), []);
});

t.test('the memory server gives no finding', async (t) => {
  const dataDir = tempFolder(t);
  const server = nodeServer([memory], { MEMORY_FILE_PATH: join(dataDir, 'memory.json') });
  const result = await suite(t, server, { safeTools: ['read_graph'], dataDir });
  t.same(findings(result), []);
});
