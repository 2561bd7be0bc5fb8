import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { CatalogTool, ToolCatalog } from '../../../hub/domain/tools/catalog.js';
import { ToolList } from '../../../hub/domain/tools/tool-list.js';
import type { ToolUsage } from '../../../hub/domain/tools/usage.js';
import { caller } from '../mcp-door/caller.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The memory that is left after a garbage collection. */
function heldBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const MiB = 1024 * 1024;

/** A list of tools of servers that run the same program. */
function listOf(servers: number, description: string): ToolList {
  const tool = { name: 't', description, inputSchema: '{}', readOnly: true, definition: '{}', digest: '' };
  const entries: CatalogTool[] = Array.from({ length: servers }, (_, i) => {
    const metadata = { category: null, tags: [], version: null };
    return { tool, server: { id: `s${i}`, name: `s${i}`, metadata } as unknown as ServerRecord, connected: true };
  });
  const catalog = {
    version: 1,
    owners: new Set(),
    listedCount: servers,
    groups: () => [entries].values(),
    takeInAll() {},
  };
  const usage = { version: 0, of: () => ({ count: 0, lastUsedAt: 0 }) };
  return new ToolList(catalog as unknown as ToolCatalog, usage as unknown as ToolUsage);
}

t.test('pages that callers ask for do not fill the memory of the hub', async (t) => {
  const list = listOf(400, '\n'.repeat(128 * 1024));
  const before = heldBytes();
  for (let offset = 0; offset < 400; offset += 10) {
    const page = JSON.parse(await list.page(caller, { sortBy: 'name', limit: 10, offset }));
    t.match(page, { tools: { length: 10 }, total: 400 });
  }
  const kept = heldBytes() - before;
  t.ok(kept < 90 * MiB, `${kept} bytes are kept of 100 MiB of pages`);
});
