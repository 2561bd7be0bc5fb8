import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { csvExport, jsonExport } from '../../../hub/api/connect/audit.js';
import { auditWrite, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { exportAudit } from '../../../hub/domain/audit/log.js';
import { openTestStore } from '../store/stores.js';

const ENTRIES = 15_000;
/** The size of each entry. All entries together would show in memory: 30 MB. */
const filler = 'x'.repeat(2000);

async function filled(t: Test) {
  const { store } = await openTestStore(t);
  const resource = { type: 'tool', id: 'read' };
  for (let i = 0; i < ENTRIES; i += 500) {
    const writes = Array.from({ length: 500 }, (_, j) =>
      auditWrite(SYSTEM, {
        ...{ action: 'tool.invoke', resource, details: { i: i + j, filler } },
        ...{ success: true, durationMs: 1 },
      }),
    );
    await store.apply({ writes });
  }
  return store;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The memory that is left after a garbage collection. */
function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

t.test('an export of any size is made as it is read', async (t) => {
  const store = await filled(t);
  for (const [name, rendered] of [
    ['json', jsonExport],
    ['csv', csvExport],
  ] as const) {
    const before = heldBytes();
    let most = 0;
    let bytes = 0;
    let rows = 0;
    let chunks = 0;
    let written = false;
    for await (const chunk of rendered(exportAudit(store, {}))) {
      if (!written) {
        // The reader may be slow: the hub does not wait for it, and later entries are not part of the export.
        await store.apply({
          writes: [auditWrite(SYSTEM, { action: 'late', resource: null, details: {}, success: true, durationMs: 0 })],
        });
        written = true;
      }
      bytes += chunk.length;
      rows += Buffer.from(chunk).toString().split(filler).length - 1;
      chunks += 1;
      if (chunks % 20 === 0) most = Math.max(most, heldBytes() - before);
    }
    t.equal(rows, ENTRIES, `${name}: every entry, once`);
    t.ok(bytes > ENTRIES * filler.length);
    t.ok(most < 16 * 2 ** 20, `${name}: ${Math.round(most / 2 ** 20)} MiB held for ${Math.round(bytes / 2 ** 20)} MiB`);
  }
});
